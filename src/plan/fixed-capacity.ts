import { whyImpossibleOrNull } from "./impossible.ts";
import { candidateOf, replicate, type Question, type Replication } from "./replications.ts";
import type { Candidate } from "./schema.ts";

/** Beyond this the search gives up. */
const MOST_REPLICAS = 1024;

const SEARCH_ENDED = `${MOST_REPLICAS} replicas miss them too, and the search goes no further`;

export interface FixedCapacity {
  readonly replicas: number;
  readonly replications: readonly Replication[];
  readonly candidate: Candidate;
  readonly oneFewer: Candidate | null;
}

export type FixedSearch =
  | ({ readonly kind: "found"; readonly tried: Tried } & FixedCapacity)
  | {
      readonly kind: "not-found";
      readonly tried: Tried;
      /** As a clause: "TTFT p99 is 3.2 s where …". */
      readonly because: string;
      /** The largest number tried; null where it was shown that no number will do. */
      readonly largest: readonly Replication[] | null;
    };

type Tried = readonly { readonly replicas: number; readonly meets: boolean }[];

/**
 * The smallest fixed number of replicas that meets every objective in every replication.
 *
 * Doubling until one meets them, then bisection, which takes it that more replicas are never worse. Close to an objective that does not
 * quite hold (a percentile of few requests is noisy), and then a smaller number may meet it by luck; that the answer meets the objectives
 * and one fewer does not is always simulated, not inferred. A number is given up at its first replication that misses.
 */
export const smallestFixed = (question: Question): FixedSearch => {
  const simulated = new Map<number, Map<number, Replication>>();
  const replication = (replicas: number, seed: number): Replication => {
    const known = simulated.get(replicas) ?? new Map<number, Replication>();
    simulated.set(replicas, known);
    let found = known.get(seed);
    if (found === undefined) {
      question.onProgress(`${replicas} ${replicas === 1 ? "replica" : "replicas"}, seed ${seed}`);
      found = replicate(question, { kind: "fixed", replicas }, seed);
      known.set(seed, found);
    }
    return found;
  };
  const meets = (replicas: number): boolean => question.seeds.every((seed) => replication(replicas, seed).meets);
  const all = (replicas: number): Replication[] => question.seeds.map((seed) => replication(replicas, seed));
  const tried = (): Tried =>
    [...simulated]
      .map(([replicas, runs]) => ({ replicas, meets: [...runs.values()].every((run) => run.meets) }))
      .sort((a, b) => a.replicas - b.replicas);

  let misses = 0;
  let suffices = 1;
  while (!meets(suffices)) {
    misses = suffices;
    const because = suffices === 1 ? whyImpossibleOrNull(question) : null;
    if (because !== null) return { kind: "not-found", because, largest: null, tried: tried() };
    if (suffices === MOST_REPLICAS) return { kind: "not-found", because: SEARCH_ENDED, largest: all(suffices), tried: tried() };
    suffices *= 2;
  }
  while (suffices - misses > 1) {
    const middle = Math.floor((misses + suffices) / 2);
    if (meets(middle)) suffices = middle;
    else misses = middle;
  }
  return {
    kind: "found",
    replicas: suffices,
    replications: all(suffices),
    candidate: candidateOf(all(suffices)),
    oneFewer: misses === 0 ? null : candidateOf(all(misses)),
    tried: tried(),
  };
};
