import type { Bytes } from "../../../src/units.ts";

/**
 * Most that one buffer of weights holds, where the device's limits allow more: a limit says what may be bound, not that there is a
 * block of memory so large, and a software adapter refuses one at its own limit.
 */
const MOST_IN_A_BUFFER: Bytes = 512 * 2 ** 20;

/** The largest buffer to make for weights on a device with these limits. */
export const largestShard = ({
  maxBufferSize,
  maxStorageBufferBindingSize,
}: Pick<GPUSupportedLimits, "maxBufferSize" | "maxStorageBufferBindingSize">): Bytes => {
  const largest = Math.min(maxBufferSize, maxStorageBufferBindingSize, MOST_IN_A_BUFFER);
  return largest - (largest % 4);
};

/** Sizes of the buffers that hold `bytes` together, none larger than `largest`; all but the last are alike. */
export const shardSizes = (bytes: Bytes, largest: Bytes): number[] => {
  const sizes = Array<number>(Math.floor(bytes / largest)).fill(largest);
  const rest = bytes % largest;
  return rest === 0 ? sizes : [...sizes, rest];
};

/** One piece of an upload: where it goes. */
export interface Chunk {
  /** Index over all chunks of the upload. */
  readonly index: number;
  readonly shard: number;
  readonly offset: Bytes;
  readonly size: Bytes;
  /** Where it begins among all bytes of the upload. */
  readonly start: Bytes;
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

/**
 * The shards cut into chunks of `chunkBytes`; a shard's last one may be shorter.
 *
 * @param bytes to upload: where they are more than the shards hold, the shards are written from the beginning again
 */
export const chunksOf = (shards: readonly Bytes[], chunkBytes: Bytes, bytes: Bytes = sum(shards)): Chunk[] => {
  const chunks: Chunk[] = [];
  for (let left = bytes; left > 0;) {
    for (const [shard, shardSize] of shards.entries()) {
      for (let offset = 0; offset < shardSize && left > 0; offset += chunkBytes) {
        const size = Math.min(chunkBytes, shardSize - offset, left);
        chunks.push({ index: chunks.length, shard, offset, size, start: bytes - left });
        left -= size;
      }
    }
  }
  return chunks;
};

/** The chunks that no later one was written over: those of the last time round. */
export const lastLap = (shards: readonly Bytes[], chunkBytes: Bytes, chunks: readonly Chunk[]): Chunk[] =>
  chunks.slice(-shards.reduce((count, size) => count + Math.ceil(size / chunkBytes), 0));
