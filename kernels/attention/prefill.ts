import type { Dtype, Shape } from "../kernel.ts";
import { checkHeads, sizesOf } from "../shape.ts";
import { needsOf } from "../wgsl.ts";
import { ALONE, attentionBuffers, attentionOperations, type AttentionVariant, prefillPairs, type PrefillSizes } from "./problem.ts";
import { attendPrefill } from "./reference.ts";
import { attentionTileWgsl, type TileUse } from "./tile.ts";

const use = (rows: number): TileUse => ({
  comment: `// Causal attention of a prompt chunk; workgroup (x, y): tokens ${rows}·x … ${rows}·x + ${rows - 1} of head y`,
  params: ["first_row", "chunk", "context", "heads", "kv_heads"],
  result: "out",
  functions: `fn query_vector(group: vec3<u32>, row: u32) -> u32 { return (params.first_row + group.x * ${rows}u + row) * params.heads + group.y; }
fn is_row(group: vec3<u32>, row: u32) -> bool { return group.x * ${rows}u + row < params.chunk; }
fn key_vector(group: vec3<u32>, key: u32) -> u32 { return key * params.kv_heads + group.y / (params.heads / params.kv_heads); }
fn keys_seen(group: vec3<u32>, row: u32) -> u32 { return params.context + group.x * ${rows}u + row + 1u; }
fn first_key(group: vec3<u32>) -> u32 { return 0u; }
fn end_key(group: vec3<u32>) -> u32 { return params.context + min((group.x + 1u) * ${rows}u, params.chunk); }`,
});

/** Query rows of a tile: as many as leave the tile within 16 KiB of workgroup memory. */
const rowsFor = (headDim: number): number => (headDim <= 128 ? 16 : 8);

const sizesFrom = (shape: Shape): PrefillSizes => {
  const sizes = sizesOf("attention-prefill", ["heads", "kv_heads", "head_dim", "chunk", "context"], shape, ["context"]);
  checkHeads("attention-prefill", sizes.heads, sizes.kv_heads);
  return sizes;
};

export const prefillAttention = (dtype: Dtype): AttentionVariant<PrefillSizes> => {
  const plan: AttentionVariant<PrefillSizes>["plan"] = ({ heads, kv_heads, head_dim, chunk, context }, buffers) => {
    const rows = rowsFor(head_dim);
    return {
      scratch: [],
      dispatches: [
        {
          label: "attention prefill",
          wgsl: attentionTileWgsl(dtype, { headDim: head_dim, rows, keys: 32, threads: 128 }, use(rows)),
          entryPoint: "main",
          params: [buffers.firstRow, chunk, context, heads, kv_heads],
          bindings: [
            { buffer: buffers.queries, access: "read" },
            { buffer: buffers.keys, access: "read" },
            { buffer: buffers.values, access: "read" },
            { buffer: buffers.out, access: "read_write" },
          ],
          workgroups: [Math.ceil(chunk / rows), heads, 1],
        },
      ],
    };
  };
  return {
    id: `attention-prefill/tiled-${dtype}`,
    family: "attention-prefill",
    dtype,
    needs: needsOf(dtype),
    summary: "online softmax over tiles of 32 keys, 16 tokens of a head in a workgroup",
    version: 1,
    verificationShapes: [
      { heads: 4, kv_heads: 2, head_dim: 64, chunk: 16, context: 0 },
      { heads: 1, kv_heads: 1, head_dim: 64, chunk: 1, context: 0 },
      { heads: 2, kv_heads: 1, head_dim: 64, chunk: 1, context: 31 },
      { heads: 3, kv_heads: 3, head_dim: 64, chunk: 17, context: 15 },
      { heads: 8, kv_heads: 2, head_dim: 64, chunk: 33, context: 100 },
      { heads: 4, kv_heads: 1, head_dim: 128, chunk: 15, context: 50 },
      { heads: 2, kv_heads: 2, head_dim: 10, chunk: 9, context: 3 },
    ],
    plan,
    run: (shape) => {
      const sizes = sizesFrom(shape);
      const { heads, kv_heads, head_dim, chunk, context } = sizes;
      const { dispatches, scratch } = plan(sizes, ALONE);
      return {
        buffers: [...attentionBuffers(dtype, sizes, chunk, context + chunk), ...scratch],
        dispatches,
        operations: attentionOperations(sizes, prefillPairs(chunk, context)),
        bytes: (2 * chunk * heads + 2 * (context + chunk) * kv_heads) * head_dim * (dtype === "f16" ? 2 : 4),
        reference: ({ queries, keys, values }) => [
          { buffer: "out", ...attendPrefill(dtype, sizes, { queries: queries!, keys: keys!, values: values! }) },
        ],
      };
    },
  };
};
