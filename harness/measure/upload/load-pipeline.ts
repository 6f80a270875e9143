import { ONE_PROCESS } from "../../../src/profile/measurements/common.ts";
import type { Job } from "../../../src/profile/jobs.ts";
import type { MeasurementOf } from "../../../src/profile/schema.ts";
import type { Bytes, Seconds } from "../../../src/units.ts";
import { LeftOut } from "../left-out.ts";
import { randomSource } from "./random-source.ts";
import { chunksOf, type Chunk } from "./shards.ts";
import { streamChunks } from "./stream-chunks.ts";
import { checkUpload } from "./upload-check.ts";
import { uploadChunks, uploadPlan } from "./upload.ts";
import { uploaders, type Uploader } from "./upload-methods.ts";
import { now } from "../sampling/wall-clock.ts";
import { makeWeightFile, type WeightFile } from "./weight-file.ts";

/** How many rounds of all stages: at least the fewest, then on until the time is over. */
export interface PipelineRule {
  readonly fewest: number;
  readonly most: number;
  readonly enough: Seconds;
}

export const PIPELINE_RULES = {
  software: { fewest: 3, most: 7, enough: 2 },
  gpu: { fewest: 3, most: 9, enough: 8 },
} as const satisfies Record<string, PipelineRule>;

type LoadPipeline = MeasurementOf<"load-pipeline">;
type Pipelined = LoadPipeline["pipelined"][number];

/** Adds up the time that one kind of waiting takes. */
const stopwatch = () => {
  let total: Seconds = 0;
  return {
    total: () => total,
    around: async <T>(work: () => Promise<T> | T): Promise<T> => {
      const started = now();
      try {
        return await work();
      } finally {
        total += now() - started;
      }
    },
  };
};

const secondsOf = async (work: () => Promise<unknown>): Promise<Seconds> => {
  const started = now();
  await work();
  return now() - started;
};

/** @throws LeftOut where the file came to an end before its time, or went on after it */
const mustBeWhole = (got: Bytes, expected: Bytes): void => {
  if (got !== expected) throw new LeftOut(`of a file of ${expected} bytes ${got} came through`);
};

/** Reads the file to its end and drops it. */
const drain = async (file: WeightFile, { chunk_bytes, bytes }: Pick<LoadPipeline, "chunk_bytes" | "bytes">): Promise<void> => {
  let got = 0;
  for await (const chunk of streamChunks(await file.stream(), chunk_bytes)) got += chunk.length;
  mustBeWhole(got, bytes);
};

/** From the file to the GPU: each chunk is handed on as it comes. */
const streamUp = async (
  file: WeightFile,
  uploaderOf: () => Uploader,
  chunks: readonly Chunk[],
  { chunk_bytes, bytes }: Pick<LoadPipeline, "chunk_bytes" | "bytes">,
): Promise<Pipelined> => {
  const waitingForFile = stopwatch();
  const handingOver = stopwatch();
  const waitingForGpu = stopwatch();
  const started = now();
  const uploader = await handingOver.around(uploaderOf);
  const stream = streamChunks(await waitingForFile.around(() => file.stream()), chunk_bytes);
  let got = 0;
  try {
    for (const chunk of chunks) {
      const { value } = await waitingForFile.around(() => stream.next());
      if (value === undefined) break;
      await waitingForGpu.around(() => uploader.ready());
      await handingOver.around(() => uploader.write(chunk, value));
      got += value.length;
    }
    await waitingForGpu.around(() => uploader.finish());
  } finally {
    await stream.return();
  }
  const total = now() - started;
  mustBeWhole(got, bytes);
  return {
    total_s: total,
    waiting_for_file_s: waitingForFile.total(),
    handing_over_s: handingOver.total(),
    waiting_for_gpu_s: waitingForGpu.total(),
  };
};

/**
 * A file streamed from the driver's disk to the GPU, and each stage of that way alone: read by the server past the page cache and
 * from it, fetched by the page and dropped, uploaded from memory. Stages take turns, so that drift falls on all alike.
 *
 * @throws LeftOut where there is no room for the file, or what is read back differs from it
 */
export const measureLoadPipeline = async (
  device: GPUDevice,
  job: Extract<Job, { kind: "load-pipeline" }>,
  { fewest, most, enough }: PipelineRule,
): Promise<LoadPipeline> => {
  const { id, method, bytes, chunk_bytes } = job;
  const plan = uploadPlan(device, method, bytes, chunk_bytes);
  const chunks = chunksOf(plan.shardSizes, plan.chunkBytes);
  const source = randomSource(plan.chunkBytes);
  const file = await makeWeightFile(bytes);
  let uploader: Uploader | undefined;
  const fresh = () => (uploader = uploaders[method](device, plan));
  const free = async () => {
    uploader?.destroy();
    await device.queue.onSubmittedWorkDone(); // freeing buffers is not part of the stage that comes next
  };
  const disk: Seconds[] = [];
  const pageCache: Seconds[] = [];
  const transfer: Seconds[] = [];
  const upload: Seconds[] = [];
  const pipelined: Pipelined[] = [];
  const round = async () => {
    for (const [from, samples] of [
      ["disk", disk],
      ["page-cache", pageCache],
    ] as const) {
      const seconds = await file.read(from);
      if (seconds !== null) samples.push(seconds);
    }
    transfer.push(await secondsOf(() => drain(file, job)));
    await free();
    upload.push(await secondsOf(() => uploadChunks(fresh(), chunks, source)));
    await free();
    pipelined.push(await streamUp(file, fresh, chunks, job));
  };
  try {
    const started = now();
    do await round();
    while (pipelined.length < fewest || (pipelined.length < most && now() - started < enough));
    await checkUpload(device, uploader!.shards(), chunks, ({ start }, from, to) => file.range(start + from, start + to));
    return {
      kind: "load-pipeline",
      id,
      method,
      chunk_bytes,
      bytes,
      storage: file.storage,
      disk_s: disk.length === 0 ? null : disk,
      page_cache_s: pageCache,
      transfer_s: transfer,
      upload_s: upload,
      pipelined,
      ...ONE_PROCESS,
      verified: true,
    };
  } finally {
    uploader?.destroy();
    await file.remove();
  }
};
