import type { BufferSpec, Dtype, KernelVariant } from "../kernel.ts";
import type { Plan } from "../plan.ts";
import { type BlockTable, cacheBuffers, indexBuffer, spreadAround } from "./paged-cache.ts";

/**
 * Scaled dot-product attention with grouped-query heads over a paged cache.
 *
 * Queries and outputs are [token][heads][head_dim], token-major as the linear layers leave them. Keys and values are
 * [block][16 slots][kv_heads][head_dim] (paged-cache.ts); query head h reads key–value head h / (heads / kv_heads), rounded down.
 * Scores are scaled by 1/√head_dim; scores, softmax and sums are f32.
 *
 * A sequence brings some tokens, the last of its positions: a chunk of its prompt in prefill, one token in decode. Each sees all
 * positions up to its own.
 */
export interface HeadSizes {
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
}

/** Chunks of one or several prompts. */
export interface PrefillSizes extends HeadSizes {
  /** Tokens of a chunk; with several sequences their mean. */
  readonly chunk: number;
  /** Keys in front of each chunk; may be 0. */
  readonly context: number;
  /** Chunks, one of each sequence; 1 where left out. */
  readonly sequences: number;
  /** Chunks are spread over chunk·(1 ± spread/100); 0 where left out. */
  readonly spread: number;
}

/** One query token for each sequence. */
export interface DecodeSizes extends HeadSizes {
  readonly sequences: number;
  /** Keys a sequence's token attends to, its own included; the mean over the sequences. */
  readonly context: number;
  /** Contexts are spread over context·(1 ± spread/100); 0 where left out. */
  readonly spread: number;
}

/** Tokens and positions of each sequence of a batch: the last `tokens` of its `length` positions are computed. */
export interface Sequences {
  readonly tokens: readonly number[];
  readonly lengths: readonly number[];
}

/** Some sequences of a batch, as an attention has to know them to be planned. */
export interface Ragged extends HeadSizes {
  /** The first of them in the batch: where its lengths and its blocks lie in their buffers. */
  readonly firstSequence: number;
  readonly sequences: number;
  /** Row of the batch where their tokens begin, and how many there are. */
  readonly firstRow: number;
  readonly tokens: number;
  /** Tokens of the sequence with the most. */
  readonly mostTokens: number;
  /** Positions of the longest. */
  readonly mostKeys: number;
  /** Entries of a sequence in the block table. */
  readonly stride: number;
}

/** Names of the buffers. */
export interface AttentionBuffers {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
  /** u32 [sequences][stride]: blocks of the cache. */
  readonly block_table: string;
  /** u32 [sequences]: positions, the tokens' own included. */
  readonly lengths: string;
  /** u32 [sequences + 1]: the row of `queries` and `out` where each sequence's tokens begin, and where the last one's end. */
  readonly starts: string;
  readonly out: string;
}

/** What attention reads and writes, by its name. */
export const BUFFERS: AttentionBuffers = {
  queries: "queries",
  keys: "keys",
  values: "values",
  block_table: "block_table",
  lengths: "lengths",
  starts: "starts",
  out: "out",
};

export interface AttentionVariant extends KernelVariant {
  readonly plan: (sizes: Ragged, buffers: AttentionBuffers) => Plan;
}

export const prefillSequences = ({ chunk, context, sequences, spread }: PrefillSizes): Sequences => {
  const tokens = spreadAround(chunk, sequences, spread);
  return { tokens, lengths: tokens.map((count) => context + count) };
};

export const decodeSequences = ({ sequences, context, spread }: DecodeSizes): Sequences => ({
  tokens: Array.from({ length: sequences }, () => 1),
  lengths: spreadAround(context, sequences, spread),
});

/** Rows where the tokens of each sequence begin, and where the last one's end. */
export const startsOf = ({ tokens }: Sequences): number[] => {
  const starts = [0];
  for (const count of tokens) starts.push(starts.at(-1)! + count);
  return starts;
};

/** All of a batch's sequences from `first` to before `end`. */
export const raggedOf = (
  { heads, kv_heads, head_dim }: HeadSizes,
  batch: Sequences,
  { stride }: BlockTable,
  first = 0,
  end = batch.tokens.length,
): Ragged => {
  const { tokens, lengths } = batch;
  const starts = startsOf(batch);
  return {
    heads,
    kv_heads,
    head_dim,
    firstSequence: first,
    sequences: end - first,
    firstRow: starts[first]!,
    tokens: starts[end]! - starts[first]!,
    mostTokens: tokens.slice(first, end).reduce((a, b) => Math.max(a, b), 0),
    mostKeys: lengths.slice(first, end).reduce((a, b) => Math.max(a, b), 0),
    stride,
  };
};

/** The whole numbers that say where a batch's tokens and keys lie. */
export const placeBuffers = (batch: Sequences, table: BlockTable): BufferSpec[] => [
  indexBuffer(BUFFERS.block_table, table.entries),
  indexBuffer(BUFFERS.lengths, batch.lengths),
  indexBuffer(BUFFERS.starts, startsOf(batch)),
];

/** Buffers of an attention that runs alone. */
export const attentionBuffers = (
  dtype: Dtype,
  { heads, kv_heads, head_dim }: HeadSizes,
  batch: Sequences,
  table: BlockTable,
): BufferSpec[] => {
  const vectors = startsOf(batch).at(-1)! * heads * head_dim;
  return [
    { name: BUFFERS.queries, role: "input", type: dtype, length: vectors, fill: { kind: "random", scale: 2 } },
    ...cacheBuffers(dtype, table, kv_heads * head_dim, { keys: 2, values: 1 }),
    ...placeBuffers(batch, table),
    { name: BUFFERS.out, role: "output", type: dtype, length: vectors, fill: { kind: "unset" } },
  ];
};

/** Query–key pairs of a chunk: every token sees the context, and the i-th of the chunk sees i of the chunk. */
export const prefillPairs = (chunk: number, context: number): number => chunk * context + (chunk * (chunk + 1)) / 2;

/** Query–key pairs of a batch. */
export const pairsOf = ({ tokens, lengths }: Sequences): number =>
  tokens.reduce((sum, count, sequence) => sum + prefillPairs(count, lengths[sequence]! - count), 0);

/** Multiply-adds of scores and of the weighted sum of values, 4·head_dim operations per head and pair; softmax is not counted. */
export const attentionOperations = ({ heads, head_dim }: HeadSizes, pairs: number): number => 4 * heads * head_dim * pairs;

/** Elements of the cache that a batch reads: keys and values of its positions, without the empty slots of last blocks. */
export const cachedElements = ({ kv_heads, head_dim }: HeadSizes, { lengths }: Sequences): number =>
  2 * lengths.reduce((sum, length) => sum + length, 0) * kv_heads * head_dim;

/** Bytes that a batch's places take: a block number for every block, a length and a start for every sequence. */
export const placeBytes = ({ lengths }: Sequences, table: BlockTable): number => 4 * (table.blocks + 2 * lengths.length + 1);
