import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { normalCdf, normalQuantile, studentQuantile } from "./normal.ts";

/** A statistic of a sample in which each unit counts so many times: 1 each is the sample itself, a resample has 0, 1, 2… */
export type WeightedStatistic = (weights: Uint16Array) => number;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** The same seed gives the same interval. */
  readonly seed: number;
  readonly resamples?: number;
  /** Share of intervals that are to hold the true value. */
  readonly confidence?: number;
}

/**
 * Bootstrap interval of a statistic, bias-corrected and accelerated (BCa), for any statistic and any unit.
 *
 * Units are drawn with replacement as wholes. Where samples come in clusters that share conditions, a unit is a cluster, so that
 * what its samples have in common is not counted as many times as there are samples. Few units make percentiles too narrow, so
 * the normal quantiles of the method are widened to Student's (Hesterberg's expanded percentiles).
 *
 * Ties with the estimate, which a median has many of, count half in the bias correction; the acceleration is the jackknife's.
 *
 * @param units how many there are; with one, the interval is the estimate alone
 * @throws RangeError without units
 * @see Efron 1987, Better Bootstrap Confidence Intervals
 * @see Hesterberg 2015, https://doi.org/10.1080/00031305.2015.1089789, section 5.3
 */
export const bcaInterval = (
  units: number,
  statistic: WeightedStatistic,
  { seed, resamples = 2000, confidence = 0.95 }: BootstrapOptions,
): Interval => {
  if (units < 1) throw new RangeError(`expected at least one unit to draw from, got ${units}`);
  const weights = new Uint16Array(units).fill(1);
  const estimate = statistic(weights);
  if (units === 1) return { low: estimate, high: estimate };
  const acceleration = jackknifeAcceleration(weights, statistic);
  const drawn = resampled(weights, statistic, seed, resamples);

  let below = 0;
  for (const value of drawn) below += value < estimate ? 1 : value === estimate ? 0.5 : 0;
  const bias = normalQuantile(Math.min(Math.max(below, 0.5), resamples - 0.5) / resamples);
  const z = normalQuantile((1 - confidence) / 2);
  const widened = studentQuantile(z, units - 1) * Math.sqrt(units / (units - 1));
  /** Share of the resamples below an end of the interval. */
  const share = (quantile: number): number => {
    const shifted = bias + quantile;
    const stretch = 1 - acceleration * shifted;
    return stretch <= 0 ? (shifted < 0 ? 0 : 1) : normalCdf(bias + shifted / stretch);
  };
  const rank = (at: number): number => Math.min(Math.max(at, 0), resamples - 1);
  return {
    low: Math.min(estimate, drawn[rank(Math.floor((resamples + 1) * share(widened)) - 1)]!),
    high: Math.max(estimate, drawn[rank(Math.ceil((resamples + 1) * share(-widened)) - 1)]!),
  };
};

/** The statistic of each resample, in ascending order. */
const resampled = (weights: Uint16Array, statistic: WeightedStatistic, seed: number, resamples: number): Float64Array => {
  const units = weights.length;
  const generator = xoroshiro128plus(seed);
  const scale = units / 2 ** 32;
  const values = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    weights.fill(0);
    for (let draw = 0; draw < units; draw++) weights[Math.floor((generator.next() >>> 0) * scale)]! += 1;
    values[i] = statistic(weights);
  }
  return values.sort();
};

/** Skewness of the statistic's influence: from its values with each unit left out in turn; 0 where leaving out changes nothing. */
const jackknifeAcceleration = (weights: Uint16Array, statistic: WeightedStatistic): number => {
  const without = Array.from(weights, (_, unit) => {
    weights[unit] = 0;
    const value = statistic(weights);
    weights[unit] = 1;
    return value;
  });
  const mean = without.reduce((sum, value) => sum + value, 0) / without.length;
  let squares = 0;
  let cubes = 0;
  for (const value of without) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
};

/**
 * The median as a statistic of weighted units.
 *
 * @param samples at least one; every unit has at least one
 * @param unitOf the unit that each sample belongs to
 */
export const weightedMedian = (samples: readonly number[], unitOf: (index: number) => number): WeightedStatistic => {
  const order = Uint32Array.from(samples.keys()).sort((a, b) => samples[a]! - samples[b]!);
  const sorted = Float64Array.from(order, (index) => samples[index]!);
  const units = Uint32Array.from(order, unitOf);
  const sizes = new Uint32Array(units.reduce((most, unit) => Math.max(most, unit), 0) + 1);
  for (const unit of units) sizes[unit]! += 1;
  return (weights) => {
    let total = 0;
    for (let unit = 0; unit < sizes.length; unit++) total += weights[unit]! * sizes[unit]!;
    // Ranks of the lower and the upper middle; the same one where the total is odd.
    const lower = (total - 1) >> 1;
    const upper = total >> 1;
    let i = 0;
    let seen = weights[units[0]!]!;
    while (seen <= lower) seen += weights[units[++i]!]!;
    const low = sorted[i]!;
    while (seen <= upper) seen += weights[units[++i]!]!;
    return (low + sorted[i]!) / 2;
  };
};
