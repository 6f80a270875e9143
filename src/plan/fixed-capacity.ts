import { quantity } from "../format.ts";
import { whyImpossibleOrNull } from "./impossible.ts";
import type { Objective } from "./objectives.ts";
import { Race } from "./racing.ts";
import type { Question, Replication } from "./replications.ts";
import type { Verdict } from "./verdict.ts";

/** Beyond this the search gives up. */
const MOST_REPLICAS = 1024;

const SEARCH_ENDED = `${MOST_REPLICAS} replicas miss them too, and the search goes no further`;

/** A ceiling on GPUs is the only objective that more replicas do not help: it is held against the answer, not searched for. */
export const isBetterWithMore = ({ kind }: Objective): boolean => kind !== "gpu-hours";

/** From so many replicas on the search ends where twice as many change nothing. */
const ROOMY = 8;

/** Whether the objectives count the same bad ones in the first replication of both. */
const isAlike = ([one]: readonly Replication[], [other]: readonly Replication[]): boolean =>
  one !== undefined && other !== undefined && one.counts.whole.every(({ bad }, i) => bad === other.counts.whole[i]!.bad);

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
 * misses is always simulated, not inferred. A ceiling on GPUs is left out. Of the replicas `survive` are gone: so many fewer are simulated than the answer says.
 */
export const smallestFixed = (question: Question, start = 1): FixedSearch => {
  const race = new Race(question, isBetterWithMore);
  const spare = question.objectives.survive ?? 0;
  const verdicts = new Map<number, Verdict>();
  const policyOf = (serving: number) => ({ kind: "fixed", replicas: serving }) as const;
  const nameOf = (serving: number): string => quantity(serving, "replica");
  const decide = (serving: number): Verdict => {
    const known = verdicts.get(serving);
    if (known !== undefined) return known;
    const verdict = race.decide(policyOf(serving), nameOf(serving));
    verdicts.set(serving, verdict);
    return verdict;
  };
  const replicationsOf = (replicas: number): readonly Replication[] =>
    race.replicationsOf(policyOf(replicas - spare), nameOf(replicas - spare), 1);
  const tried = (): Tried[] =>
    [...verdicts]
      .map(([serving, verdict]) => ({
        replicas: serving + spare,
        verdict,
        replications: race.replicationsOf(policyOf(serving), nameOf(serving)).length,
      }))
      .sort((a, b) => a.replicas - b.replicas);

  let misses = 0;
  let meets = start;
  while (decide(meets) !== "meets") {
    if (decide(meets) === "misses") misses = Math.max(misses, meets);
    const because = meets === 1 ? whyImpossibleOrNull(question) : null;
    if (because !== null) return { kind: "not-found", because, largest: null, tried: tried() };
    const isNoBetter = meets > start && meets >= ROOMY && isAlike(replicationsOf(meets + spare), replicationsOf(meets / 2 + spare));
    if (isNoBetter || meets >= MOST_REPLICAS) {
      const ended = isNoBetter ? `${nameOf(meets)} are no better than half as many, and too close to call` : SEARCH_ENDED;
      return { kind: "not-found", because: ended, largest: replicationsOf(meets + spare), tried: tried() };
    }
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
  while (misses > 0) {
    const verdict = race.settle(policyOf(misses), nameOf(misses));
    verdicts.set(misses, verdict);
    if (verdict === "misses") break;
    misses -= 1;
  }
  return { kind: "found", replicas: meets + spare, atLeast: misses + 1 + spare, tried: tried(), replicationsOf };
};
