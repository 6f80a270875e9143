import type { Dtype } from "../kernel.ts";
import { checkHeads, sizesOf } from "../shape.ts";
import { type AttentionVariant, prefillSequences } from "./problem.ts";
import { attentionQuadWgsl } from "./quad.ts";
import { attentionThreadWgsl, THREADS } from "./thread.ts";
import { attentionTileWgsl, fittingRows } from "./tile.ts";
import { type AttentionFamily, attentionVariant, type Technique } from "./variant.ts";

const FAMILY = "attention-prefill";

const prefill: AttentionFamily = {
  name: FAMILY,
  batchOf: (shape) => {
    const names = ["heads", "kv_heads", "head_dim", "chunk", "context", "sequences", "spread"] as const;
    const sizes = sizesOf(FAMILY, names, shape, ["context", "spread"], { sequences: 1, spread: 0 });
    checkHeads(FAMILY, sizes.heads, sizes.kv_heads);
    return { sizes, batch: prefillSequences(sizes) };
  },
  verificationShapes: [
    { heads: 4, kv_heads: 2, head_dim: 64, chunk: 16, context: 0 },
    { heads: 4, kv_heads: 1, head_dim: 64, chunk: 1, context: 0 },
    { heads: 8, kv_heads: 2, head_dim: 64, chunk: 1, context: 31 },
    { heads: 3, kv_heads: 3, head_dim: 64, chunk: 17, context: 15 },
    { heads: 8, kv_heads: 2, head_dim: 64, chunk: 33, context: 100 },
    { heads: 4, kv_heads: 2, head_dim: 64, chunk: 9, context: 7, sequences: 4, spread: 80 },
    { heads: 4, kv_heads: 1, head_dim: 128, chunk: 15, context: 50 },
    { heads: 2, kv_heads: 2, head_dim: 10, chunk: 9, context: 3 },
  ],
};

const tiled = (most: number, keys: number): Technique => ({
  name: `tiled-${most}x${keys}`,
  summary: `online softmax over tiles of ${keys} keys, ${most} rows (tokens with the query heads that share keys) in a workgroup`,
  needs: [],
  divide: (dtype, { head_dim }) => {
    const rows = fittingRows(most, head_dim);
    return {
      label: "attention prefill",
      rows,
      splitKeys: null,
      wgsl: (result) => attentionTileWgsl(dtype, { headDim: head_dim, rows, keys, threads: 128, result }),
    };
  },
});

/** Longer heads take fewer rows, so that a text takes no longer to compile. */
const quad = (most: number): Technique => ({
  name: `quad-${most}`,
  summary: `four threads alone go through all keys of ${most} rows of 64 elements, or fewer longer ones, in registers, with no barrier`,
  needs: ["subgroups"],
  madeFor: "software",
  divide: (dtype, { head_dim }) => {
    const rows = Math.max(1, Math.min(most, Math.floor((most * 64) / head_dim)));
    return {
      label: "attention prefill",
      rows,
      splitKeys: null,
      wgsl: (result) => attentionQuadWgsl(dtype, { headDim: head_dim, rows, quads: 1, divide: "rows", result }),
    };
  },
});

/** Queries and sums of a thread's rows within 128 registers; neighbouring quads load the same keys, which the GPU fetches once for all. */
const subgroup: Technique = {
  name: "subgroup",
  summary: "16 quads of threads go through the same keys, each with up to 4 rows of its own, in registers, with no barrier",
  needs: ["subgroups"],
  divide: (dtype, { head_dim }) => {
    const rows = head_dim <= 64 ? 4 : head_dim <= 128 ? 2 : 1;
    const quads = 16;
    return {
      label: "attention prefill",
      rows: rows * quads,
      splitKeys: null,
      wgsl: (result) => attentionQuadWgsl(dtype, { headDim: head_dim, rows, quads, divide: "rows", result }),
    };
  },
};

const thread: Technique = {
  name: "thread",
  summary: `each of ${THREADS} threads goes through its share of the keys for 4 rows, in registers; a second dispatch merges`,
  needs: [],
  madeFor: "software",
  divide: (dtype, { head_dim }) => ({
    label: "attention prefill",
    rows: 4,
    splitKeys: null,
    partsOfSplit: THREADS,
    wgsl: () => attentionThreadWgsl(dtype, { headDim: head_dim, rows: 4 }),
  }),
};

const techniques: readonly Technique[] = [tiled(16, 32), tiled(32, 16), subgroup, quad(4), quad(8), quad(16), thread];

export const prefillAttentionsOf = (dtype: Dtype): readonly AttentionVariant[] =>
  techniques.map((technique) => attentionVariant(prefill, technique, dtype));
