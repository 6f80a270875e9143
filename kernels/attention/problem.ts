import type { BufferSpec, Dtype, KernelVariant } from "../kernel.ts";
import type { Plan } from "../plan.ts";

/**
 * Scaled dot-product attention with grouped-query heads.
 *
 * Queries and outputs are [token][heads][head_dim], token-major as the linear layers leave them. Keys and values are
 * [position][kv_heads][head_dim] in a cache; query head h reads key–value head h / (heads / kv_heads), rounded down.
 * Scores are scaled by 1/√head_dim; scores, softmax and sums are f32.
 */
export interface HeadSizes {
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
}

/** A chunk of one sequence's prompt: its tokens attend to `context` earlier keys and, causally, to the chunk itself. */
export interface PrefillSizes extends HeadSizes {
  readonly chunk: number;
  /** Keys in front of the chunk; may be 0. The cache holds `context + chunk` positions. */
  readonly context: number;
}

/** One query token for each sequence, whose cache holds `context` positions, its own included; the caches lie one after another. */
export interface DecodeSizes extends HeadSizes {
  readonly sequences: number;
  readonly context: number;
}

/** Names of the buffers, and the row of `queries` and `out` where these tokens begin (a mixed batch has others before them). */
export interface AttentionBuffers {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
  readonly out: string;
  readonly firstRow: number;
}

/** Names for an attention that runs alone. */
export const ALONE: AttentionBuffers = { queries: "queries", keys: "keys", values: "values", out: "out", firstRow: 0 };

export interface AttentionVariant<Sizes> extends KernelVariant {
  readonly plan: (sizes: Sizes, buffers: AttentionBuffers) => Plan;
}

/** Buffers of an attention that runs alone: query tokens and cache positions give their lengths. */
export const attentionBuffers = (
  dtype: Dtype,
  { heads, kv_heads, head_dim }: HeadSizes,
  tokens: number,
  positions: number,
): BufferSpec[] => {
  const vectors = tokens * heads * head_dim;
  const cache = positions * kv_heads * head_dim;
  return [
    { name: "queries", role: "input", type: dtype, length: vectors, fill: { kind: "random", scale: 2 } },
    { name: "keys", role: "input", type: dtype, length: cache, fill: { kind: "random", scale: 2 }, holds: "kv-cache" },
    { name: "values", role: "input", type: dtype, length: cache, fill: { kind: "random", scale: 1 }, holds: "kv-cache" },
    { name: "out", role: "output", type: dtype, length: vectors, fill: { kind: "unset" } },
  ];
};

/** Query–key pairs of a chunk: every token sees the context, and the i-th of the chunk sees i of the chunk. */
export const prefillPairs = (chunk: number, context: number): number => chunk * context + (chunk * (chunk + 1)) / 2;

/** Multiply-adds of scores and of the weighted sum of values, 4·head_dim operations per head and pair; softmax is not counted. */
export const attentionOperations = ({ heads, head_dim }: HeadSizes, pairs: number): number => 4 * heads * head_dim * pairs;
