import { median } from "simple-statistics";
import type { MedianInterval } from "../stats/median-interval.ts";
import { studentQuantile, Z_95 } from "../stats/normal.ts";
import type { Seconds } from "../units.ts";

/** By how much starts differ: standard deviation of log times, and the degrees of freedom that it is known with. */
export interface StartNoise {
  readonly deviation: number;
  readonly degrees: number;
}

/** From this many starts on they tell by themselves how much they differ. */
const FEWEST_STARTS = 3;

/** Of all things that were timed in several starts, each about its own mean; null where none was. */
export const startNoiseOrNull = (timed: readonly (readonly Seconds[])[]): StartNoise | null => {
  const several = timed.filter((values) => values.length > 1 && values.every((value) => value > 0));
  const degrees = several.reduce((sum, { length }) => sum + length - 1, 0);
  if (degrees === 0) return null;
  return { deviation: Math.sqrt(several.reduce((sum, values) => sum + squares(values), 0) / degrees), degrees };
};

/**
 * Median of what several starts took with its 95 % interval, for what the starts of another run would find: Student's, on the scale of
 * logarithms. A start is the unit, since what happens in one shares its process: many pipelines of one start are one value.
 *
 * @param values one a start
 * @param pooled how much starts differ in what is most alike, for fewer than 3
 * @returns the interval null where nothing says by how much starts differ: one start alone, or a time of 0
 * @throws RangeError without values
 */
export const startInterval = (
  values: readonly Seconds[],
  pooled: StartNoise | null,
): { readonly median: Seconds; readonly interval: MedianInterval | null } => {
  if (values.length === 0) throw new RangeError("expected at least one start, got none");
  const middle = median([...values]);
  const own = startNoiseOrNull([values]);
  const noise = values.length < FEWEST_STARTS ? pooled : own;
  if (own === null || noise === null) return { median: middle, interval: null };
  const half = (studentQuantile(Z_95, noise.degrees) * noise.deviation) / Math.sqrt(values.length);
  const centre = mean(values.map(Math.log));
  return { median: middle, interval: { median: middle, low: Math.exp(centre - half), high: Math.exp(centre + half) } };
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const squares = (values: readonly number[]): number => {
  const logs = values.map(Math.log);
  const centre = mean(logs);
  return logs.reduce((sum, log) => sum + (log - centre) ** 2, 0);
};
