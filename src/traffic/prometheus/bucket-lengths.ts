import { exp, ln } from "../../math.ts";
import type { RandomStream } from "../random.ts";
import type { Tokens } from "../../units.ts";
import type { Histogram } from "./histogram.ts";

/** Lengths as a histogram knows them, ready to draw from. */
export interface BucketLengths {
  /** Upper bounds of the buckets that hold any, rising, and the lower bounds: whole tokens, from `low + 1` to `high`. */
  readonly buckets: readonly { readonly low: Tokens; readonly high: Tokens; readonly upTo: number }[];
  /**
   * How lengths lie inside a bucket: their density is as x to the power of `tilt − 1`. 0 is log-uniform, 1 is uniform.
   */
  readonly tilt: number;
  /** Mean of what is drawn. */
  readonly mean: Tokens;
  /** Of the histogram: its sum over its count; null where it has no sum. */
  readonly measuredMean: Tokens | null;
  readonly requests: number;
}

/** vLLM's bounds run 1, 2, 5, 10: what lies above the last is below the next, at most this many times as much. */
const NEXT_BOUND = 2.5;
const STEEPEST = 8;

/**
 * Lengths of a histogram of tokens. Inside a bucket they are log-uniform where the histogram has no sum; where it has, the one tilt for all buckets is
 * chosen with which their mean is the measured one, as far as the bounds allow.
 *
 * @param longest the longest that there can be: what lies above the last bound lies below this
 */
export const bucketLengths = ({ bounds, counts, count, sum }: Histogram, longest: Tokens = Infinity): BucketLengths => {
  let upTo = 0;
  const buckets = bounds.flatMap((bound, i) => {
    const low = i === 0 ? 0 : bounds[i - 1]!;
    const high = Math.max(low + 1, Math.min(longest, bound === Infinity ? Math.floor(NEXT_BOUND * Math.max(1, low)) : Math.floor(bound)));
    if (counts[i] === 0) return [];
    upTo += counts[i]! / count;
    return [{ low: Math.floor(low), high, upTo }];
  });
  const measuredMean = sum === null ? null : sum / count;
  const meanOf = (tilt: number): number =>
    buckets.reduce((total, bucket, i) => total + (bucket.upTo - (i === 0 ? 0 : buckets[i - 1]!.upTo)) * meanInside(bucket, tilt), 0);
  const tilt = measuredMean === null ? 0 : tiltFor(meanOf, measuredMean);
  return { buckets, tilt, mean: meanOf(tilt), measuredMean, requests: count };
};

/** The tilt with which the mean is this, by bisection: the mean grows with the tilt. */
const tiltFor = (meanOf: (tilt: number) => number, mean: number): number => {
  let [low, high] = [-STEEPEST, STEEPEST];
  for (let i = 0; i < 40; i += 1) {
    const middle = (low + high) / 2;
    if (meanOf(middle) < mean) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

interface Bucket {
  readonly low: Tokens;
  readonly high: Tokens;
}

/** Points of the inverse that a bucket's mean is taken over. */
const POINTS = 64;

const meanInside = (bucket: Bucket, tilt: number): number => {
  let total = 0;
  for (let i = 0; i < POINTS; i += 1) total += inside(bucket, tilt, (i + 0.5) / POINTS);
  return total / POINTS;
};

/**
 * The length below which a share of a bucket's lies, whole: by inversion of the density between half a token below the smallest and half a
 * token above the largest.
 */
const inside = ({ low, high }: Bucket, tilt: number, share: number): Tokens => {
  if (high <= low + 1) return low + 1;
  const [from, to] = [ln(low + 0.5), ln(high + 0.5)];
  const at = Math.abs(tilt) < 1e-6 ? from + share * (to - from) : from + ln(1 + share * (exp(tilt * (to - from)) - 1)) / tilt;
  return Math.min(high, Math.max(low + 1, Math.floor(exp(at) + 0.5)));
};

/** One length: its bucket by their counts, its place inside by the tilt. */
export const drawLength = ({ buckets, tilt }: BucketLengths, stream: Pick<RandomStream, "uniform">): Tokens => {
  const share = stream.uniform();
  const index = Math.min(
    buckets.length - 1,
    Math.max(
      0,
      buckets.findIndex(({ upTo }) => share < upTo),
    ),
  );
  const bucket = buckets[index] ?? { low: 0, high: 1 };
  return inside(bucket, tilt, stream.uniform());
};
