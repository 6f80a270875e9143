import { plain, quantity } from "../format.ts";
import { fixedCandidate } from "./fixed-candidate.ts";
import { smallestFixed, type FixedSearch } from "./fixed-capacity.ts";
import type { FixedAnswer } from "./targets.ts";
import { meanRateOf, type PlanRequest } from "./question.ts";
import { candidateOf, type Question, type Replication } from "./replications.ts";
import type { Candidate } from "./schema.ts";
import { sustainedRateOrNull } from "./sustained-rate.ts";

/** A question with its smallest fixed number: what every other part of a plan begins from. */
export interface Answered {
  readonly kind: "found";
  readonly request: PlanRequest;
  readonly question: Question;
  readonly search: Extract<FixedSearch, { kind: "found" }>;
  /** The smallest number that meets the objectives. */
  readonly replicas: number;
  /** Of those that are left where some are gone: how many, and what they sustain. */
  readonly serving: FixedAnswer;
  /** A fixed number of replicas that was simulated, paid for as all of them. */
  readonly fixed: (replicas: number) => Candidate;
}

/** A question that no number of replicas answers. */
export interface Unanswered {
  readonly kind: "impossible";
  readonly search: FixedSearch;
  /** As a clause. */
  readonly because: string;
  /** The closest that was simulated, with its replications; null where it was shown that no number will do. */
  readonly best: { readonly candidate: Candidate; readonly replications: readonly Replication[] } | null;
}

/** Looks for the smallest fixed number, and holds it against the ceiling on GPUs. */
export const answer = (request: PlanRequest, question: Question): Answered | Unanswered => {
  const search = smallestFixed(question);
  const { objectives, setup } = question;
  if (search.kind === "not-found") {
    const { because, largest } = search;
    const best = largest === null ? null : { candidate: candidateOf(largest, objectives), replications: largest };
    return { kind: "impossible", search, because, best };
  }
  const { replicas, replicationsOf } = search;
  const fixed = (number: number): Candidate => fixedCandidate(replicationsOf(number), objectives, number);
  const { survive = 0, gpu_hours_per_h: ceiling = Infinity } = objectives;
  const gpus = replicas * (setup.gpusPerReplica ?? 1);
  if (gpus > ceiling) {
    const because = `the other objectives need ${quantity(replicas, "replica")}, ${quantity(gpus, "GPU")} all the time, and the ceiling is ${plain(ceiling)} on average`;
    return { kind: "impossible", search, because, best: { candidate: fixed(replicas), replications: replicationsOf(replicas) } };
  }
  const meanRate = meanRateOf(request, question);
  const left = replicas - survive;
  const sustained = sustainedRateOrNull(question, left, meanRate) ?? 0;
  return { kind: "found", request, question, search, replicas, serving: { replicas: left, sustained, meanRate }, fixed };
};
