import { toSeconds, type Seconds, type Tokens } from "../units.ts";
import type { Request } from "./request.ts";

/** How traffic looks: how much, how uneven, and how long its requests are. */
export interface TrafficDescription {
  readonly requests: number;
  /** From the first to the last arrival. */
  readonly span: Seconds;
  /** Requests per second over that span; null where all arrive at one instant. */
  readonly rate: number | null;
  readonly in10s: Burstiness | null;
  readonly in60s: Burstiness | null;
  readonly promptTokens: LengthSummary;
  readonly outputTokens: LengthSummary;
}

/** Counts of arrivals in bins of one width, from the first arrival on; a last bin that is not full is left out. */
export interface Burstiness {
  /** Variance over mean of the counts: 1 for Poisson traffic, above it for bursts. */
  readonly indexOfDispersion: number;
  /** Fullest bin over the mean bin. */
  readonly peakToMean: number;
}

export interface LengthSummary {
  readonly p50: Tokens;
  readonly p90: Tokens;
  readonly p99: Tokens;
  readonly max: Tokens;
}

/** @param requests in order of arrival, at least one */
export const describeTraffic = (requests: readonly Request[]): TrafficDescription => {
  const first = requests[0]?.arrivedAt ?? 0;
  const arrivals = requests.map(({ arrivedAt }) => toSeconds(arrivedAt - first));
  const span = arrivals.at(-1) ?? 0;
  return {
    requests: requests.length,
    span,
    rate: span > 0 ? requests.length / span : null,
    in10s: burstinessOrNull(arrivals, span, 10),
    in60s: burstinessOrNull(arrivals, span, 60),
    promptTokens: lengthSummary(requests.map(({ promptTokens }) => promptTokens)),
    outputTokens: lengthSummary(requests.map(({ outputTokens }) => outputTokens)),
  };
};

/** Null with fewer than two whole bins. */
const burstinessOrNull = (arrivals: readonly Seconds[], span: Seconds, width: Seconds): Burstiness | null => {
  const bins = Math.floor(span / width);
  if (bins < 2) return null;
  const counts = new Float64Array(bins);
  for (const at of arrivals) {
    const bin = Math.floor(at / width);
    if (bin < bins) counts[bin]! += 1;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / bins;
  const variance = counts.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / (bins - 1);
  return { indexOfDispersion: variance / mean, peakToMean: counts.reduce((a, b) => Math.max(a, b), 0) / mean };
};

/** Percentiles as values that occur: the smallest with at least that share at or below it. */
const lengthSummary = (lengths: readonly Tokens[]): LengthSummary => {
  const sorted = Float64Array.from(lengths).sort();
  const percentile = (share: number): Tokens => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99), max: percentile(1) };
};
