import type { Seconds, Tokens } from "../../units.ts";

/** A stretch of a client's time with one rate and one kind of gaps. */
export interface RateWindow {
  readonly from: Seconds;
  readonly until: Seconds;
  /** Requests per second; 0 where it sent none. */
  readonly rate: number;
  /** How gaps are distributed, whatever their mean; null where there are none. */
  readonly gaps: { readonly kind: "gamma" | "weibull"; readonly shape: number } | null;
}

/** Token counts that occurred, and how often. */
export interface Histogram {
  readonly tokens: Float64Array;
  /** Share of all that have at most as many; the last is 1. */
  readonly cumulative: Float64Array;
}

/** A client's lengths in a stretch of its time. */
export interface LengthWindow {
  readonly from: Seconds;
  readonly until: Seconds;
  readonly prompts: Histogram;
  readonly outputs: Histogram;
}

/** One client of a service: how often it asks, how unevenly, and how long its requests are. */
export interface ClientStatistics {
  readonly id: number;
  /** In order, without gaps. */
  readonly rates: readonly RateWindow[];
  /** In order; none where its lengths are not known. */
  readonly lengths: readonly LengthWindow[];
}

/** The number of tokens at a share of the distribution. */
export const quantile = ({ tokens, cumulative }: Histogram, share: number): Tokens => {
  let low = 0;
  let high = tokens.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) > share) high = middle;
    else low = middle + 1;
  }
  return tokens[low] ?? 1;
};
