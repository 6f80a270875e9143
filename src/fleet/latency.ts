import type { QuantileSketch } from "../stats/quantile-sketch.ts";
import { toSeconds } from "../units.ts";
import type { Latency } from "./run.ts";

/** The p-quantile of values in rising order, at least one: linear between ranks (type 7 of Hyndman and Fan). */
export const quantileOfSorted = (sorted: Float64Array, p: number): number => {
  const rank = (sorted.length - 1) * p;
  const below = Math.floor(rank);
  const value = sorted[below]!;
  return below + 1 < sorted.length ? value + (rank - below) * (sorted[below + 1]! - value) : value;
};

/** Mean and percentiles of times in nanoseconds, as seconds; null without a value. */
export const latencyOf = (times: readonly number[]): Latency => {
  if (times.length === 0) return null;
  const sorted = Float64Array.from(times).sort();
  let sum = 0;
  for (const time of times) sum += time;
  const at = (p: number): number => toSeconds(quantileOfSorted(sorted, p));
  return { count: times.length, mean: toSeconds(sum / times.length), p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
};

/** Mean and percentiles of a sketch of times in nanoseconds, as seconds; null without a value. */
export const latencyFrom = (sketch: QuantileSketch): Latency => {
  if (sketch.count === 0) return null;
  const at = (p: number): number => toSeconds(sketch.quantile(p));
  const { count, sum, max, relativeError } = sketch;
  const percentiles = { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: toSeconds(max) };
  return { count, mean: toSeconds(sum / count), ...percentiles, ...(relativeError > 0 ? { relative_error: relativeError } : {}) };
};
