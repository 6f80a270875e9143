import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import { relativeNonNegativeLeastSquares } from "../stats/least-squares.ts";
import type { Bytes, Seconds } from "../units.ts";
import type { LoadCurve } from "./device-model.ts";
import { heldOutError, type CheckedPoint } from "./held-out.ts";
import { measurementsOf, missing } from "./measured.ts";

type Upload = MeasurementOf<"upload">;

interface Line {
  readonly setup_s: number;
  readonly s_per_byte: number;
}

/**
 * The load curve: set-up and bandwidth of the fastest way to upload, from first uploads into fresh buffers, since that is what
 * a cold start does.
 *
 * Each method with its chunk size is fitted by itself; the fastest at the largest size that was measured is taken. Its error is
 * that of leaving each size out in turn.
 *
 * @throws InputError where the profile has no upload
 */
export const loadCurve = (profile: Profile): LoadCurve => {
  const uploads = measurementsOf(profile, "upload").filter(({ first_s }) => first_s > 0);
  if (uploads.length === 0) throw missing(profile, "uploads", "upload");
  const largest = Math.max(...uploads.map(({ bytes }) => bytes));
  const best = [...groupBy(uploads, ({ method, chunk_bytes }) => `${method}, chunks of ${mebibytes(chunk_bytes)}`)]
    .map(([method, group]) => ({ method, group, line: fit(group) }))
    // A method tried only with small sizes does not compete: its line would be stretched far beyond them.
    .filter(({ group }) => group.some(({ bytes }) => bytes === largest))
    .reduce((fastest, way) => (secondsOf(way.line, largest) < secondsOf(fastest.line, largest) ? way : fastest));
  const sizes = best.group.map(({ bytes }) => bytes);
  return {
    setup_s: best.line.setup_s,
    bandwidth_bytes_per_s: 1 / best.line.s_per_byte,
    method: best.method,
    valid_bytes: [Math.min(...sizes), Math.max(...sizes)],
    error: heldOutError(
      leaveOneOut(best.group),
      `${best.method} was measured at ${new Set(sizes).size} sizes; three are needed to leave one out`,
    ),
  };
};

/** Seconds to bring these bytes to the GPU. */
export const loadSeconds = (curve: LoadCurve, bytes: Bytes): Seconds => curve.setup_s + bytes / curve.bandwidth_bytes_per_s;

const fit = (uploads: readonly Upload[]): Line => {
  const rows = uploads.map(({ bytes }) => [1, bytes]);
  const seconds = uploads.map(({ first_s }) => first_s);
  const [setup = 0, perByte = 0] = relativeNonNegativeLeastSquares(rows, seconds);
  if (perByte > 0) return { setup_s: setup, s_per_byte: perByte };
  // Times that do not rise with size leave no bandwidth to read off: take the largest upload's own, which is the slower claim.
  const last = uploads.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return { setup_s: 0, s_per_byte: last.first_s / last.bytes };
};

const secondsOf = ({ setup_s, s_per_byte }: Line, bytes: number) => setup_s + bytes * s_per_byte;

const leaveOneOut = (uploads: readonly Upload[]): CheckedPoint[] =>
  new Set(uploads.map(({ bytes }) => bytes)).size < 3
    ? []
    : uploads.map((upload) => ({
        id: upload.id,
        predicted_s: secondsOf(fit(uploads.filter(({ bytes }) => bytes !== upload.bytes)), upload.bytes),
        measured_s: upload.first_s,
      }));

const mebibytes = (bytes: number): string => `${Math.round((bytes / 2 ** 20) * 100) / 100} MiB`;
