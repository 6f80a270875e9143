import type { Dispatch, Dtype, Shape } from "../kernel.ts";
import { checkHeads, sizesOf } from "../shape.ts";
import { directives, elementType, FLAT_GROUP, gridOf, needsOf, paramsBlock, rowStorer, storage, widthFor } from "../wgsl.ts";
import { ALONE, attentionBuffers, attentionOperations, type AttentionBuffers, type AttentionVariant, type DecodeSizes } from "./problem.ts";
import { attendDecode } from "./reference.ts";
import { attentionTileWgsl, type TileUse } from "./tile.ts";

const THREADS = 128;

/** Query heads of a group that one workgroup takes: as many as leave the tile within 16 KiB of workgroup memory. */
const rowsFor = ({ heads, kv_heads, head_dim }: DecodeSizes): number => Math.min(heads / kv_heads, head_dim <= 128 ? 16 : 8);

/** Keys of a tile: one score for each thread where the rows allow it. */
const keysFor = (rows: number): number => (rows === 1 ? 128 : rows <= 3 ? 64 : 32);

const use = (rows: number, result: TileUse["result"]): TileUse => ({
  comment: `// Attention of one token per sequence; workgroup (x, y, z): ${rows} heads of a group, sequence y, keys z·split_keys … of its cache`,
  params: ["first_row", "context", "heads", "kv_heads", "split_keys"],
  result,
  functions: `fn per_group() -> u32 { return params.heads / params.kv_heads; }
fn row_tiles() -> u32 { return (per_group() + ${rows - 1}u) / ${rows}u; }
fn kv_head(group: vec3<u32>) -> u32 { return group.x / row_tiles(); }
fn row_in_group(group: vec3<u32>, row: u32) -> u32 { return (group.x % row_tiles()) * ${rows}u + row; }
fn head(group: vec3<u32>, row: u32) -> u32 { return kv_head(group) * per_group() + row_in_group(group, row); }
fn query_vector(group: vec3<u32>, row: u32) -> u32 { return (params.first_row + group.y) * params.heads + head(group, row); }
fn is_row(group: vec3<u32>, row: u32) -> bool { return row_in_group(group, row) < per_group(); }
fn key_vector(group: vec3<u32>, key: u32) -> u32 { return (group.y * params.context + key) * params.kv_heads + kv_head(group); }
fn keys_seen(group: vec3<u32>, row: u32) -> u32 { return params.context; }
fn first_key(group: vec3<u32>) -> u32 { return group.z * params.split_keys; }
fn end_key(group: vec3<u32>) -> u32 { return min((group.z + 1u) * params.split_keys, params.context); }${
    result === "out"
      ? ""
      : `
fn partial_vector(group: vec3<u32>, row: u32) -> u32 {
  let splits = (params.context + params.split_keys - 1u) / params.split_keys;
  return (group.y * params.heads + head(group, row)) * splits + group.z;
}`
  }`,
});

/** Merges the partial sums of one query vector's splits: each is rescaled to the common maximum, then divided by all weights. */
export const mergeWgsl = (dtype: Dtype, headDim: number): string => {
  const width = widthFor(headDim);
  const steps = Math.ceil(headDim / 4);
  return `${directives(dtype)}
// out = Σ exp(mₛ − m)·sumₛ / Σ exp(mₛ − m)·weightsₛ over the splits s of a query vector, m the largest mₛ
// partial_sums: [vector][splits][${steps}] vec4 · partial_stats: [vector][splits] (maximum, sum of weights) · one thread per 4 elements of out

${paramsBlock(["first_vector", "vectors", "splits"])}
${storage(1, "partial_sums", "read", "vec4<f32>")}
${storage(2, "partial_stats", "read", "vec2<f32>")}
${storage(3, "out", "read_write", elementType(dtype, width))}

${rowStorer({ name: "store_out", buffer: "out", dtype, width, length: `${headDim}u` })}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = ${FLAT_GROUP} * 64u + thread;
  let vector = at / ${steps}u;
  if (vector >= params.vectors) { return; }
  let first = vector * params.splits;
  var maximum = partial_stats[first].x;
  for (var i = 1u; i < params.splits; i++) { maximum = max(maximum, partial_stats[first + i].x); }
  var sum = vec4<f32>();
  var weights = 0f;
  for (var i = 0u; i < params.splits; i++) {
    let stats = partial_stats[first + i];
    let factor = exp(stats.x - maximum);
    sum = fma(vec4<f32>(factor), partial_sums[(first + i) * ${steps}u + at % ${steps}u], sum);
    weights = fma(factor, stats.y, weights);
  }
  store_out(params.first_vector + vector, at % ${steps}u, sum / weights);
}
`;
};

const sizesFrom = (shape: Shape): DecodeSizes => {
  const sizes = sizesOf("attention-decode", ["heads", "kv_heads", "head_dim", "sequences", "context"], shape);
  checkHeads("attention-decode", sizes.heads, sizes.kv_heads);
  return sizes;
};

/** The tile's dispatch over one or more splits of the context, writing to `outputs`. */
const tileDispatch = (
  dtype: Dtype,
  sizes: DecodeSizes,
  buffers: AttentionBuffers,
  result: TileUse["result"],
  splitKeys: number,
  outputs: readonly string[],
): Dispatch => {
  const { heads, kv_heads, head_dim, sequences, context } = sizes;
  const rows = rowsFor(sizes);
  return {
    label: "attention decode",
    wgsl: attentionTileWgsl(dtype, { headDim: head_dim, rows, keys: keysFor(rows), threads: THREADS }, use(rows, result)),
    entryPoint: "main",
    params: [buffers.firstRow, context, heads, kv_heads, splitKeys],
    bindings: [
      ...[buffers.queries, buffers.keys, buffers.values].map((buffer) => ({ buffer, access: "read" as const })),
      ...outputs.map((buffer) => ({ buffer, access: "read_write" as const })),
    ],
    workgroups: [kv_heads * Math.ceil(heads / kv_heads / rows), sequences, Math.ceil(context / splitKeys)],
  };
};

const variant = (
  name: string,
  dtype: Dtype,
  summary: string,
  plan: AttentionVariant<DecodeSizes>["plan"],
): AttentionVariant<DecodeSizes> => ({
  id: `attention-decode/${name}-${dtype}`,
  family: "attention-decode",
  dtype,
  needs: needsOf(dtype),
  summary,
  version: 1,
  verificationShapes: [
    { heads: 8, kv_heads: 2, head_dim: 64, sequences: 3, context: 257 },
    { heads: 4, kv_heads: 1, head_dim: 64, sequences: 1, context: 1 },
    { heads: 8, kv_heads: 2, head_dim: 64, sequences: 2, context: 31 },
    { heads: 8, kv_heads: 2, head_dim: 64, sequences: 1, context: 256 },
    { heads: 2, kv_heads: 2, head_dim: 128, sequences: 5, context: 130 },
    { heads: 24, kv_heads: 1, head_dim: 10, sequences: 2, context: 600 },
    { heads: 6, kv_heads: 2, head_dim: 96, sequences: 1, context: 65 },
  ],
  plan,
  run: (shape) => {
    const sizes = sizesFrom(shape);
    const { heads, kv_heads, head_dim, sequences, context } = sizes;
    const { dispatches, scratch } = plan(sizes, ALONE);
    return {
      buffers: [...attentionBuffers(dtype, sizes, sequences, sequences * context), ...scratch],
      dispatches,
      operations: attentionOperations(sizes, sequences * context),
      bytes: (2 * sequences * heads + 2 * sequences * context * kv_heads) * head_dim * (dtype === "f16" ? 2 : 4),
      reference: ({ queries, keys, values }) => [
        { buffer: "out", ...attendDecode(dtype, sizes, { queries: queries!, keys: keys!, values: values! }) },
      ],
    };
  },
});

/** One workgroup goes through all keys of a sequence's group: enough where there are many sequences. */
export const directDecodeAttention = (dtype: Dtype): AttentionVariant<DecodeSizes> =>
  variant("direct", dtype, "a workgroup per sequence and key–value head goes through the whole context", (sizes, buffers) => ({
    scratch: [],
    dispatches: [tileDispatch(dtype, sizes, buffers, "out", sizes.context, [buffers.out])],
  }));

/** The context is split among workgroups and their partial sums merged: fills the device where there are few sequences. */
export const splitDecodeAttention = (dtype: Dtype, splitKeys: number): AttentionVariant<DecodeSizes> =>
  variant("split", dtype, `the context is split into parts of ${splitKeys} keys, merged by a second dispatch`, (sizes, buffers) => {
    const { heads, head_dim, sequences, context } = sizes;
    const splits = Math.ceil(context / splitKeys);
    const vectors = sequences * heads;
    const steps = Math.ceil(head_dim / 4);
    return {
      scratch: [
        { name: "partial_sums", role: "scratch", type: "f32", length: vectors * splits * steps * 4, fill: { kind: "unset" } },
        { name: "partial_stats", role: "scratch", type: "f32", length: vectors * splits * 2, fill: { kind: "unset" } },
      ],
      dispatches: [
        tileDispatch(dtype, sizes, buffers, "partial", splitKeys, ["partial_sums", "partial_stats"]),
        {
          label: "attention decode merge",
          wgsl: mergeWgsl(dtype, head_dim),
          entryPoint: "main",
          params: [buffers.firstRow * heads, vectors, splits],
          bindings: [
            { buffer: "partial_sums", access: "read" },
            { buffer: "partial_stats", access: "read" },
            { buffer: buffers.out, access: "read_write" },
          ],
          workgroups: gridOf(Math.ceil((vectors * steps) / 64)),
        },
      ],
    };
  });
