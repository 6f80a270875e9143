import type { RequestRecord } from "../fleet/config.ts";
import { PERCENTILES, type LatencyMetric } from "../scenario/objectives.ts";
import { toSeconds, type Seconds } from "../units.ts";

/** Latencies of the requests that finished, in nanoseconds and rising order, and how many requests have none because they never got there. */
export interface Latencies {
  readonly ttft: Float64Array;
  /** Of each request; one of a single output token has none. */
  readonly tpot: Float64Array;
  readonly e2e: Float64Array;
  /** Rejected or unfinished: each misses every objective. */
  readonly missing: number;
}

/**
 * Latencies of the requests that finished. TPOT is per request: the time from its first token to its last over the tokens after
 * the first; a finished request of one token has none and counts neither way.
 */
export const latenciesOf = (records: readonly RequestRecord[]): Latencies => {
  const ttft: number[] = [];
  const tpot: number[] = [];
  const e2e: number[] = [];
  for (const record of records) {
    const times = timesOrNull(record);
    if (times === null) continue;
    ttft.push(times.ttft);
    if (times.tpot !== null) tpot.push(times.tpot);
    e2e.push(times.e2e);
  }
  return {
    ttft: Float64Array.from(ttft).sort(),
    tpot: Float64Array.from(tpot).sort(),
    e2e: Float64Array.from(e2e).sort(),
    missing: records.length - ttft.length,
  };
};

/** Latencies of a request in nanoseconds; null where it did not finish. */
export const timesOrNull = ({
  state,
  arrivedAt,
  firstTokenAt,
  lastTokenAt,
  outputTokens,
}: RequestRecord): (Record<"ttft" | "e2e", number> & { readonly tpot: number | null }) | null =>
  state !== "finished" || firstTokenAt === null || lastTokenAt === null
    ? null
    : {
        ttft: firstTokenAt - arrivedAt,
        tpot: outputTokens > 1 ? (lastTokenAt - firstTokenAt) / (outputTokens - 1) : null,
        e2e: lastTokenAt - arrivedAt,
      };

/** How many lie beyond a limit, the missing ones among them, and of how many. */
export const beyond = (latencies: Latencies, metric: LatencyMetric, limit: Seconds): { readonly bad: number; readonly of: number } => {
  const sorted = latencies[metric];
  const { missing } = latencies;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (toSeconds(sorted[middle]!) <= limit) low = middle + 1;
    else high = middle;
  }
  return { bad: sorted.length - low + missing, of: sorted.length + missing };
};

/**
 * A percentile over several sets at once: the least time at or below which that share of the requests lies, so that it is within a limit
 * just where no larger share lies beyond. Null where it lies among the missing; 0 where there is neither a time nor a missing one.
 */
export const pooledPercentileOrNull = (sets: readonly Latencies[], metric: LatencyMetric, share: number): Seconds | null => {
  const [only] = sets;
  const sorted = sets.length === 1 && only !== undefined ? only[metric] : merged(sets.map((set) => set[metric]));
  return percentileOrNull(
    sorted,
    sets.reduce((sum, { missing }) => sum + missing, 0),
    share,
  );
};

const merged = (sets: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(sets.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const set of sets) {
    all.set(set, at);
    at += set.length;
  }
  return all.sort();
};

const percentileOrNull = (sorted: Float64Array, missing: number, share: number): Seconds | null => {
  const count = sorted.length + missing;
  if (count === 0) return 0;
  // 0.99 × 100 may come out as a little more than 99.
  const value = sorted[Math.max(1, Math.ceil(share * count - TINY)) - 1];
  return value === undefined ? null : toSeconds(value);
};

const TINY = 1e-9;

/** 99th percentiles of TTFT and TPOT, as the default objectives ask for them. */
export const valuesOf = (latencies: Latencies): Record<"ttft_p99_s" | "tpot_p99_s", Seconds | null> => ({
  ttft_p99_s: percentileOrNull(latencies.ttft, latencies.missing, PERCENTILES.p99),
  tpot_p99_s: percentileOrNull(latencies.tpot, latencies.missing, PERCENTILES.p99),
});
