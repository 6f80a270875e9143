/** Sizes of the buffers that hold `bytes` together, none larger than `largest`; all but the last are alike. */
export const shardSizes = (bytes: number, largest: number): number[] => {
  const sizes = Array<number>(Math.floor(bytes / largest)).fill(largest);
  const rest = bytes % largest;
  return rest === 0 ? sizes : [...sizes, rest];
};

/** One piece of an upload: where it goes. */
export interface Chunk {
  /** Index over all chunks of the upload. */
  readonly index: number;
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
}

/** The shards cut into chunks of `chunkBytes`; a shard's last one may be shorter. */
export const chunksOf = (shards: readonly number[], chunkBytes: number): Chunk[] => {
  const chunks: Chunk[] = [];
  for (const [shard, shardSize] of shards.entries()) {
    for (let offset = 0; offset < shardSize; offset += chunkBytes) {
      chunks.push({ index: chunks.length, shard, offset, size: Math.min(chunkBytes, shardSize - offset) });
    }
  }
  return chunks;
};
