import { median } from "simple-statistics";
import { excessNoise } from "../stats/excess-noise.ts";
import { groupBy } from "../stats/group-by.ts";

/** A row as the estimate of noise needs it. */
export interface NoisyRow {
  readonly kin: string;
  /** Log ratio. */
  readonly estimate: number;
  /** Its standard error, as far as it is the row's own. */
  readonly error: number;
}

/** Fewer rows than this, less one for each kin, say too little of noise. */
const FEWEST_ROWS = 10;

/**
 * By how much two runs on one device differ where nothing changed, beyond what the intervals of either hold, as a standard deviation of log
 * ratios: another neighbour on the machine, whatever holds for a whole run.
 *
 * It is estimated from the two profiles themselves: rows of one kin (one kernel variant in many shapes, one upload method in many sizes)
 * scatter about their kin's median ratio, and what their intervals do not explain of it is noise between runs. A change that meets a whole kin,
 * or all of them, moves the medians and not the scatter, so that it does not hide itself.
 *
 * What it cannot see: a drift that meets all rows of a kin alike. Two profiles cannot tell that from a change.
 *
 * @returns null where rows are too few
 */
export const noiseBetweenRunsOrNull = (rows: readonly NoisyRow[]): number | null => {
  const kins = [...groupBy(rows, ({ kin }) => kin).values()].filter((kin) => kin.length > 1);
  const compared = kins.flat();
  const freedom = compared.length - kins.length;
  if (freedom < FEWEST_ROWS) return null;
  // Each kin's own median is nearer to its rows than the true one is.
  const inflation = Math.sqrt(compared.length / freedom);
  return excessNoise(
    kins.flatMap((kin) => {
      const middle = median(kin.map(({ estimate }) => estimate));
      return kin.map(({ estimate, error }) => ({ size: Math.abs(estimate - middle) * inflation, error }));
    }),
  );
};
