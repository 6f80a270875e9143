import { exp, ln } from "../math.ts";
import { bcaInterval } from "../stats/bootstrap.ts";
import { meanIntervalOrNull } from "../stats/mean-interval.ts";
import type { Comparison } from "./experiment.ts";

/** A mean with its 95 % interval over seeds. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Seeds that have the number. */
  readonly seeds: number;
}

/** Student's interval of the mean; null without a value. One value has no interval: it is from minus to plus infinity. */
export const meanOf = (values: readonly number[]): Estimate | null => {
  const found = meanIntervalOrNull(values);
  if (found === null) return null;
  const { mean, halfWidth } = found;
  const half = halfWidth ?? Infinity;
  return { mean, low: mean - half, high: mean + half, seeds: values.length };
};

/**
 * A comparison's number with its interval, from both sides seed by seed; seeds in which either has no number are left out. A ratio is the
 * geometric mean of the paired ratios, so pairs in which either is 0 have none, unless both are: then it is 1. Where zeros are to count, the
 * ratio of means has a bootstrap interval over seeds.
 */
export const compare = (as: Comparison["as"], values: readonly (number | null)[], against: readonly (number | null)[]): Estimate | null => {
  if (as === "value") return meanOf(values.filter((value) => value !== null));
  const pairs = values.flatMap((value, i): [number, number][] => {
    const other = against[i] ?? null;
    return value === null || other === null ? [] : [[value, other]];
  });
  if (as === "ratio-of-means") return ratioOfMeans(pairs);
  if (as === "difference") return meanOf(pairs.map(([value, other]) => value - other));
  const logs = pairs.flatMap(([value, other]) => (value === other ? [0] : value > 0 && other > 0 ? [ln(value / other)] : []));
  const log = meanOf(logs);
  return log === null ? null : { mean: exp(log.mean), low: exp(log.low), high: exp(log.high), seeds: log.seeds };
};

/** Null where fewer than two seeds have anything to divide by, and both sides are not 0 throughout. */
const ratioOfMeans = (pairs: readonly (readonly [number, number])[]): Estimate | null => {
  const seeds = pairs.length;
  if (seeds > 0 && pairs.every(([value, other]) => value === other)) return { mean: 1, low: 1, high: 1, seeds };
  if (pairs.filter(([, other]) => other > 0).length < 2) return null;
  const ratio = (weights: ArrayLike<number>): number => {
    let [above, below] = [0, 0];
    pairs.forEach(([value, other], i) => {
      above += weights[i]! * value;
      below += weights[i]! * other;
    });
    return below === 0 ? (above === 0 ? 1 : Infinity) : above / below;
  };
  return { mean: ratio(pairs.map(() => 1)), ...bcaInterval(seeds, ratio, { seed: 0 }), seeds };
};
