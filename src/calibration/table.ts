import type { Table } from "./device-model.ts";

/** The value of a table at x, by the rule given with `stepCurveSchema`: the first value below the first point; above the last a slope. */
export const tableSeconds = ({ at, seconds }: Table, x: number): number => {
  const last = at.length - 1;
  if (last === 0 || x <= at[0]!) return seconds[0]!;
  const right = at.findIndex((point) => x <= point);
  if (right === -1) return seconds[last]! + (x - at[last]!) * Math.max(slope(at, seconds, last - 1, last), slope(at, seconds, 0, last));
  return seconds[right - 1]! + (x - at[right - 1]!) * slope(at, seconds, right - 1, right);
};

const slope = (at: readonly number[], seconds: readonly number[], from: number, to: number): number =>
  (seconds[to]! - seconds[from]!) / (at[to]! - at[from]!);

/**
 * A table from points in any order; of several values at one point the smallest. It never falls: less work can be padded to more, so
 * a time above a later one is noise, and the later one takes its place.
 */
export const tableOf = (points: readonly (readonly [at: number, seconds: number])[]): Table => {
  const fastest = new Map<number, number>();
  for (const [at, seconds] of points) fastest.set(at, Math.min(seconds, fastest.get(at) ?? Infinity));
  const sorted = [...fastest].sort(([a], [b]) => a - b);
  const seconds = sorted.map(([, time]) => time);
  for (let i = seconds.length - 2; i >= 0; i -= 1) seconds[i] = Math.min(seconds[i]!, seconds[i + 1]!);
  return { at: sorted.map(([at]) => at), seconds };
};

export const mapTable = (table: Table, value: (seconds: number, at: number) => number): Table => ({
  at: table.at,
  seconds: table.seconds.map((seconds, i) => value(seconds, table.at[i]!)),
});
