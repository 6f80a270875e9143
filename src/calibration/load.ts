import { median } from "simple-statistics";
import { size } from "../format.ts";
import { rankUploadsOrNull, wayKey, wholeUploads, type Upload, type UploadRanking, type UploadWay } from "../profile/best-upload.ts";
import type { Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import { relativeNonNegativeLeastSquares } from "../stats/least-squares.ts";
import type { Bytes, Seconds } from "../units.ts";
import type { LoadCurve, LoadPipeline } from "./device-model.ts";
import { heldOutError, type CheckedPoint } from "./held-out.ts";
import { loadPipelineOrNull } from "./load-pipeline.ts";
import { measurementsOf, missing } from "./measured.ts";

interface Line {
  readonly setup_s: number;
  readonly s_per_byte: number;
}

/** Median time to upload so many bytes into fresh buffers. */
interface Point {
  readonly id: string;
  readonly bytes: Bytes;
  readonly seconds: Seconds;
}

/** Waiting for the end is polled: a shorter upload than so many round trips tells of the waiting, not of the link. */
const FEWEST_ROUND_TRIPS = 4;

/**
 * The load curve: set-up and bandwidth of the best way to upload, from the median of uploads into fresh buffers, since that is what
 * a cold start does. It begins in the page's memory; `pipeline` says what a file on disk adds.
 *
 * The best way is that of `rankUploadsOrNull`. Where it was measured at one size only it has no line: then the best one that has
 * takes its place, and the notes name the faster. Uploads shorter than a few round trips to the GPU are not fitted. The error is that
 * of leaving each size out in turn.
 *
 * @throws InputError where the profile has no upload
 */
export const loadCurve = (profile: Profile): { readonly curve: LoadCurve; readonly notes: string[] } => {
  const ranking = rankUploadsOrNull(profile.measurements);
  if (ranking === null) throw missing(profile, "uploads", "upload");
  const ways = groupBy(wholeUploads(profile.measurements), wayKey);
  const pointsOf = (way: UploadWay) => pointsBySize(ways.get(wayKey(way)) ?? []);
  const [best] = ranking.ways;
  const chosen = ranking.ways.find((way) => pointsOf(way).length > 1) ?? best;
  const { fitted, tooShort } = aboveClock(profile, pointsOf(chosen));
  const line = fit(fitted);
  const pipeline = loadPipelineOrNull(profile);
  const sizes = fitted.map(({ bytes }) => bytes);
  return {
    curve: {
      setup_s: line.setup_s,
      bandwidth_bytes_per_s: 1 / line.s_per_byte,
      method: wayName(chosen),
      valid_bytes: [Math.min(...sizes), Math.max(...sizes)],
      error: heldOutError(leaveOneOut(fitted), "fewer than three sizes were measured, so none can be left out"),
      pipeline,
    },
    notes: [...fasterNote(ranking, chosen), ...tooShortNote(tooShort), ...diskNote(pipeline)],
  };
};

/** Seconds to bring these bytes from the page's memory to the GPU. */
export const loadSeconds = (curve: Pick<LoadCurve, "setup_s" | "bandwidth_bytes_per_s">, bytes: Bytes): Seconds =>
  curve.setup_s + bytes / curve.bandwidth_bytes_per_s;

/** As people read it: "writeBuffer, chunks of 4 MiB". */
export const wayName = ({ method, chunk_bytes }: UploadWay): string => `${method}, chunks of ${size(chunk_bytes)}`;

const pointsBySize = (uploads: readonly Upload[]): Point[] =>
  uploads.map(({ id, bytes, first_s }) => ({ id, bytes, seconds: median(first_s) })).sort((a, b) => a.bytes - b.bytes);

/** Points that are long enough for the page's way of waiting; all of them where fewer than two are. */
const aboveClock = (
  profile: Profile,
  points: readonly Point[],
): { readonly fitted: readonly Point[]; readonly tooShort: readonly Point[] } => {
  const clock = measurementsOf(profile, "clock").at(-1);
  const shortest = clock === undefined ? 0 : FEWEST_ROUND_TRIPS * median(clock.small_submit_s);
  const fitted = points.filter(({ seconds }) => seconds >= shortest);
  return fitted.length < 2 ? { fitted: points, tooShort: [] } : { fitted, tooShort: points.filter(({ seconds }) => seconds < shortest) };
};

const fit = (points: readonly Point[]): Line => {
  const rows = points.map(({ bytes }) => [1, bytes]);
  const [setup = 0, perByte = 0] = relativeNonNegativeLeastSquares(
    rows,
    points.map(({ seconds }) => seconds),
  );
  if (perByte > 0) return { setup_s: setup, s_per_byte: perByte };
  // Times that do not rise with size leave no bandwidth to read off: take the largest upload's own, which is the slower claim.
  const last = points.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return { setup_s: 0, s_per_byte: last.seconds / last.bytes };
};

const leaveOneOut = (points: readonly Point[]): CheckedPoint[] =>
  points.length < 3
    ? []
    : points.map(({ id, bytes, seconds }) => {
        const { setup_s, s_per_byte } = fit(points.filter((point) => point.bytes !== bytes));
        return { id, predicted_s: setup_s + bytes * s_per_byte, measured_s: seconds };
      });

const rate = (bytesPerSecond: number): string => `${(bytesPerSecond / 1e9).toPrecision(3)} GB/s`;

const fasterNote = ({ bytes, ways }: UploadRanking, chosen: UploadWay): string[] => {
  const [best] = ways;
  const own = ways.find((way) => way === chosen);
  return own === undefined || own === best
    ? []
    : [
        `Faster than the load curve at ${size(bytes)}, but measured at that size only: ${wayName(best)} (${rate(best.first.median)} against ${rate(own.first.median)}).`,
      ];
};

const diskNote = (pipeline: LoadPipeline | null): string[] =>
  pipeline === null
    ? []
    : [
        `Load curve: weights come from the host's memory. From a file ${pipeline.storage === "disk" ? "on disk" : "in a file system without a disk (tmpfs)"} they would come at ${rate(pipeline.bandwidth_bytes_per_s)}, with ${pipeline.slowest} as the slowest stage.`,
      ];

const tooShortNote = (points: readonly Point[]): string[] =>
  points.length === 0
    ? []
    : [
        `Load curve: uploads of ${points.map(({ bytes }) => size(bytes)).join(", ")} took less than ${FEWEST_ROUND_TRIPS} round trips to the GPU, so they are not part of the fit.`,
      ];
