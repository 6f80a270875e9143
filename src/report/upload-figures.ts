import { median, sum } from "simple-statistics";
import { stageSeconds, type LoadStage } from "../calibration/load-pipeline.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { rankUploadsOrNull, wholeUploads, type RankedUpload } from "../profile/best-upload.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import type { Bytes, BytesPerSecond, Seconds } from "../units.ts";

/** What a reader wants of weight load from a profile's raw samples. Numbers only; no words. */

export interface UploadFigure {
  readonly method: string;
  readonly bytes: Bytes;
  readonly chunk: Bytes;
  /** Into fresh buffers: what a cold start pays. */
  readonly first: BytesPerSecond;
  /** Into the same buffers again; null where it was not measured. */
  readonly repeated: BytesPerSecond | null;
  readonly samples: number;
}

/** Median rates by method, chunk and size: by size, then the fastest first. */
export const uploadFigures = (profile: Profile): UploadFigure[] =>
  wholeUploads(profile.measurements)
    .map(({ method, bytes, chunk_bytes, first_s, repeated_s }) => ({
      method,
      bytes,
      chunk: chunk_bytes,
      first: bytes / median(first_s),
      repeated: repeated_s.length === 0 || median(repeated_s) === 0 ? null : bytes / median(repeated_s),
      samples: first_s.length,
    }))
    .sort((a, b) => a.bytes - b.bytes || b.first - a.first);

export interface BestUpload extends RankedUpload {
  /** The size that ways were compared at. */
  readonly bytes: Bytes;
}

/** The best way to upload: the figure that devices are compared by. */
export const bestUploadOrNull = (profile: Profile): BestUpload | null => {
  const ranking = rankUploadsOrNull(profile.measurements);
  return ranking === null ? null : { ...ranking.ways[0], bytes: ranking.bytes };
};

/** One stage of the way from disk to GPU, alone. */
export interface StageFigure {
  readonly stage: LoadStage;
  readonly seconds: Seconds;
  readonly rate: BytesPerSecond;
}

export interface PipelineFigure {
  readonly measurement: MeasurementOf<"load-pipeline">;
  readonly stages: readonly StageFigure[];
  readonly slowest: LoadStage;
  /** All stages at once, from the page cache on. */
  readonly streamed: { readonly seconds: Seconds; readonly rate: BytesPerSecond };
  /** Shares of the streamed time that the page spent waiting or handing over; the rest is its own bookkeeping. */
  readonly shares: { readonly file: number; readonly handingOver: number; readonly gpu: number };
}

/** Median times of every pipeline measured, the largest first. */
export const pipelineFigures = (profile: Profile): PipelineFigure[] =>
  measurementsOf(profile, "load-pipeline")
    .sort((a, b) => b.bytes - a.bytes)
    .map((measurement) => {
      const { bytes, pipelined } = measurement;
      const stages = stageSeconds(measurement).map(({ stage, seconds }) => ({ stage, seconds, rate: bytes / seconds }));
      const seconds = median(pipelined.map(({ total_s }) => total_s));
      const whole = sum(pipelined.map(({ total_s }) => total_s));
      const share = (of: (sample: (typeof pipelined)[number]) => Seconds) => sum(pipelined.map(of)) / whole;
      return {
        measurement,
        stages,
        slowest: stages.reduce((a, b) => (b.seconds > a.seconds ? b : a)).stage,
        streamed: { seconds, rate: bytes / seconds },
        shares: {
          file: share((sample) => sample.waiting_for_file_s),
          handingOver: share((sample) => sample.handing_over_s),
          gpu: share((sample) => sample.waiting_for_gpu_s),
        },
      };
    });
