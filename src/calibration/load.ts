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

/** One way to upload: a method with its chunk size, and the line through its first uploads. */
interface Way {
  readonly name: string;
  readonly uploads: readonly Upload[];
  readonly sizes: readonly Bytes[];
  readonly line: Line;
}

/**
 * The load curve: set-up and bandwidth of the fastest way to upload, from first uploads into fresh buffers, since that is what
 * a cold start does.
 *
 * Each method with its chunk size is fitted by itself; of those that reached the largest size, the fastest there is taken. One
 * that was measured at that size only has no line, so it is taken only where no other has one, and named in the notes where it
 * was faster. The error is that of leaving each size out in turn.
 *
 * @throws InputError where the profile has no upload
 */
export const loadCurve = (profile: Profile): { readonly curve: LoadCurve; readonly notes: string[] } => {
  const uploads = measurementsOf(profile, "upload").filter(({ first_s }) => first_s > 0);
  if (uploads.length === 0) throw missing(profile, "uploads", "upload");
  const largest = Math.max(...uploads.map(({ bytes }) => bytes));
  const ways = [...groupBy(uploads, ({ method, chunk_bytes }) => `${method}, chunks of ${mebibytes(chunk_bytes)}`)]
    .map(([name, group]): Way => ({ name, uploads: group, sizes: [...new Set(group.map(({ bytes }) => bytes))], line: fit(group) }))
    .filter(({ sizes }) => sizes.includes(largest))
    .sort((a, b) => secondsOf(a.line, largest) - secondsOf(b.line, largest));
  const fastest = ways[0]!;
  const chosen = ways.find(({ sizes }) => sizes.length > 1) ?? fastest;
  const { name, line, sizes } = chosen;
  return {
    curve: {
      setup_s: line.setup_s,
      bandwidth_bytes_per_s: 1 / line.s_per_byte,
      method: name,
      valid_bytes: [Math.min(...sizes), largest],
      error: heldOutError(leaveOneOut(chosen), "fewer than three sizes were measured, so none can be left out"),
    },
    notes:
      chosen === fastest
        ? []
        : [
            `Faster than the load curve at ${mebibytes(largest)}, but measured at that size only: ${fastest.name} (${rate(fastest.line, largest)} against ${rate(line, largest)}).`,
          ],
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

const leaveOneOut = ({ uploads, sizes }: Way): CheckedPoint[] =>
  sizes.length < 3
    ? []
    : uploads.map((upload) => ({
        id: upload.id,
        predicted_s: secondsOf(fit(uploads.filter(({ bytes }) => bytes !== upload.bytes)), upload.bytes),
        measured_s: upload.first_s,
      }));

const rate = (line: Line, bytes: Bytes): string => `${(bytes / secondsOf(line, bytes) / 1e9).toPrecision(3)} GB/s`;
const mebibytes = (bytes: number): string => `${Math.round((bytes / 2 ** 20) * 100) / 100} MiB`;
