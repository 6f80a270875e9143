import { quantile } from "simple-statistics";

/** How far a value lies from where it would lie without noise, and the standard error that is known of it, both in the same unit. */
export interface Deviation {
  readonly size: number;
  readonly error: number;
}

/** Nine of ten normal deviates are within this many standard deviations. */
const Z_90 = 1.644854;

/**
 * The noise that values have beyond their own errors, as a standard deviation: the least that, beside each value's error, leaves nine of
 * ten within 1.645 standard deviations; 0 where the errors explain all.
 *
 * The middle of the values is not asked, since such noise has long tails that it knows nothing of; nor is the tenth that deviates most,
 * which may have changed for a reason.
 *
 * @throws RangeError without deviations
 * @see Paule and Mandel 1982, https://doi.org/10.6028/jres.087.022, whose estimate of the variance between groups this makes robust
 */
export const excessNoise = (deviations: readonly Deviation[]): number => {
  if (deviations.length === 0) throw new RangeError("expected at least one deviation, got none");
  const isExplainedBy = (noise: number): boolean =>
    quantile(
      deviations.map(({ size, error }) => (size === 0 ? 0 : size / Math.hypot(noise, error))),
      0.9,
    ) <= Z_90;
  if (isExplainedBy(0)) return 0;
  let [low, high] = [0, Math.max(...deviations.map(({ size }) => size))];
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (isExplainedBy(middle)) high = middle;
    else low = middle;
  }
  return high;
};
