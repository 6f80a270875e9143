import type { Dtype } from "../kernel.ts";
import { checkHeads, sizesOf } from "../shape.ts";
import type { Division } from "./plan.ts";
import { type AttentionVariant, decodeSequences, type HeadSizes } from "./problem.ts";
import { attentionQuadWgsl } from "./quad.ts";
import { attentionThreadWgsl, THREADS } from "./thread.ts";
import { attentionTileWgsl, fittingRows } from "./tile.ts";
import { type AttentionFamily, attentionVariant, type Technique } from "./variant.ts";

const FAMILY = "attention-decode";

const decode: AttentionFamily = {
  name: FAMILY,
  batchOf: (shape) => {
    const names = ["heads", "kv_heads", "head_dim", "sequences", "context", "spread"] as const;
    const sizes = sizesOf(FAMILY, names, shape, ["spread"], { spread: 0 });
    checkHeads(FAMILY, sizes.heads, sizes.kv_heads);
    return { sizes, batch: decodeSequences(sizes) };
  },
  verificationShapes: [
    { heads: 8, kv_heads: 2, head_dim: 64, sequences: 3, context: 257, spread: 40 },
    { heads: 4, kv_heads: 1, head_dim: 64, sequences: 1, context: 1 },
    { heads: 8, kv_heads: 2, head_dim: 64, sequences: 2, context: 31 },
    { heads: 8, kv_heads: 2, head_dim: 64, sequences: 5, context: 16, spread: 90 },
    { heads: 2, kv_heads: 2, head_dim: 128, sequences: 5, context: 130 },
    { heads: 24, kv_heads: 1, head_dim: 10, sequences: 2, context: 600, spread: 100 },
    { heads: 6, kv_heads: 2, head_dim: 96, sequences: 1, context: 65 },
    { heads: 1, kv_heads: 1, head_dim: 256, sequences: 1, context: 37 },
  ],
};

const groupOf = ({ heads, kv_heads }: HeadSizes): number => heads / kv_heads;

/** Tile: the heads of a group, as far as it holds them, and one score for each of 128 threads where they allow it. */
const tile = (dtype: Dtype, sizes: HeadSizes, splitKeys: number | null): Division => {
  const rows = Math.min(groupOf(sizes), fittingRows(16, sizes.head_dim));
  const keys = rows === 1 ? 128 : rows <= 3 ? 64 : 32;
  return {
    label: "attention decode",
    rows,
    splitKeys,
    wgsl: (result) => attentionTileWgsl(dtype, { headDim: sizes.head_dim, rows, keys, threads: 128, result }),
  };
};

const direct: Technique = {
  name: "direct",
  summary: "a workgroup per sequence and key–value head goes through the whole context, tile by tile",
  needs: [],
  divide: (dtype, sizes) => tile(dtype, sizes, null),
};

const split = (keys: number): Technique => ({
  name: `split-${keys}`,
  summary: `the context is split into parts of ${keys} keys, merged by a second dispatch`,
  needs: [],
  divide: (dtype, sizes) => tile(dtype, sizes, keys),
});

/** Queries and sums of a thread's rows within 128 registers, a row's partial sums of all quads within 8 KiB of workgroup memory. */
const subgroup = (splitKeys: number | null): Technique => ({
  name: splitKeys === null ? "subgroup" : `subgroup-split-${splitKeys}`,
  summary: `quads of threads take four keys at a time in registers, and meet at the end of ${splitKeys === null ? "the context" : `${splitKeys} keys`}`,
  needs: ["subgroups"],
  divide: (dtype, sizes) => {
    const { head_dim } = sizes;
    const rows = Math.min(groupOf(sizes), head_dim <= 64 ? 4 : head_dim <= 128 ? 2 : 1);
    const quads = head_dim <= 64 ? 32 : head_dim <= 128 ? 16 : 4;
    return {
      label: "attention decode",
      rows,
      splitKeys,
      wgsl: (result) => attentionQuadWgsl(dtype, { headDim: head_dim, rows, quads, divide: "keys", result }),
    };
  },
});

/** Heads for which a thread or a quad alone uses what it loads of a key: with more, the text takes long to compile. */
const MOST_ROWS = 4;

const quad: Technique = {
  name: "quad",
  summary: `four threads alone go through the whole context for up to ${MOST_ROWS} heads of a group, in registers, with no barrier`,
  needs: ["subgroups"],
  madeFor: "software",
  divide: (dtype, sizes) => {
    const rows = Math.min(groupOf(sizes), MOST_ROWS);
    return {
      label: "attention decode",
      rows,
      splitKeys: null,
      wgsl: (result) => attentionQuadWgsl(dtype, { headDim: sizes.head_dim, rows, quads: 1, divide: "keys", result }),
    };
  },
};

const thread: Technique = {
  name: "thread",
  summary: `each of ${THREADS} threads goes through its share of the keys for up to ${MOST_ROWS} heads of a group, in registers; a second dispatch merges`,
  needs: [],
  madeFor: "software",
  divide: (dtype, sizes) => {
    const rows = Math.min(groupOf(sizes), MOST_ROWS);
    return {
      label: "attention decode",
      rows,
      splitKeys: null,
      partsOfSplit: THREADS,
      wgsl: () => attentionThreadWgsl(dtype, { headDim: sizes.head_dim, rows }),
    };
  },
};

const techniques: readonly Technique[] = [direct, split(128), split(256), split(512), subgroup(null), subgroup(512), quad, thread];

export const decodeAttentionsOf = (dtype: Dtype): readonly AttentionVariant[] =>
  techniques.map((technique) => attentionVariant(decode, technique, dtype));
