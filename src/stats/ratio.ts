import type { MedianInterval } from "./median-interval.ts";
import { Z_95 } from "./normal.ts";

/** How much longer the second device takes, as a natural logarithm: 0 is the same, 0.0953 is 10 % longer. */
export interface LogRatio {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Ratio of two medians with its 95 % interval, from the interval of each: the distances of their ends are added as squares, each end with
 * the one that makes the ratio small or large together, so that skewed intervals stay skewed.
 *
 * @returns null where a median or an end is 0, which has no ratio
 * @see Zou and Donner 2008, https://doi.org/10.1002/sim.3095 (method of variance estimates recovery)
 */
export const logRatioOrNull = (base: MedianInterval, other: MedianInterval): LogRatio | null => {
  if ([base.low, base.median, other.low, other.median].some((value) => !(value > 0))) return null;
  const estimate = Math.log(other.median / base.median);
  const below = Math.hypot(Math.log(other.median / other.low), Math.log(base.high / base.median));
  const above = Math.hypot(Math.log(other.high / other.median), Math.log(base.median / base.low));
  return { estimate, low: estimate - below, high: estimate + above };
};

/** Standard error of a log ratio, from the width of its interval. */
export const standardError = ({ low, high }: LogRatio): number => (high - low) / (2 * Z_95);

/** The 99 % interval: the 95 % one, each side stretched as a normal's is. */
export const at99Percent = ({ estimate, low, high }: LogRatio): LogRatio => {
  const stretch = Z_99_5 / Z_95;
  return { estimate, low: estimate - stretch * (estimate - low), high: estimate + stretch * (high - estimate) };
};

/** Standard normal quantile of 99.5 %. */
const Z_99_5 = 2.575829;
