import type { UploadMethod } from "../../../src/profile/measurements/upload.ts";
import type { Bytes } from "../../../src/units.ts";
import { backPressure } from "./back-pressure.ts";
import { LeftOut } from "../left-out.ts";
import type { Chunk } from "./shards.ts";

/**
 * One way to bring bytes to the GPU, with the buffers that they go into. Memory under way is bounded, however many bytes are
 * written: wait for `ready` before every `write`.
 */
export interface Uploader {
  /** Resolves when another chunk may be handed over. */
  ready(): Promise<void>;
  /** Hands a chunk over. The bytes may be changed as soon as it returns. */
  write(chunk: Chunk, bytes: Uint8Array<ArrayBuffer>): void;
  /** Resolves when the GPU has all that was written. */
  finish(): Promise<void>;
  /** Where the bytes are. */
  shards(): readonly GPUBuffer[];
  destroy(): void;
}

/** The buffers to fill, and the largest chunk. */
export interface UploadPlan {
  readonly shardSizes: readonly Bytes[];
  readonly chunkBytes: Bytes;
}

/** As weights are: kernels read them, a copy fills them; the copy out is for the check. */
const WEIGHTS = (): GPUBufferUsageFlags => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
const STAGING = (): GPUBufferUsageFlags => GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC;

/** A ring is as deep as this many bytes, within these numbers of slots: being mapped again takes a slot some milliseconds. */
const RING_BYTES: Bytes = 128 * 2 ** 20;
const FEWEST_SLOTS = 2;
const MOST_SLOTS = 16;

const makeShards = (device: GPUDevice, sizes: readonly Bytes[]) => sizes.map((size) => device.createBuffer({ size, usage: WEIGHTS() }));

/** @throws LeftOut where the browser finds no memory to map */
const makeMapped = (device: GPUDevice, size: Bytes, usage: GPUBufferUsageFlags): GPUBuffer => {
  try {
    return device.createBuffer({ size, usage, mappedAtCreation: true });
  } catch (error) {
    if (error instanceof RangeError) throw new LeftOut(`WebGPU could not map ${size} bytes: ${error.message}`);
    throw error;
  }
};

const fill = (mapped: GPUBuffer, bytes: Uint8Array): void => {
  new Uint8Array(mapped.getMappedRange()).set(bytes);
  mapped.unmap();
};

const submitCopy = (device: GPUDevice, from: GPUBuffer, to: GPUBuffer, { offset, size }: Chunk): void => {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, to, offset, size);
  device.queue.submit([encoder.finish()]);
};

const destroyAll = (buffers: readonly (GPUBuffer | undefined)[]) => {
  for (const buffer of buffers) buffer?.destroy();
};

const allDone = async (queue: GPUQueue): Promise<void> => {
  queue.submit([]);
  await queue.onSubmittedWorkDone();
};

const writeBuffer = (device: GPUDevice, { shardSizes }: UploadPlan): Uploader => {
  const { queue } = device;
  const shards = makeShards(device, shardSizes);
  const { ready, add } = backPressure(queue);
  return {
    ready,
    write: ({ shard, offset, size }, bytes) => {
      queue.writeBuffer(shards[shard]!, offset, bytes);
      add(size);
    },
    finish: () => allDone(queue),
    shards: () => shards,
    destroy: () => destroyAll(shards),
  };
};

/** A buffer that was unmapped is never mapped again, so each write makes its shard anew; shards are of one chunk. */
const mappedAtCreation = (device: GPUDevice, { shardSizes }: UploadPlan): Uploader => {
  const { queue } = device;
  const { ready, add } = backPressure(queue);
  const shards: GPUBuffer[] = [];
  return {
    ready,
    write: ({ shard, size }, bytes) => {
      shards[shard]?.destroy();
      const buffer = makeMapped(device, shardSizes[shard]!, WEIGHTS());
      shards[shard] = buffer;
      fill(buffer, bytes);
      add(size);
    },
    finish: () => allDone(queue),
    shards: () => shards,
    destroy: () => destroyAll(shards),
  };
};

const stagingRing = (device: GPUDevice, { shardSizes, chunkBytes }: UploadPlan): Uploader => {
  const shards = makeShards(device, shardSizes);
  const ring: { readonly buffer: GPUBuffer; mapped: Promise<undefined> }[] = [];
  const slots = Math.max(FEWEST_SLOTS, Math.min(MOST_SLOTS, Math.ceil(RING_BYTES / chunkBytes)));
  let written = 0;
  return {
    // Slots are made as they are first needed: a small upload does not pay for a deep ring.
    ready: async () => {
      await ring[written % slots]?.mapped;
    },
    write: (chunk, bytes) => {
      const slot = (ring[written++ % slots] ??= { buffer: makeMapped(device, chunkBytes, STAGING()), mapped: Promise.resolve(undefined) });
      fill(slot.buffer, bytes);
      submitCopy(device, slot.buffer, shards[chunk.shard]!, chunk);
      slot.mapped = slot.buffer.mapAsync(GPUMapMode.WRITE);
    },
    finish: async () => {
      await Promise.all(ring.map(({ mapped }) => mapped));
    },
    shards: () => shards,
    destroy: () => destroyAll([...shards, ...ring.map(({ buffer }) => buffer)]),
  };
};

const stagingOnce = (device: GPUDevice, { shardSizes }: UploadPlan): Uploader => {
  const { queue } = device;
  const shards = makeShards(device, shardSizes);
  const { ready, add } = backPressure(queue);
  return {
    ready,
    write: (chunk, bytes) => {
      const staging = makeMapped(device, chunk.size, STAGING());
      fill(staging, bytes);
      submitCopy(device, staging, shards[chunk.shard]!, chunk);
      staging.destroy();
      add(chunk.size);
    },
    finish: () => allDone(queue),
    shards: () => shards,
    destroy: () => destroyAll(shards),
  };
};

/** Makes the buffers of an upload, whose time is part of it. */
export const uploaders: Readonly<Record<UploadMethod, (device: GPUDevice, plan: UploadPlan) => Uploader>> = {
  writeBuffer,
  mappedAtCreation,
  "staging-ring": stagingRing,
  "staging-once": stagingOnce,
};
