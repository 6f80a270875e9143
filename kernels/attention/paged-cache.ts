import type { BufferSpec, Dtype } from "../kernel.ts";

/**
 * A paged KV cache, as vLLM keeps it: keys and values lie in blocks of 16 positions, [block][slot][kv_heads][head_dim], and a table says
 * which block holds which 16 positions of which sequence. Blocks are handed out shuffled, so that a sequence's keys lie scattered as
 * they do in a server that has run for a while.
 */

/** Positions in a block. */
export const BLOCK_SLOTS = 16;

/** Where the blocks of each sequence lie. */
export interface BlockTable {
  /** Blocks of the cache; every one of them belongs to some sequence. */
  readonly blocks: number;
  /** Entries of a sequence in the table: blocks of the longest. */
  readonly stride: number;
  /** [sequence][stride]; entries beyond a sequence's own are 0 and belong to another. */
  readonly entries: Uint32Array;
}

/** A generator of whole numbers below `limit`, the same on every machine: xorshift32 from a fixed seed. */
const numbers = (): ((limit: number) => number) => {
  let state = 0x9e3779b9;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  };
};

/** In place, each order as likely as any other (Fisher and Yates). */
const shuffle = <T extends { [index: number]: number; readonly length: number }>(values: T): T => {
  const below = numbers();
  for (let last = values.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [values[last], values[other]] = [values[other]!, values[last]!];
  }
  return values;
};

/** Blocks for sequences of so many positions, handed out shuffled from a fixed seed. */
export const blockTable = (lengths: readonly number[]): BlockTable => {
  const counts = lengths.map((length) => Math.ceil(length / BLOCK_SLOTS));
  const blocks = counts.reduce((sum, count) => sum + count, 0);
  const stride = Math.max(1, ...counts);
  const shuffled = shuffle(Uint32Array.from({ length: blocks }, (_, block) => block));
  const entries = new Uint32Array(lengths.length * stride);
  let next = 0;
  counts.forEach((count, sequence) => {
    entries.set(shuffled.subarray(next, next + count), sequence * stride);
    next += count;
  });
  return { blocks, stride, entries };
};

/** Slot of a sequence's position, counted over the whole cache. */
export const slotOf = ({ entries, stride }: BlockTable, sequence: number, position: number): number =>
  entries[sequence * stride + Math.floor(position / BLOCK_SLOTS)]! * BLOCK_SLOTS + (position % BLOCK_SLOTS);

/**
 * So many sizes spread evenly over mean·(1 ± percent/100), in a shuffled order that is always the same. Their sum is count·mean, and none
 * is below 1.
 */
export const spreadAround = (mean: number, count: number, percent: number): number[] => {
  const sizes = Array.from({ length: count }, () => mean);
  for (let i = 0; i < Math.floor(count / 2); i++) {
    const share = 1 - (2 * i + 1) / count; // from the outermost pair inwards
    const away = Math.min(mean - 1, Math.round((mean * percent * share) / 100));
    sizes[i] = mean - away;
    sizes[count - 1 - i] = mean + away;
  }
  return shuffle(sizes);
};

/** The cache's keys and values. */
export const cacheBuffers = (
  dtype: Dtype,
  { blocks }: BlockTable,
  slotLength: number,
  scales: Readonly<Record<"keys" | "values", number>>,
): BufferSpec[] =>
  (["keys", "values"] as const).map((name) => ({
    name,
    role: "input",
    type: dtype,
    length: blocks * BLOCK_SLOTS * slotLength,
    fill: { kind: "random", scale: scales[name] },
    holds: "kv-cache",
  }));

/** A buffer of exact whole numbers. */
export const indexBuffer = (name: string, values: ArrayLike<number>): BufferSpec => ({
  name,
  role: "input",
  type: "u32",
  length: values.length,
  fill: { kind: "indices", values: Uint32Array.from(values) },
});
