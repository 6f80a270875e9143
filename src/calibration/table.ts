import type { Table } from "./device-model.ts";

/** The value of a table at x, by the rule given with `stepCurveSchema`: the first value below, the last slope above. */
export const tableSeconds = ({ at, seconds }: Table, x: number): number => {
  const last = at.length - 1;
  if (last === 0 || x <= at[0]!) return seconds[0]!;
  const above = at.findIndex((point) => x <= point);
  const right = above === -1 ? last : above;
  const share = (x - at[right - 1]!) / (at[right]! - at[right - 1]!);
  // Falling times at the end of a noisy table must not lead below zero.
  return Math.max(0, seconds[right - 1]! + share * (seconds[right]! - seconds[right - 1]!));
};

/** A table from points in any order; of several values at one point the smallest. */
export const tableOf = (points: readonly (readonly [at: number, seconds: number])[]): Table => {
  const fastest = new Map<number, number>();
  for (const [at, seconds] of points) fastest.set(at, Math.min(seconds, fastest.get(at) ?? Infinity));
  const sorted = [...fastest].sort(([a], [b]) => a - b);
  return { at: sorted.map(([at]) => at), seconds: sorted.map(([, seconds]) => seconds) };
};

export const mapTable = (table: Table, value: (seconds: number, at: number) => number): Table => ({
  at: table.at,
  seconds: table.seconds.map((seconds, i) => value(seconds, table.at[i]!)),
});
