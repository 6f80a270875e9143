import type { Bytes, BytesPerSecond, Seconds } from "../units.ts";
import { rankUploadsOrNull, wayKey, type UploadRanking, type UploadWay } from "./best-upload.ts";
import type { Findings, Job, UploadJob } from "./jobs.ts";
import { uploadMethodSchema, type UploadMethod } from "./measurements/upload.ts";
import type { Workload } from "./workload.ts";

const MIB: Bytes = 2 ** 20;
/** The sizes of the best way rise by this factor, from 1 MiB. */
const STEP = 4;
/** Part of what the device held that an upload takes: the rest is for staging memory. */
const FILLED_SHARE = 0.9;
/** Sizes are whole multiples of it. */
const GRAIN: Bytes = 64 * MIB;
/** A page that answers no sooner would count as hung. */
const LONGEST_UPLOAD: Seconds = 25;

/** In a quick run; a new mapped buffer for every chunk has the ring's cost and that of making it. */
const QUICK_METHODS: readonly UploadMethod[] = ["writeBuffer", "staging-ring", "mappedAtCreation"];

const uploadJob = ({ method, chunk_bytes }: UploadWay, bytes: Bytes): UploadJob => ({
  kind: "upload",
  id: `upload ${method} bytes=${bytes} chunk=${chunk_bytes}`,
  method,
  bytes,
  chunk_bytes,
});

/** Every method with every chunk at one size, so that the best way can be found; a quick run tries one chunk. */
export const compareUploadJobs = ({ uploads }: Workload, isQuick: boolean): Job[] => {
  const [chunk = MIB] = uploads.chunks;
  const methods = isQuick ? QUICK_METHODS : uploadMethodSchema.options;
  const ways = (isQuick ? [chunk] : uploads.chunks).flatMap((chunk_bytes) => methods.map((method): UploadWay => ({ method, chunk_bytes })));
  return [{ kind: "device-memory", id: "device-memory" }, ...ways.map((way) => uploadJob(way, uploads.compared))];
};

/** 1 MiB, 4 MiB, … and at the end as much as may be. */
const ladder = (most: Bytes): Bytes[] => {
  const sizes: Bytes[] = [];
  for (let bytes = MIB; bytes < most; bytes *= STEP) sizes.push(bytes);
  return [...sizes, most];
};

/** The largest upload: what the device held, but for staging memory, as far as it takes no longer than a page may. */
const largestUpload = ({ measurements }: Findings, compared: Bytes, rate: BytesPerSecond): Bytes => {
  const held = measurements.find(({ kind }) => kind === "device-memory");
  const filled = held?.kind === "device-memory" ? held.held_bytes * FILLED_SHARE : 0;
  return Math.max(compared, Math.floor(Math.min(filled, rate * LONGEST_UPLOAD) / GRAIN) * GRAIN);
};

const bestOfEachOther = ({ ways: [best, ...others] }: UploadRanking): UploadWay[] =>
  others.filter(({ method }, i) => method !== best.method && others.findIndex((other) => other.method === method) === i);

/**
 * The load curve's sizes with the best way that was found, from 1 MiB up to what the device holds; the way from disk with it; then a
 * few sizes of each other method. Nothing where no upload succeeded.
 */
export const loadJobs = ({ uploads }: Workload, isQuick: boolean, found: Findings): Job[] => {
  const ranking = rankUploadsOrNull(found.measurements);
  if (ranking === null) return [];
  const [best] = ranking.ways;
  const sizes = isQuick ? uploads.quick : ladder(largestUpload(found, uploads.compared, best.first.low));
  const { method, chunk_bytes } = best;
  const bytes = isQuick ? uploads.pipeline.quick : uploads.pipeline.whole;
  const others = isQuick ? [] : bestOfEachOther(ranking).flatMap((way) => uploads.others.map((size) => uploadJob(way, size)));
  return [
    ...sizes.filter((size) => size !== uploads.compared).map((size) => uploadJob(best, size)),
    { kind: "load-pipeline", id: `load-pipeline ${wayKey(best)} bytes=${bytes}`, method, chunk_bytes, bytes },
    ...others,
  ];
};
