import type { Objectives } from "../../scenario/objectives.ts";
import { candidateOf, type Replication } from "./replications.ts";
import type { Candidate } from "../schema.ts";

/** A fixed fleet of so many replicas; a rolling update pays for more of them for a while, which makes the fleet no larger. */
export const fixedCandidate = (replications: readonly Replication[], objectives: Objectives, replicas: number): Candidate => {
  const candidate = candidateOf(replications, objectives);
  return { ...candidate, replicas: { ...candidate.replicas, min: replicas, max: replicas } };
};
