import type { Job } from "../../src/profile/jobs.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";
import type { Bytes, Seconds } from "../../src/units.ts";
import { LeftOut } from "./left-out.ts";
import { randomSource } from "./random-source.ts";
import { readBack } from "./read-back.ts";
import { type StoppingRule, sampleUntil } from "./sampler.ts";
import { chunksOf, shardSizes } from "./shards.ts";
import { uploaders, type UploadPlan } from "./upload-methods.ts";
import { now } from "./wall-clock.ts";

/** Larger chunks are compared at their beginning and end. */
const COMPARED_RANGE: Bytes = 256 * 2 ** 10;
const MOST_COMPARED_CHUNKS = 32;

/** At most `most` of the items, evenly spread, the first and the last among them. */
const spread = <T>(items: readonly T[], most: number): T[] =>
  items.length <= most ? [...items] : Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);

/**
 * Checks that the GPU holds what was sent: every byte where chunks are few and small, else the ends of up to 32 chunks.
 *
 * @throws LeftOut naming the first word that differs
 */
const compare = async (device: GPUDevice, shards: readonly GPUBuffer[], { shardSizes, chunkBytes, source }: UploadPlan): Promise<void> => {
  for (const chunk of spread(chunksOf(shardSizes, chunkBytes), MOST_COMPARED_CHUNKS)) {
    const isSmall = chunk.size <= 2 * COMPARED_RANGE;
    for (const [from, to] of isSmall
      ? [[0, chunk.size]]
      : [
          [0, COMPARED_RANGE],
          [chunk.size - COMPARED_RANGE, chunk.size],
        ]) {
      const got = new Uint32Array((await readBack(device, shards[chunk.shard]!, chunk.offset + from!, to! - from!)).buffer);
      const sent = source.of(chunk);
      const expected = new Uint32Array(sent.buffer, sent.byteOffset + from!, got.length);
      for (let i = 0; i < got.length; i++) {
        if (got[i] === expected[i]) continue;
        throw new LeftOut(`at byte ${chunk.offset + from! + 4 * i} of buffer ${chunk.shard} came back ${got[i]}, sent was ${expected[i]}`);
      }
    }
  }
};

/**
 * Seconds to bring bytes to the GPU, from the first call to the queue being done with them; into fresh buffers once, then
 * again and again. Bytes are random; buffers are sharded where one may not hold them all.
 *
 * The browser polls for the end in steps of about 2 ms (the clock measurement holds that floor), which short uploads contain.
 *
 * @throws LeftOut where what is read back differs from what was sent
 */
export const measureUpload = async (
  device: GPUDevice,
  job: Extract<Job, { kind: "upload" }>,
  rule: StoppingRule,
): Promise<MeasurementOf<"upload">> => {
  const { id, method, bytes, chunk_bytes } = job;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  // Buffers that are born mapped are one chunk each: the chunk is what the browser holds in shared memory.
  const largest = method === "mappedAtCreation" ? chunk_bytes : Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const plan: UploadPlan = {
    shardSizes: shardSizes(bytes, largest - (largest % 4)),
    chunkBytes: Math.min(chunk_bytes, bytes),
    source: randomSource(Math.min(chunk_bytes, bytes)),
  };
  const uploader = uploaders[method](device, plan);
  const once = async (): Promise<Seconds> => {
    const started = now();
    await uploader.upload();
    return now() - started;
  };
  try {
    const first = await once();
    const repeated = await sampleUntil(async () => [await once()], rule, now);
    await compare(device, uploader.shards(), plan);
    return { kind: "upload", id, method, bytes, chunk_bytes, first_s: first, repeated_s: repeated, verified: true };
  } finally {
    uploader.destroy();
  }
};
