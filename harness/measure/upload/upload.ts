import { ONE_PROCESS } from "../../../src/profile/measurements/common.ts";
import type { UploadJob } from "../../../src/profile/jobs.ts";
import type { UploadMethod } from "../../../src/profile/measurements/upload.ts";
import type { MeasurementOf } from "../../../src/profile/schema.ts";
import type { Bytes, Seconds } from "../../../src/units.ts";
import { MOST_IN_FLIGHT } from "./back-pressure.ts";
import { randomSource, type RandomSource } from "./random-source.ts";
import { chunksOf, largestShard, lastLap, shardSizes, type Chunk } from "./shards.ts";
import { checkUpload } from "./upload-check.ts";
import { uploaders, type Uploader, type UploadPlan } from "./upload-methods.ts";
import { now } from "../sampling/wall-clock.ts";

/** How often an upload is repeated. */
export interface UploadRule {
  readonly fewest: number;
  readonly most: number;
  /** With the fewest samples there, no more are taken after this time. */
  readonly enough: Seconds;
  /** After this time no more are taken, however few there are. */
  readonly limit: Seconds;
}

export const UPLOAD_RULES = {
  software: { fewest: 5, most: 10, enough: 0.12, limit: 2 },
  gpu: { fewest: 5, most: 10, enough: 0.5, limit: 10 },
} as const satisfies Record<string, UploadRule>;

/** The samples that `take` gives until the rule is met. */
const sampled = async (take: () => Promise<Seconds>, { fewest, most, enough, limit }: UploadRule): Promise<Seconds[]> => {
  const started = now();
  const samples: Seconds[] = [];
  const isDone = (elapsed: Seconds) => samples.length >= most || elapsed >= limit || (samples.length >= fewest && elapsed >= enough);
  do samples.push(await take());
  while (!isDone(now() - started));
  return samples;
};

/** Buffers for so many bytes: as large as they may be, but of one chunk each where a buffer is born mapped. */
export const uploadPlan = (device: GPUDevice, method: UploadMethod, bytes: Bytes, chunkBytes: Bytes): UploadPlan => {
  const chunk = Math.min(chunkBytes, bytes);
  const largest = largestShard(device.limits);
  return { shardSizes: shardSizes(bytes, method === "mappedAtCreation" ? Math.min(chunk, largest) : largest), chunkBytes: chunk };
};

/** Brings all chunks up; resolves when the GPU has them. */
export const uploadChunks = async (uploader: Uploader, chunks: readonly Chunk[], source: RandomSource): Promise<void> => {
  for (const chunk of chunks) {
    await uploader.ready();
    uploader.write(chunk, source.of(chunk));
  }
  await uploader.finish();
};

/** Most that is uploaded before anything is timed: as much as may be under way, so that all staging memory is there. */
const settle = async (
  device: GPUDevice,
  { method, bytes, chunk_bytes, into_bytes = bytes }: UploadJob,
  source: RandomSource,
): Promise<void> => {
  const plan = uploadPlan(device, method, Math.min(into_bytes, MOST_IN_FLIGHT), chunk_bytes);
  const uploader = uploaders[method](device, plan);
  try {
    await uploadChunks(uploader, chunksOf(plan.shardSizes, plan.chunkBytes), source);
  } finally {
    uploader.destroy();
  }
};

/**
 * Seconds to bring bytes to the GPU, from the first call to the queue being done with them: into fresh buffers, then into the last
 * of those again; after an upload that is not counted. Bytes are random; buffers are sharded where one may not hold them all.
 *
 * The browser polls for the end in steps of about 2 ms (the clock measurement holds that floor), which short uploads contain.
 *
 * @throws LeftOut where what is read back differs from what was sent
 */
export const measureUpload = async (device: GPUDevice, job: UploadJob, rule: UploadRule): Promise<MeasurementOf<"upload">> => {
  const { id, method, bytes, chunk_bytes, into_bytes = bytes } = job;
  const plan = uploadPlan(device, method, into_bytes, chunk_bytes);
  const chunks = chunksOf(plan.shardSizes, plan.chunkBytes, bytes);
  const source = randomSource(plan.chunkBytes);
  let uploader: Uploader | undefined;
  const timed = async (uploaderOf: () => Uploader): Promise<Seconds> => {
    const started = now();
    await uploadChunks((uploader = uploaderOf()), chunks, source);
    return now() - started;
  };
  const intoFresh = async (): Promise<Seconds> => {
    uploader?.destroy();
    await device.queue.onSubmittedWorkDone(); // freeing the buffers of before is not part of the upload
    return timed(() => uploaders[method](device, plan));
  };
  try {
    await settle(device, job, source);
    const first = await sampled(intoFresh, rule);
    const last = uploader!;
    const isTooLong = first.length === 1 && first[0]! >= rule.limit;
    const repeated = isTooLong ? [] : await sampled(() => timed(() => last), rule);
    await checkUpload(device, last.shards(), lastLap(plan.shardSizes, plan.chunkBytes, chunks), (chunk, from, to) =>
      source.of(chunk).subarray(from, to),
    );
    return {
      kind: "upload",
      id,
      method,
      bytes,
      chunk_bytes,
      into_bytes,
      first_s: first,
      repeated_s: repeated,
      ...ONE_PROCESS,
      verified: true,
    };
  } finally {
    uploader?.destroy();
  }
};
