import type { Chunk } from "./shards.ts";

/** Random bytes that chunks are cut from, each chunk from another place, so that two swapped ones are noticed. */
export interface RandomSource {
  of(chunk: Pick<Chunk, "index" | "size">): Uint8Array<ArrayBuffer>;
}

/** Longest that crypto.getRandomValues fills at once. */
const AT_ONCE = 65_536;
const SLACK = 2 ** 20;
/** Multiple of 4, as all offsets of uploads are; odd over 4, so that it visits all of the slack. */
const STRIDE = 4 * 40_503;

/** @param chunkBytes the longest chunk that will be asked for */
export const randomSource = (chunkBytes: number): RandomSource => {
  const bytes = new Uint8Array(chunkBytes + SLACK);
  for (let at = 0; at < bytes.length; at += AT_ONCE) crypto.getRandomValues(bytes.subarray(at, Math.min(at + AT_ONCE, bytes.length)));
  return {
    of: ({ index, size }) => {
      const start = (index * STRIDE) % SLACK;
      return bytes.subarray(start, start + size);
    },
  };
};
