import { median, quantile } from "simple-statistics";
import { groupBy } from "../stats/group-by.ts";
import { type LogRatio, standardError } from "../stats/ratio.ts";

/** A row as the estimate of noise needs it. */
export interface NoisyRow {
  readonly kin: string;
  readonly ratio: LogRatio;
}

/** Fewer rows than this, less one for each kin, say too little of noise. */
const FEWEST_ROWS = 10;

/** Nine of ten normal deviates are within this many standard deviations. */
const Z_90 = 1.644854;

/**
 * By how much two runs on one device differ where nothing changed, as a standard deviation of log ratios: memory that lies elsewhere,
 * another neighbour on the machine, whatever holds for a whole process and so does not show in the samples of one run.
 *
 * It is estimated from the two profiles themselves: rows of one kin (one kernel variant in many shapes, one upload method in many sizes)
 * scatter about their kin's median ratio, and what their samples do not explain of it is noise between runs. A change that meets a whole kin,
 * or all of them, moves the medians and not the scatter, so that it does not hide itself.
 *
 * It is the noise that, beside each row's own standard error, leaves nine rows of ten within 1.645 standard deviations. The middle of the rows is not asked, since
 * noise between runs has long tails that it knows nothing of; nor is the tenth of the rows that differs most, which may have changed.
 *
 * What it cannot see: a drift that meets all rows of a kin alike. Two profiles cannot tell that from a change.
 *
 * @returns null where rows are too few
 * @see Paule and Mandel 1982, https://doi.org/10.6028/jres.087.022, whose estimate of the variance between groups this makes robust
 */
export const noiseBetweenRunsOrNull = (rows: readonly NoisyRow[]): number | null => {
  const kins = [...groupBy(rows, ({ kin }) => kin).values()].filter((kin) => kin.length > 1);
  const compared = kins.flat();
  const freedom = compared.length - kins.length;
  if (freedom < FEWEST_ROWS) return null;
  // Each kin's own median is nearer to its rows than the true one is.
  const inflation = Math.sqrt(compared.length / freedom);
  const deviations = kins.flatMap((kin) => {
    const middle = median(kin.map(({ ratio }) => ratio.estimate));
    return kin.map(({ ratio }) => ({ size: Math.abs(ratio.estimate - middle) * inflation, error: standardError(ratio) }));
  });
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
