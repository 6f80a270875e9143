import type { Job } from "../../src/profile/jobs.ts";
import { LeftOut } from "./left-out.ts";
import type { RandomSource } from "./random-source.ts";
import { chunksOf, type Chunk } from "./shards.ts";

/** One way to bring bytes to the GPU. What it makes lives until `destroy`. */
export interface Uploader {
  /**
   * Brings all bytes up; resolves when the GPU has them.
   *
   * The first call makes the buffers; later ones write to the same, but for `mappedAtCreation`, which has to make them anew each time.
   */
  upload(): Promise<void>;
  /** Where the bytes are; valid after an upload. */
  shards(): readonly GPUBuffer[];
  destroy(): void;
}

export interface UploadPlan {
  readonly shardSizes: readonly number[];
  readonly chunkBytes: number;
  readonly source: RandomSource;
}

export type UploadMethod = Extract<Job, { kind: "upload" }>["method"];

/** As weights are: kernels read them, a copy fills them; the copy out is for the check. */
const WEIGHTS = (): GPUBufferUsageFlags => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;

/** Bytes that may be under way. The browser copies into staging memory without a limit of its own and would run out of it. */
const MOST_IN_FLIGHT = 256 * 2 ** 20;
const RING_SLOTS = 4;

/** Waits so that no more than two windows are under way: one is filled while the one before it drains. */
const backPressure = (queue: GPUQueue) => {
  const window = MOST_IN_FLIGHT / 2;
  let bytes = 0;
  let before: Promise<undefined> | undefined;
  return async (added: number): Promise<void> => {
    bytes += added;
    if (bytes < window) return;
    bytes = 0;
    queue.submit([]);
    const current = queue.onSubmittedWorkDone();
    await before;
    before = current;
  };
};

const makeShards = (device: GPUDevice, sizes: readonly number[]) => sizes.map((size) => device.createBuffer({ size, usage: WEIGHTS() }));
/** @throws LeftOut where the browser finds no memory to map */
const makeMapped = (device: GPUDevice, size: number, usage: GPUBufferUsageFlags): GPUBuffer => {
  try {
    return device.createBuffer({ size, usage, mappedAtCreation: true });
  } catch (error) {
    if (error instanceof RangeError) throw new LeftOut(`the browser could not map ${size} bytes: ${error.message}`);
    throw error;
  }
};
const destroyAll = (buffers: readonly GPUBuffer[]) => {
  for (const buffer of buffers) buffer.destroy();
};

/** `queue.writeBuffer`, chunk by chunk. */
const writeBuffer = (device: GPUDevice, { shardSizes, chunkBytes, source }: UploadPlan): Uploader => {
  const { queue } = device;
  const chunks = chunksOf(shardSizes, chunkBytes);
  let shards: GPUBuffer[] = [];
  return {
    upload: async () => {
      if (shards.length === 0) shards = makeShards(device, shardSizes);
      const drain = backPressure(queue);
      for (const chunk of chunks) {
        queue.writeBuffer(shards[chunk.shard]!, chunk.offset, source.of(chunk));
        await drain(chunk.size);
      }
      // Without a submit the writes may wait for the next one.
      queue.submit([]);
      await queue.onSubmittedWorkDone();
    },
    shards: () => shards,
    destroy: () => destroyAll(shards),
  };
};

/** Buffers that are born mapped, filled in place and unmapped. */
const mappedAtCreation = (device: GPUDevice, { shardSizes, chunkBytes, source }: UploadPlan): Uploader => {
  const { queue } = device;
  const chunks = chunksOf(shardSizes, chunkBytes);
  let shards: GPUBuffer[] = [];
  return {
    upload: async () => {
      destroyAll(shards);
      shards = [];
      const drain = backPressure(queue);
      for (const [shard, size] of shardSizes.entries()) {
        const buffer = makeMapped(device, size, WEIGHTS());
        shards.push(buffer);
        const mapped = new Uint8Array(buffer.getMappedRange());
        for (const chunk of chunks) if (chunk.shard === shard) mapped.set(source.of(chunk), chunk.offset);
        buffer.unmap();
        await drain(size);
      }
      queue.submit([]);
      await queue.onSubmittedWorkDone();
    },
    shards: () => shards,
    destroy: () => destroyAll(shards),
  };
};

/** A few mapped buffers in turn: filled by the page, copied to their place by the GPU, mapped again meanwhile. */
const stagingRing = (device: GPUDevice, { shardSizes, chunkBytes, source }: UploadPlan): Uploader => {
  const { queue } = device;
  const chunks = chunksOf(shardSizes, chunkBytes);
  let shards: GPUBuffer[] = [];
  let ring: { readonly buffer: GPUBuffer; mapped: Promise<undefined> }[] = [];
  const make = () => {
    shards = makeShards(device, shardSizes);
    ring = Array.from({ length: Math.min(RING_SLOTS, chunks.length) }, () => ({
      buffer: makeMapped(device, chunkBytes, GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC),
      mapped: Promise.resolve(undefined),
    }));
  };
  const send = async ({ index, shard, offset, size }: Chunk) => {
    const slot = ring[index % ring.length]!;
    await slot.mapped;
    new Uint8Array(slot.buffer.getMappedRange()).set(source.of({ index, shard, offset, size }));
    slot.buffer.unmap();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(slot.buffer, 0, shards[shard]!, offset, size);
    queue.submit([encoder.finish()]);
    slot.mapped = slot.buffer.mapAsync(GPUMapMode.WRITE);
  };
  return {
    upload: async () => {
      if (shards.length === 0) make();
      for (const chunk of chunks) await send(chunk);
      await Promise.all(ring.map(({ mapped }) => mapped));
    },
    shards: () => shards,
    destroy: () => destroyAll([...shards, ...ring.map(({ buffer }) => buffer)]),
  };
};

export const uploaders: Readonly<Record<UploadMethod, (device: GPUDevice, plan: UploadPlan) => Uploader>> = {
  writeBuffer,
  mappedAtCreation,
  "staging-ring": stagingRing,
};
