import type { RequestRecord } from "../../fleet/config.ts";
import { PERCENTILES, type LatencyMetric } from "../../scenario/objectives.ts";
import { toSeconds, type Nanoseconds, type Seconds } from "../../units.ts";
import { textOf } from "./in-words.ts";
import { covers, type LatencyObjective } from "./objectives.ts";

/** Latencies of which a request has one at most. */
export type RequestLatency = Exclude<LatencyMetric, "itl">;

/** Latencies of the requests that finished, in nanoseconds and rising order, and how many requests have none because they never got there. */
export interface Latencies {
  readonly ttft: Float64Array;
  readonly tpot: Float64Array;
  /** Null: not kept, since no objective is on it. */
  readonly e2e: Float64Array | null;
  /** Rejected or unfinished: each misses every objective. */
  readonly missing: number;
  /** Times that objectives on some requests only, or on gaps, are held against, by the objective as text. */
  readonly others?: ReadonlyMap<string, Times>;
}

/** Times in rising order, and how many never came: what a percentile is taken of. */
export class Times {
  /** @param upTo how many there are up to and including each; null: each stands for itself */
  constructor(
    readonly values: Float64Array,
    readonly missing: number,
    readonly upTo: Float64Array | null = null,
  ) {}

  /** All of them, the missing ones included. */
  get count(): number {
    return (this.upTo === null ? this.values.length : (this.upTo.at(-1) ?? 0)) + this.missing;
  }

  get longest(): Nanoseconds {
    return this.values.at(-1) ?? 0;
  }

  /** How many lie beyond a limit, the missing ones among them, and of how many. */
  beyond(limit: Seconds): { readonly bad: number; readonly of: number } {
    const { values, upTo, count } = this;
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (toSeconds(values[middle]!) <= limit) low = middle + 1;
      else high = middle;
    }
    const within = upTo === null ? low : low === 0 ? 0 : upTo[low - 1]!;
    return { bad: count - within, of: count };
  }
}

/**
 * Latencies of the requests that finished. TPOT is per request: the time from its first token to its last over the tokens after
 * the first; a finished request of one token has none and counts neither way.
 */
export const latenciesOf = (records: readonly RequestRecord[]): Latencies & Readonly<Record<RequestLatency, Float64Array>> => {
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

/** The times that an objective is held against. */
export const timesOf = (latencies: Latencies, objective: LatencyObjective): Times => {
  const { metric } = objective;
  if (metric !== "itl" && objective.scope === null) {
    const times = latencies[metric];
    if (times === null) throw new RangeError("times from end to end are kept where an objective is on them");
    return new Times(times, latencies.missing);
  }
  return latencies.others?.get(textOf(objective)) ?? new Times(new Float64Array(0), 0);
};

/** Times that objectives of some requests only are held against, by the objective as text. */
export const timesOfClasses = (records: readonly RequestRecord[], asked: readonly LatencyObjective[]): Map<string, Times> => {
  const scoped = asked.filter(({ scope, metric }) => scope !== null && metric !== "itl");
  return new Map(
    scoped.map((objective) => {
      const { ttft, tpot, e2e, missing } = latenciesOf(records.filter(({ priority }) => covers(objective.scope, priority)));
      return [textOf(objective), new Times({ ttft, tpot, e2e }[objective.metric as RequestLatency], missing)];
    }),
  );
};

/**
 * A percentile over several sets at once: the least time at or below which that share of them lies, so that it is within a limit
 * just where no larger share lies beyond. Null where it lies among the missing; 0 where there is neither a time nor a missing one.
 */
export const pooledPercentileOrNull = (sets: readonly Times[], share: number): Seconds | null => {
  const [only] = sets;
  return percentileOrNull(sets.length === 1 && only !== undefined ? only : merged(sets), share);
};

const merged = (sets: readonly Times[]): Times => {
  const missing = sets.reduce((sum, set) => sum + set.missing, 0);
  const all = new Float64Array(sets.reduce((sum, { values }) => sum + values.length, 0));
  let at = 0;
  for (const { values } of sets) {
    all.set(values, at);
    at += values.length;
  }
  if (sets.every(({ upTo }) => upTo === null)) return new Times(all.sort(), missing);
  const weighted = sets.flatMap(({ values, upTo }) =>
    Array.from(values, (value, i) => ({ value, count: upTo === null ? 1 : upTo[i]! - (i === 0 ? 0 : upTo[i - 1]!) })),
  );
  weighted.sort((a, b) => a.value - b.value);
  let sum = 0;
  return new Times(
    Float64Array.from(weighted, ({ value }) => value),
    missing,
    Float64Array.from(weighted, ({ count }) => (sum += count)),
  );
};

const percentileOrNull = ({ values, upTo, count }: Times, share: number): Seconds | null => {
  if (count === 0) return 0;
  // 0.99 × 100 may come out as a little more than 99.
  const rank = Math.max(1, Math.ceil(share * count - TINY));
  const value = upTo === null ? values[rank - 1] : values[upTo.findIndex((upToHere) => upToHere >= rank)];
  return value === undefined ? null : toSeconds(value);
};

const TINY = 1e-9;

/** 99th percentiles of TTFT and TPOT, as the default objectives ask for them. */
export const valuesOf = (latencies: Latencies): Record<"ttft_p99_s" | "tpot_p99_s", Seconds | null> => ({
  ttft_p99_s: percentileOrNull(new Times(latencies.ttft, latencies.missing), PERCENTILES.p99),
  tpot_p99_s: percentileOrNull(new Times(latencies.tpot, latencies.missing), PERCENTILES.p99),
});
