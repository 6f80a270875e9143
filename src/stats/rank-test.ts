import { midRanks } from "./mid-ranks.ts";
import { normalCdf } from "./normal.ts";

/** Outcome of a Mann–Whitney U test. */
export interface RankTest {
  /** How many of the pairs (first, second) have the second greater; ties count half. */
  readonly u: number;
  /** Chance of a `u` at least this large where both come from one distribution: small where the second tends to be greater. */
  readonly pGreater: number;
  /** The same in the other direction. */
  readonly pLess: number;
  readonly isExact: boolean;
}

/** Up to this many on either side the exact distribution is counted. */
const MOST_EXACT = 30;

/**
 * Mann–Whitney U (Wilcoxon rank-sum): whether values of one sample tend to be greater than those of another, by their ranks alone, whatever
 * the distribution.
 *
 * Exact where neither side has more than 30 values and none are tied; else the normal approximation, with the correction of its variance for
 * ties and of half a pair for continuity. Values are taken as independent.
 *
 * @throws RangeError where a side is empty
 * @see Mann and Whitney 1947, https://doi.org/10.1214/aoms/1177730491
 */
export const rankTest = (first: readonly number[], second: readonly number[]): RankTest => {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) throw new RangeError(`expected values on both sides, got ${n} and ${m}`);
  const { u, ties } = countPairs(first, second);
  if (ties === 0 && n <= MOST_EXACT && m <= MOST_EXACT) {
    const { share, cumulative } = exactTails(n, m);
    return { u, pGreater: cumulative(n * m - u) * share, pLess: cumulative(u) * share, isExact: true };
  }
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return { u, pGreater: 1, pLess: 1, isExact: false }; // all values are one
  const tail = (pairs: number): number => Math.min(1, 1 - normalCdf((pairs - (n * m) / 2 - 0.5) / Math.sqrt(variance)));
  return { u, pGreater: tail(u), pLess: tail(n * m - u), isExact: false };
};

/** The least that a one-sided p can be with so many untied values on each side: that of samples wholly apart. */
export const smallestP = (n: number, m: number): number => {
  let p = 1;
  for (let i = 1; i <= Math.min(n, m); i++) p *= i / (Math.max(n, m) + i);
  return p;
};

/** U of the second sample, and Σ(t³ − t) over the groups of t tied values. */
const countPairs = (first: readonly number[], second: readonly number[]): { u: number; ties: number } => {
  const { ranks, groups } = midRanks([...first, ...second]);
  const rankSum = ranks.slice(first.length).reduce((sum, rank) => sum + rank, 0);
  const ties = groups.reduce((sum, size) => sum + size ** 3 - size, 0);
  return { u: rankSum - (second.length * (second.length + 1)) / 2, ties };
};

/** How many of all arrangements of n and m values have a U of at most so much, and the share of one arrangement. */
const exactTails = (n: number, m: number): { share: number; cumulative: (u: number) => number } => {
  // counts[i][u]: arrangements of i first values and the j second ones so far with that U, built up one second value at a time.
  let counts: Float64Array[] = Array.from({ length: n + 1 }, () => Float64Array.of(1));
  for (let j = 1; j <= m; j++) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let i = 1; i <= n; i++) {
      const row = new Float64Array(i * j + 1);
      // The largest is a first value, which no second one exceeds, or a second value, which exceeds all i.
      next[i - 1]!.forEach((count, u) => (row[u]! += count));
      counts[i]!.forEach((count, u) => (row[u + i]! += count));
      next.push(row);
    }
    counts = next;
  }
  const found = counts[n]!;
  return { share: smallestP(n, m), cumulative: (u) => found.subarray(0, Math.floor(u) + 1).reduce((sum, count) => sum + count, 0) };
};
