import { overBudgetOrNull } from "./search/budget.ts";
import { fixedCandidate } from "./search/fixed-candidate.ts";
import { smallestFixed, type FixedSearch } from "./search/fixed-capacity.ts";
import { meanRateOf, type PlanRequest } from "./plan-request.ts";
import type { Question } from "./search/question.ts";
import type { FixedAnswer } from "./search/targets.ts";
import { candidateOf, type Replication } from "./search/replications.ts";
import type { Candidate } from "./schema.ts";
import { sustainedRateOrNull } from "./search/sustained-rate.ts";

/** A question with its smallest fixed number: what every other part of a plan begins from. */
export interface Answered {
  readonly kind: "found";
  readonly request: PlanRequest;
  readonly question: Question;
  readonly search: Extract<FixedSearch, { kind: "found" }>;
  /** The smallest number that meets the objectives. */
  readonly replicas: number;
  /** What they sustain, all of them. */
  readonly serving: FixedAnswer;
  /** Those that are left where some are gone, and the steady rate that they sustain. */
  readonly left: Pick<FixedAnswer, "replicas" | "sustained">;
  /** A fixed number of replicas that was simulated. */
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
  const { objectives } = question;
  if (search.kind === "not-found") {
    const { because, largest } = search;
    const best = largest === null ? null : { candidate: candidateOf(largest, objectives), replications: largest };
    return { kind: "impossible", search, because, best };
  }
  const { replicas, replicationsOf } = search;
  const fixed = (number: number): Candidate => fixedCandidate(replicationsOf(number), objectives, number);
  const { survive = 0 } = objectives;
  const over = overBudgetOrNull(question, replicas);
  if (over !== null) {
    const closest = over.affordable > survive ? over.affordable : replicas;
    return {
      kind: "impossible",
      search,
      because: over.because,
      best: { candidate: fixed(closest), replications: replicationsOf(closest) },
    };
  }
  const meanRate = meanRateOf(question);
  return { kind: "found", request, question, search, replicas, ...sustainedBy(question, replicas, meanRate), fixed };
};

/** What so many replicas sustain: simulated of those that are left where some may be gone, and of all in proportion. */
export const sustainedBy = (question: Question, replicas: number, meanRate: number): Pick<Answered, "serving" | "left"> => {
  const left = replicas - (question.objectives.survive ?? 0);
  const sustained = sustainedRateOrNull(question, left, meanRate) ?? 0;
  return { serving: { replicas, sustained: (sustained * replicas) / left, meanRate }, left: { replicas: left, sustained } };
};
