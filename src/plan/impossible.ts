import { count, duration, limit, objectiveName, percent } from "../format.ts";
import { pooledPercentileOrNull, timesOf } from "./latencies.ts";
import { objectivesOf, textOf } from "./objectives.ts";
import type { Question } from "./replications.ts";
import { unloadedLatencies } from "./unloaded.ts";

/**
 * Why no number of replicas meets the objectives: what is missed although every request has an idle replica to itself. Null where that
 * would meet them.
 */
export const whyImpossibleOrNull = ({ setup, objectives, seeds, requestsOf }: Question): string | null => {
  const replications = seeds.slice(0, SEEDS).map((seed) => requestsOf(seed));
  const latencies = replications.map((requests) => unloadedLatencies(requests, setup.replica, setup.stepTime));
  for (const objective of objectivesOf(objectives)) {
    if (objective.kind !== "latency") continue;
    const value = pooledPercentileOrNull(
      latencies.map((each) => timesOf(each, objective)),
      objective.share,
    );
    if (value !== null && value <= objective.limit) continue;
    if (value !== null) {
      return `${objectiveName(textOf(objective))} is ${duration(value)} where every request has an idle replica to itself, and the limit is ${limit(objective.limit)}`;
    }
    const missing = latencies.reduce((sum, set) => sum + set.missing, 0) / replications.reduce((sum, { length }) => sum + length, 0);
    return `${percent(missing)} of the requests are longer than a server takes (max_model_len ${count(setup.replica.maxModelLen)} tokens) and are rejected, and a rejected request misses every objective`;
  }
  return null;
};

/** Replications of generated traffic that are looked at. */
const SEEDS = 4;
