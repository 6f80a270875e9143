import { median, sum } from "simple-statistics";
import type { WarmUpCurve } from "../calibration/device-model.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { warmUpCurve } from "../calibration/warm-up.ts";
import type { Profile } from "../profile/schema.ts";
import type { Bytes, BytesPerSecond, Seconds } from "../units.ts";

/** What a reader wants of upload and warm-up from a profile's raw samples. Numbers only; no words. */

export interface UploadFigure {
  readonly method: string;
  readonly bytes: Bytes;
  readonly chunk: Bytes;
  /** Into fresh buffers: what a cold start pays. */
  readonly first: BytesPerSecond;
  /** Into the same buffers again. */
  readonly repeated: BytesPerSecond;
}

/** Rates by method, chunk and size: by size, then the fastest first. */
export const uploadFigures = (profile: Profile): UploadFigure[] =>
  measurementsOf(profile, "upload")
    .map(({ method, bytes, chunk_bytes, first_s, repeated_s }) => ({
      method,
      bytes,
      chunk: chunk_bytes,
      first: bytes / first_s,
      repeated: bytes / median(repeated_s),
    }))
    .sort((a, b) => a.bytes - b.bytes || b.repeated - a.repeated);

/** The fastest upload into fresh buffers, of any size and method: the figure that devices are compared by. */
export const bestUploadOrNull = (profile: Profile): UploadFigure | null =>
  uploadFigures(profile).toSorted((a, b) => b.first - a.first)[0] ?? null;

export interface WarmUpFigure {
  /** In the order they happen. */
  readonly phases: WarmUpCurve["phases"];
  readonly total: Seconds;
  /** Runs of the layer before it was steady, the first included. */
  readonly runsUntilSteady: number;
}

/** Seconds by phase, from starting the browser to the steady state; null where no warm-up was measured. */
export const warmUpFigureOrNull = (profile: Profile): WarmUpFigure | null => {
  if (measurementsOf(profile, "warm-up").length === 0) return null;
  const { phases, dispatches_until_steady } = warmUpCurve(profile);
  return { phases, total: sum(phases.map(({ seconds }) => seconds)), runsUntilSteady: dispatches_until_steady };
};
