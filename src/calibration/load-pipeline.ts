import { median } from "simple-statistics";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import type { Seconds } from "../units.ts";
import type { LoadPipeline } from "./device-model.ts";
import { measurementsOf } from "./measured.ts";

export type LoadStage = LoadPipeline["slowest"];

/** Median seconds of each stage alone, in the order bytes pass them; the disk only where it could be read past the page cache. */
export const stageSeconds = ({
  disk_s,
  page_cache_s,
  transfer_s,
  upload_s,
}: MeasurementOf<"load-pipeline">): { readonly stage: LoadStage; readonly seconds: Seconds }[] => [
  ...(disk_s === null ? [] : [{ stage: "disk" as const, seconds: median(disk_s) }]),
  { stage: "page cache", seconds: median(page_cache_s) },
  { stage: "transfer", seconds: median(transfer_s) },
  { stage: "upload", seconds: median(upload_s) },
];

/**
 * From a file on disk to the GPU, of the largest pipeline measured; null where none was.
 *
 * The file was in the page cache when it was streamed, so a disk that is slower than the stream by itself is what a cold start
 * waits for: the bandwidth is then the disk's.
 */
export const loadPipelineOrNull = (profile: Profile): LoadPipeline | null => {
  const [pipeline] = measurementsOf(profile, "load-pipeline").sort((a, b) => b.bytes - a.bytes);
  if (pipeline === undefined) return null;
  const { bytes, storage } = pipeline;
  const stages = stageSeconds(pipeline);
  const slowest = stages.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  const streamed = median(pipeline.pipelined.map(({ total_s }) => total_s));
  const disk = stages.find(({ stage }) => stage === "disk")?.seconds ?? null;
  return {
    bytes,
    storage,
    streamed_bytes_per_s: bytes / streamed,
    disk_bytes_per_s: disk === null ? null : bytes / disk,
    bandwidth_bytes_per_s: bytes / Math.max(streamed, disk ?? 0),
    slowest: slowest.stage,
  };
};
