import { change } from "../../format.ts";
import { falseDiscovery } from "../../stats/false-discovery.ts";
import { trendTest } from "../../stats/trend-test.ts";
import type { Request } from "../../traffic/request.ts";
import { BLOCKS, firstFrom } from "./block-bootstrap.ts";

/** What of a trace may drift. */
const SERIES = ["requests", "prompt tokens of a request", "output tokens of a request"] as const;

/** A trend this unlikely, of what does not drift, is called one; over the three series together. */
const LEVEL = 0.05;

/** What rises or falls over the course of a trace. */
export interface Drift {
  readonly of: (typeof SERIES)[number];
  /** Of the last third against the first: 0.3 is 30 % more. */
  readonly change: number;
  /** Of Mann and Kendall's test on thirty equal parts of the trace, with three tests' false discoveries kept to one. */
  readonly p: number;
}

/**
 * What of a trace drifts: a trace that does is no sample of one state, and the hour after it is more like its end than like its whole.
 *
 * @param requests two or more, in order of arrival, not all at one instant
 */
export const driftsOf = (requests: readonly Request[]): Drift[] => {
  const parts = partsOf(requests);
  const series = SERIES.map((of) => ({ of, values: parts.map((part) => valueOf(of, part)) }));
  const adjusted = falseDiscovery(series.map(({ values }) => trendTest(values.filter((value) => value !== null))));
  return series.flatMap(({ of, values }, i): Drift[] => {
    const p = adjusted[i]!;
    if (p >= LEVEL) return [];
    const third = Math.floor(BLOCKS / 3);
    return [{ of, change: mean(values.slice(-third)) / mean(values.slice(0, third)) - 1, p }];
  });
};

/** The requests of each of the equal parts that the trace's time is cut into. */
const partsOf = (requests: readonly Request[]): Request[][] => {
  const first = requests[0]!.arrivedAt;
  const length = (requests.at(-1)!.arrivedAt - first + 1) / BLOCKS;
  const cuts = Array.from({ length: BLOCKS + 1 }, (_, i) => firstFrom(requests, first + i * length));
  return Array.from({ length: BLOCKS }, (_, i) => requests.slice(cuts[i], cuts[i + 1]));
};

const valueOf = (of: Drift["of"], part: readonly Request[]): number | null => {
  if (of === "requests") return part.length;
  if (part.length === 0) return null;
  return part.reduce((sum, { promptTokens, outputTokens }) => sum + (of === SERIES[1] ? promptTokens : outputTokens), 0) / part.length;
};

const mean = (values: readonly (number | null)[]): number => {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
};

/** A caution to stand before the answer; null where nothing drifts. */
export const driftCautionOrNull = (requests: readonly Request[]): string | null => {
  const drifts = driftsOf(requests);
  if (drifts.length === 0) return null;
  const each = drifts.map(({ of, change: by }) => `${of} ${change(by)}`).join(", ");
  return `This trace drifts (last third against its first: ${each}). What follows answers for the trace as it was; the hour after it may need more or less than the interval says.`;
};
