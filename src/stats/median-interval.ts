import { quantileSorted } from "simple-statistics";
import { Z_95 } from "./normal.ts";

/** A median with the interval it lies in. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Median with its 95 % confidence interval by order statistics: the number of samples below the true median is binomial(n, ½),
 * so the samples of rank n/2 ± 1.96·√n/2 enclose it, whatever the distribution.
 *
 * Samples are taken as independent. Below 6 samples no pair of ranks reaches 95 %; the extremes are given then.
 *
 * @param samples in any order
 * @throws RangeError without samples
 * @see Conover, Practical Nonparametric Statistics, 3rd ed. §3.2
 */
export const medianInterval = (samples: readonly number[]): MedianInterval => {
  if (samples.length === 0) throw new RangeError("expected at least one sample, got none");
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  const half = (Z_95 * Math.sqrt(n)) / 2;
  const lowRank = Math.max(0, Math.floor(n / 2 - half));
  const highRank = Math.min(n - 1, Math.ceil(n / 2 + half) - 1);
  return { median: quantileSorted(sorted, 0.5), low: sorted[lowRank]!, high: sorted[highRank]! };
};

/** Half the interval's width over the median: 0.02 means that the median is known to 2 %. Infinite where the median is 0. */
export const relativeNoise = ({ median, low, high }: MedianInterval): number => (median > 0 ? (high - low) / 2 / median : Infinity);
