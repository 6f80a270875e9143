import { groupBy } from "../stats/group-by.ts";
import type { Bytes, BytesPerSecond } from "../units.ts";
import type { UploadMethod } from "./measurements/upload.ts";
import type { Measurement, MeasurementOf } from "./schema.ts";
import { sampledList, timingInterval } from "./timing-interval.ts";

export type Upload = MeasurementOf<"upload">;

/** One way to bring bytes to the GPU: a method, and how many bytes a call of it carries. */
export interface UploadWay {
  readonly method: UploadMethod;
  readonly chunk_bytes: Bytes;
}

/** A rate's median with its 95 % interval. */
export interface RateInterval {
  readonly median: BytesPerSecond;
  readonly low: BytesPerSecond;
  readonly high: BytesPerSecond;
}

export interface RankedUpload extends UploadWay {
  /** Into fresh buffers, which is what a cold start does. */
  readonly first: RateInterval;
  /** Into the same buffers again; null where it was not measured. */
  readonly repeated: RateInterval | null;
  /** Median rate into fresh buffers over the fastest median of all ways. */
  readonly share: number;
  /** Its interval reaches into the best way's, so that these samples do not tell which is faster. */
  readonly isAsGood: boolean;
}

/** All ways that were measured at one size, the best first. */
export interface UploadRanking {
  readonly bytes: Bytes;
  readonly ways: readonly [best: RankedUpload, ...others: RankedUpload[]];
}

/** Below this number an interval is no interval. */
const FEWEST_SAMPLES = 3;
/** A way may be the best from this share of the fastest median on. */
const GOOD_SHARE = 0.9;

/** Name of a way, the same for the same way. */
export const wayKey = ({ method, chunk_bytes }: UploadWay): string => `${method} ${chunk_bytes}`;

/** Uploads whose buffers held all of it. */
export const wholeUploads = (measurements: readonly Measurement[]): Upload[] =>
  measurements.filter(
    (measurement): measurement is Upload =>
      measurement.kind === "upload" && measurement.into_bytes === measurement.bytes && Math.min(...measurement.first_s) > 0,
  );

const rateOf = (upload: Upload, name: "first_s" | "repeated_s"): RateInterval => {
  const { bytes } = upload;
  const { median, low, high } = timingInterval(sampledList(upload, name, upload[name]));
  return { median: bytes / median, low: bytes / high, high: bytes / low };
};

/** The size that most ways were measured at; of several, the largest. */
const comparedSize = (uploads: readonly Upload[]): Bytes =>
  [...groupBy(uploads, ({ bytes }) => bytes)]
    .map(([bytes, group]) => ({ bytes, ways: group.length }))
    .reduce((a, b) => (b.ways > a.ways || (b.ways === a.ways && b.bytes > a.bytes) ? b : a)).bytes;

/**
 * The ways to upload, compared at the size that most of them were measured at. Null where no upload was measured.
 *
 * The best is the steadiest of the fastest: of the ways whose median rate is within 10 % of the fastest median, the one whose 95 %
 * interval has the highest low end, so that neither a lucky sample nor a noisy way decides. Ways with fewer than three samples are not
 * compared where others have more.
 */
export const rankUploadsOrNull = (measurements: readonly Measurement[]): UploadRanking | null => {
  const uploads = wholeUploads(measurements);
  if (uploads.length === 0) return null;
  const bytes = comparedSize(uploads);
  const measured = uploads.filter((upload) => upload.bytes === bytes);
  const mostSamples = Math.max(...measured.map(({ first_s }) => first_s.length));
  const known = measured.filter(({ first_s }) => first_s.length >= Math.min(FEWEST_SAMPLES, mostSamples));
  const fastest = Math.max(...known.map((upload) => rateOf(upload, "first_s").median));
  const rates = known.map((upload) => {
    const { method, chunk_bytes, repeated_s } = upload;
    const first = rateOf(upload, "first_s");
    const repeated = repeated_s.length === 0 ? null : rateOf(upload, "repeated_s");
    return { method, chunk_bytes, first, repeated, share: first.median / fastest };
  });
  const contenders = rates.filter(({ share }) => share >= GOOD_SHARE).sort((a, b) => b.first.low - a.first.low);
  const others = rates.filter(({ share }) => share < GOOD_SHARE).sort((a, b) => b.share - a.share);
  const ways = [...contenders, ...others].map((way) => ({ ...way, isAsGood: way.first.high >= contenders[0]!.first.low }));
  return { bytes, ways: [ways[0]!, ...ways.slice(1)] };
};
