import type { Table } from "./device-model.ts";

/** The value of a table at x, by the rule given with `stepCurveSchema`: the first value below the first point; above the last a slope. */
export const tableSeconds = ({ at, seconds }: Table, x: number): number => {
  const last = at.length - 1;
  if (last === 0 || x <= at[0]!) return seconds[0]!;
  if (x > at[last]!) return seconds[last]! + (x - at[last]!) * Math.max(slope(at, seconds, last - 1, last), slope(at, seconds, 0, last));
  let right = last; // the first point at or above x
  for (let low = 1; low < right;) {
    const middle = (low + right) >>> 1;
    if (x <= at[middle]!) right = middle;
    else low = middle + 1;
  }
  return seconds[right - 1]! + (x - at[right - 1]!) * slope(at, seconds, right - 1, right);
};

const slope = (at: readonly number[], seconds: readonly number[], from: number, to: number): number =>
  (seconds[to]! - seconds[from]!) / (at[to]! - at[from]!);

/**
 * A table from points in any order; of several values at one point the smallest. It never falls: less work can be padded to more, so
 * a time above a later one is noise in both, and they take their mean (pool adjacent violators).
 */
export const tableOf = (points: readonly (readonly [at: number, seconds: number])[]): Table => {
  const fastest = new Map<number, number>();
  for (const [at, seconds] of points) fastest.set(at, Math.min(seconds, fastest.get(at) ?? Infinity));
  const sorted = [...fastest].sort(([a], [b]) => a - b);
  return { at: sorted.map(([at]) => at), seconds: neverFalling(sorted.map(([, time]) => time)) };
};

/** The never-falling sequence that is nearest in least squares: where one would fall, neighbours are pooled into their mean. */
const neverFalling = (values: readonly number[]): number[] => {
  const pools: { mean: number; count: number }[] = [];
  for (const value of values) {
    let pool = { mean: value, count: 1 };
    for (let before = pools.at(-1); before !== undefined && before.mean > pool.mean; before = pools.at(-1)) {
      pools.pop();
      const count = before.count + pool.count;
      pool = { mean: (before.mean * before.count + pool.mean * pool.count) / count, count };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ mean, count }) => Array<number>(count).fill(mean));
};

export const mapTable = (table: Table, value: (seconds: number, at: number) => number): Table => ({
  at: table.at,
  seconds: table.seconds.map((seconds, i) => value(seconds, table.at[i]!)),
});
