import type { Bytes } from "../../../src/units.ts";
import { LeftOut } from "../left-out.ts";
import { readBack } from "../read-back.ts";
import type { Chunk } from "./shards.ts";

/** Larger chunks are compared at their beginning and end. */
const COMPARED_RANGE: Bytes = 256 * 2 ** 10;
const MOST_COMPARED_CHUNKS = 32;

/** At most `most` of the items, evenly spread, the first and the last among them. */
const spread = <T>(items: readonly T[], most: number): T[] =>
  items.length <= most ? [...items] : Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);

const comparedRanges = ({ size }: Chunk): readonly (readonly [from: Bytes, to: Bytes])[] =>
  size <= 2 * COMPARED_RANGE
    ? [[0, size]]
    : [
        [0, COMPARED_RANGE],
        [size - COMPARED_RANGE, size],
      ];

/**
 * Checks that the GPU holds what was sent: every byte where chunks are few and small, else the ends of up to 32 chunks.
 *
 * @param chunks none of which was overwritten later
 * @param sent the bytes of a chunk from one place in it to another
 * @throws LeftOut naming the first word that differs
 */
export const checkUpload = async (
  device: GPUDevice,
  shards: readonly GPUBuffer[],
  chunks: readonly Chunk[],
  sent: (chunk: Chunk, from: Bytes, to: Bytes) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): Promise<void> => {
  for (const chunk of spread(chunks, MOST_COMPARED_CHUNKS)) {
    for (const [from, to] of comparedRanges(chunk)) {
      const got = new Uint32Array((await readBack(device, shards[chunk.shard]!, chunk.offset + from, to - from)).buffer);
      const bytes = await sent(chunk, from, to);
      const expected = new Uint32Array(bytes.buffer, bytes.byteOffset, got.length);
      const wrong = got.findIndex((word, i) => word !== expected[i]);
      if (wrong === -1) continue;
      throw new LeftOut(
        `at byte ${chunk.offset + from + 4 * wrong} of buffer ${chunk.shard} came back ${got[wrong]}, sent was ${expected[wrong]}`,
      );
    }
  }
};
