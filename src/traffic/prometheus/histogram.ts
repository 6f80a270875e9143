import { InputError } from "../../errors.ts";
import { together, type Led } from "./counters.ts";
import type { Matrix, Series } from "./matrix.ts";

/** What a classic histogram counted over a range. */
export interface Histogram {
  /** Upper bounds of the buckets (`le`), rising; the last is Infinity. A bucket holds what is above the bound before and at most its own. */
  readonly bounds: readonly number[];
  /** One for each. */
  readonly counts: readonly number[];
  readonly count: number;
  /** Of all that was observed; null where the file has no `_sum`. */
  readonly sum: number | null;
}

/** A value that is known only to lie above one bound and at most at another. */
export interface Between {
  readonly low: number;
  readonly high: number;
}

/** Labels that tell the series of one histogram from one another. */
const OWN = new Set(["le", "__name__"]);

/**
 * What the histograms of all servers in a matrix counted together over its range.
 *
 * Where servers have different bounds, those that all have are taken: a cumulative count at a bound does not depend on the others.
 *
 * @throws InputError where there are no buckets, no bound in common, or nothing was counted
 */
export const histogramOf = (matrix: Matrix): Histogram => {
  const servers = [...groups(matrix.series).values()];
  const bucketsOf = (series: readonly Series[]): Map<number, Series> =>
    new Map(series.flatMap((one) => (one.labels["le"] === undefined ? [] : [[boundOf(one), one] as const])));
  const all = servers.map((series) => ({ buckets: bucketsOf(series), sum: series.find(isSum) }));
  const bounds = [...all[0]!.buckets.keys()].filter((bound) => all.every(({ buckets }) => buckets.has(bound))).sort((a, b) => a - b);
  if (bounds.at(-1) !== Infinity || bounds.length < 2) {
    throw new InputError(
      matrix.place,
      `expected the buckets of a classic histogram, series with le from a number to +Inf, got ${bounds.length === 0 ? "none" : `le ${bounds.join(", ")}`}`,
      "Ask for the metric with _bucket at its end: `ballast traffic queries` prints the query.",
    );
  }
  const totalOf = (pick: (one: (typeof all)[number]) => Series): number =>
    together(
      matrix,
      all.map((one): Led => ({ leader: one.buckets.get(Infinity)!, counted: pick(one) })),
    ).total;
  const upTo = bounds.map((bound) => totalOf(({ buckets }) => buckets.get(bound)!));
  const counts = upTo.map((count, i) => Math.max(0, count - (i === 0 ? 0 : Math.max(...upTo.slice(0, i)))));
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count === 0) {
    throw new InputError(
      matrix.place,
      "expected observations in the range, got none",
      "Choose a range in which requests were served, or take the file away.",
    );
  }
  return { bounds, counts, count, sum: all.every(({ sum }) => sum !== undefined) ? totalOf(({ sum }) => sum!) : null };
};

const isSum = ({ labels }: Series): boolean => labels["le"] === undefined && labels["__name__"]?.endsWith("_sum") === true;

const groups = (all: readonly Series[]): Map<string, Series[]> => {
  const found = new Map<string, Series[]>();
  for (const series of all) {
    const own = Object.entries(series.labels).filter(([name]) => !OWN.has(name));
    const key = JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
    found.set(key, [...(found.get(key) ?? []), series]);
  }
  return found;
};

const boundOf = ({ labels, place }: Series): number => {
  const text = labels["le"] ?? "";
  const bound = text === "+Inf" ? Infinity : Number(text);
  if (text !== "" && !Number.isNaN(bound)) return bound;
  throw new InputError(`${place}.metric.le`, `expected a number or +Inf, got ${JSON.stringify(text)}`, "Save the buckets as they are.");
};

/** The bounds of the bucket that holds a value. */
export const bucketOf = (bounds: readonly number[], value: number): Between => {
  const index = bounds.findIndex((bound) => value <= bound);
  return { low: index === 0 ? 0 : bounds[index - 1]!, high: bounds[index]! };
};

/**
 * Between which bounds a quantile lies: that of the smallest value at or below which this share of all is.
 *
 * @param share above 0, at most 1
 */
export const quantileBetween = ({ bounds, counts, count }: Pick<Histogram, "bounds" | "counts" | "count">, share: number): Between => {
  let below = 0;
  for (const [i, own] of counts.entries()) {
    below += own;
    if (below >= share * count * (1 - 1e-9)) return { low: i === 0 ? 0 : bounds[i - 1]!, high: bounds[i]! };
  }
  return { low: bounds.at(-2) ?? 0, high: Infinity };
};
