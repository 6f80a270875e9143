import { quantity } from "../format.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { candidateOf, type Replication } from "./replications.ts";
import type { Candidate, ObjectiveResult } from "./schema.ts";

/**
 * A fixed fleet of which some replicas are gone: what the rest does for the requests, paid for as all of them.
 *
 * @param replications of those that are left
 * @param replicas all of them
 */
export const fixedCandidate = (replications: readonly Replication[], objectives: Objectives, replicas: number): Candidate => {
  const { survive: gone = 0 } = objectives;
  const candidate = candidateOf(replications, objectives);
  if (gone === 0) return candidate;
  const factor = replicas / (replicas - gone);
  const results = candidate.objectives.map((result) => (result.objective.startsWith("gpu-hours") ? times(result, factor) : result));
  return {
    ...candidate,
    policy: `fixed, ${quantity(replicas, "replica")}, ${gone} gone`,
    replicas: { min: replicas, max: replicas, mean: replicas },
    gpu_hours: candidate.gpu_hours * factor,
    objectives: results,
  };
};

const times = (result: ObjectiveResult, factor: number): ObjectiveResult => {
  const value = (result.value ?? 0) * factor;
  return { ...result, value, interval: null, verdict: value <= result.limit ? "meets" : "misses" };
};
