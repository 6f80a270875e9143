import { quantity } from "../../format.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import { whyImpossibleOrNull } from "./impossible.ts";
import { objectivesOf, type Objective } from "../objectives/objectives.ts";
import type { Question } from "./question.ts";
import { Race } from "./racing.ts";
import type { Replication } from "./replications.ts";
import type { Verdict } from "../objectives/verdict.ts";

/** Beyond this the search gives up. */
const MOST_REPLICAS = 1024;

const SEARCH_ENDED = `${MOST_REPLICAS} replicas miss them too, and the search goes no further`;

/** Ceilings on GPUs and on cost are the only objectives that more replicas do not help: they are held against the answer, not searched for. */
export const isBetterWithMore = ({ kind }: Objective): boolean => kind !== "gpu-hours" && kind !== "cost";

/** From so many replicas on the search ends where twice as many change nothing. */
const ROOMY = 8;

/** Whether the objectives that more replicas could help count the same bad ones in the first replication of both. */
const isAlike = (objectives: Objectives, [one]: readonly Replication[], [other]: readonly Replication[]): boolean =>
  one !== undefined &&
  other !== undefined &&
  objectivesOf(objectives).every((objective, i) => !isBetterWithMore(objective) || one.counts.whole[i]!.bad === other.counts.whole[i]!.bad);

export interface Tried {
  readonly replicas: number;
  readonly verdict: Verdict;
  readonly replications: number;
}

export type FixedSearch =
  | {
      readonly kind: "found";
      /** The smallest number that meets every objective. */
      readonly replicas: number;
      /** The smallest number that is not known to miss one: below `replicas` where the replications do not tell. */
      readonly atLeast: number;
      readonly tried: readonly Tried[];
      readonly replicationsOf: (replicas: number) => readonly Replication[];
    }
  | {
      readonly kind: "not-found";
      readonly tried: readonly Tried[];
      /** As a clause: "TTFT p99 is 3.2 s where …". */
      readonly because: string;
      /** The largest number tried; null where it was shown that no number will do. */
      readonly largest: readonly Replication[] | null;
    };

/**
 * The smallest fixed number of replicas that meets every objective over all replications together.
 *
 * Doubling until one meets them, then bisection between the largest that misses and the smallest that meets, which takes it that more replicas
 * are never worse; the numbers that stay undecided are in between. That the answer meets the objectives and what is one below all undecided ones
 * misses is always simulated, not inferred. Ceilings on GPUs and on cost are left out. Where some may be lost, no more than that many are not tried: nothing would be left.
 */
export const smallestFixed = (question: Question, start = 1): FixedSearch => {
  const race = new Race(question, isBetterWithMore);
  const { survive = 0 } = question.objectives;
  const least = survive + 1;
  const verdicts = new Map<number, Verdict>();
  const policyOf = (replicas: number) => ({ kind: "fixed", replicas }) as const;
  const nameOf = (replicas: number): string => quantity(replicas, "replica");
  const decide = (replicas: number): Verdict => {
    const known = verdicts.get(replicas);
    if (known !== undefined) return known;
    const verdict = race.decide(policyOf(replicas), nameOf(replicas));
    verdicts.set(replicas, verdict);
    return verdict;
  };
  const replicationsOf = (replicas: number): readonly Replication[] => {
    decide(replicas);
    return race.replicationsOf(policyOf(replicas), nameOf(replicas));
  };
  const tried = (): Tried[] =>
    [...verdicts]
      .map(([replicas, verdict]) => ({
        replicas,
        verdict,
        replications: race.replicationsOf(policyOf(replicas), nameOf(replicas)).length,
      }))
      .sort((a, b) => a.replicas - b.replicas);

  let misses = survive;
  const first = Math.max(start, least);
  let [meets, before] = [first, first];
  while (decide(meets) !== "meets") {
    if (decide(meets) === "misses") misses = Math.max(misses, meets);
    const because = meets === first ? whyImpossibleOrNull(question) : null;
    if (because !== null) return { kind: "not-found", because, largest: null, tried: tried() };
    const isNoBetter = meets > first && meets >= ROOMY && isAlike(question.objectives, replicationsOf(meets), replicationsOf(before));
    if (isNoBetter || meets >= MOST_REPLICAS) {
      const ended = isNoBetter
        ? `${nameOf(meets)} are no better than half as many${decide(meets) === "undecided" ? ", and too close to call" : ""}`
        : SEARCH_ENDED;
      return { kind: "not-found", because: ended, largest: replicationsOf(meets), tried: tried() };
    }
    before = meets;
    meets = Math.min(MOST_REPLICAS, 2 * meets);
  }
  // The smallest that meets, taking undecided ones for too small; then the largest that misses, taking them for large enough.
  for (let below = misses; meets - below > 1;) {
    const middle = Math.floor((below + meets) / 2);
    if (decide(middle) === "meets") meets = middle;
    else below = middle;
    if (decide(middle) === "misses") misses = Math.max(misses, middle);
  }
  for (let above = meets; above - misses > 1;) {
    const middle = Math.floor((misses + above) / 2);
    if (decide(middle) === "misses") misses = middle;
    else above = middle;
  }
  // What is said to miss has been looked into, hopeless or not.
  while (misses > survive) {
    const verdict = race.settle(policyOf(misses), nameOf(misses));
    verdicts.set(misses, verdict);
    if (verdict === "misses") break;
    misses -= 1;
  }
  return { kind: "found", replicas: meets, atLeast: misses + 1, tried: tried(), replicationsOf };
};
