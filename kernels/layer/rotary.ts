import { blank, type Expectation, gamma, storedError } from "../bounds.ts";
import type { BufferSpec, Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { checkHeads, sizesOf } from "../shape.ts";
import { directives, needsOf, paramsBlock, storage } from "../wgsl.ts";
import { elementwiseGrid, elementwiseMain } from "./elementwise.ts";

/** Base of the rotation frequencies, as in Su et al. 2021 (https://arxiv.org/abs/2104.09864); the time does not depend on it. */
const THETA = 10_000;

interface Heads {
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
}

/** Where a run of tokens lies in the batch and in the cache. */
export interface Placement {
  /** Row of the first token in `qkv` and `queries`. */
  readonly firstRow: number;
  readonly tokens: number;
  /** Consecutive tokens of one sequence: the whole chunk in prefill, 1 in decode. */
  readonly tokensPerSequence: number;
  /** Position of a sequence's first token among its tokens: which rotation it gets. */
  readonly firstPosition: number;
  /** Slot of a sequence's first token in its part of the cache, which holds `slotsPerSequence`. */
  readonly firstSlot: number;
  readonly slotsPerSequence: number;
}

export interface RotaryBuffers {
  readonly qkv: string;
  readonly rotations: string;
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

export const rotaryWgsl = (dtype: Dtype): string => `${directives(dtype)}
// Rotary embedding of queries and keys, and the append of keys and values to the cache.
// qkv: [row][heads + 2·kv_heads][head_dim] ${dtype} · rotations: [position][head_dim/2] (cos, sin) f32
// queries: [row][heads][head_dim] ${dtype} · keys, values: [sequence][slot][kv_heads][head_dim] ${dtype}
// Element i turns with element i + head_dim/2 · one thread per such pair, value heads included (they are copied)

${paramsBlock([
  "heads",
  "kv_heads",
  "head_dim",
  "first_row",
  "tokens",
  "tokens_per_sequence",
  "first_position",
  "first_slot",
  "slots_per_sequence",
])}
${storage(1, "qkv", "read", dtype)}
${storage(2, "rotations", "read", "vec2<f32>")}
${storage(3, "queries", "read_write", dtype)}
${storage(4, "keys", "read_write", dtype)}
${storage(5, "values", "read_write", dtype)}

${elementwiseMain(
  "params.tokens * (params.heads + 2u * params.kv_heads) * (params.head_dim / 2u)",
  `  let reach = params.head_dim / 2u;
  let all_heads = params.heads + 2u * params.kv_heads;
  let i = at % reach;
  let head = (at / reach) % all_heads;
  let token = at / (reach * all_heads);
  let row = params.first_row + token;
  let sequence = token / params.tokens_per_sequence;
  let step = token % params.tokens_per_sequence;

  let source = (row * all_heads + head) * params.head_dim + i;
  let low = f32(qkv[source]);
  let high = f32(qkv[source + reach]);
  let turn = rotations[(params.first_position + step) * reach + i];
  let turned_low = low * turn.x - high * turn.y;
  let turned_high = high * turn.x + low * turn.y;

  if (head < params.heads) {
    let row_at = (row * params.heads + head) * params.head_dim + i;
    queries[row_at] = ${dtype}(turned_low);
    queries[row_at + reach] = ${dtype}(turned_high);
    return;
  }
  let slot = sequence * params.slots_per_sequence + params.first_slot + step;
  let kv_head = (head - params.heads) % params.kv_heads;
  let cached = (slot * params.kv_heads + kv_head) * params.head_dim + i;
  if (head < params.heads + params.kv_heads) {
    keys[cached] = ${dtype}(turned_low);
    keys[cached + reach] = ${dtype}(turned_high);
  } else {
    values[cached] = ${dtype}(low);
    values[cached + reach] = ${dtype}(high);
  }`,
)}`;

export const rotaryDispatch = (dtype: Dtype, { heads, kv_heads, head_dim }: Heads, place: Placement, buffers: RotaryBuffers): Dispatch => ({
  label: "rotary",
  wgsl: rotaryWgsl(dtype),
  entryPoint: "main",
  params: [
    heads,
    kv_heads,
    head_dim,
    place.firstRow,
    place.tokens,
    place.tokensPerSequence,
    place.firstPosition,
    place.firstSlot,
    place.slotsPerSequence,
  ],
  bindings: [
    { buffer: buffers.qkv, access: "read" },
    { buffer: buffers.rotations, access: "read" },
    { buffer: buffers.queries, access: "read_write" },
    { buffer: buffers.keys, access: "read_write" },
    { buffer: buffers.values, access: "read_write" },
  ],
  workgroups: elementwiseGrid((place.tokens * (heads + 2 * kv_heads) * head_dim) / 2),
});

/**
 * Cosines and sines of positions 0 to `positions` − 1. WGSL's own cos and sin are only good to 2⁻¹¹ and only within ±π, so they
 * come from a table, as in serving engines.
 */
export const rotationTable = (name: string, positions: number, headDim: number): BufferSpec => {
  const reach = headDim / 2;
  const values = new Float64Array(positions * headDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < reach; i++) {
      const angle = position * THETA ** (-i / reach);
      values[2 * (position * reach + i)] = Math.cos(angle);
      values[2 * (position * reach + i) + 1] = Math.sin(angle);
    }
  }
  return { name, role: "input", type: "f32", length: positions * headDim, fill: { kind: "values", values } };
};

/** @throws RangeError where a head's elements do not pair up */
export const checkRotary = (family: string, { heads, kv_heads, head_dim }: Heads): void => {
  checkHeads(family, heads, kv_heads);
  if (head_dim % 2 !== 0) throw new RangeError(`${family}: expected head_dim to be even, got ${head_dim}`);
};

/** Query, key and value rows of so many tokens, queries and keys rotated. */
export type Rotated = Readonly<Record<"queries" | "keys" | "values", Expectation>>;

/** Rotation in f64: two products and a sum, γ₂ of their magnitudes; values are copied, and nothing may differ. */
export const rotate = (
  dtype: Dtype,
  { heads, kv_heads, head_dim }: Heads,
  place: Placement,
  qkv: Float64Array,
  rotations: Float64Array,
): Rotated => {
  const reach = head_dim / 2;
  const allHeads = heads + 2 * kv_heads;
  const queries = blank(place.tokens * heads * head_dim);
  const keys = blank(place.tokens * kv_heads * head_dim);
  const values = blank(place.tokens * kv_heads * head_dim);
  const turn = (into: Expectation, at: number, a: number, b: number): void => {
    into.expected[at] = a + b;
    into.bound[at] = storedError(dtype, a + b, gamma(2) * (Math.abs(a) + Math.abs(b)));
  };
  for (let token = 0; token < place.tokens; token++) {
    const position = place.firstPosition + (token % place.tokensPerSequence);
    for (let head = 0; head < allHeads; head++) {
      for (let i = 0; i < reach; i++) {
        const from = ((place.firstRow + token) * allHeads + head) * head_dim + i;
        const [low, high] = [qkv[from]!, qkv[from + reach]!];
        const [cos, sin] = [rotations[2 * (position * reach + i)]!, rotations[2 * (position * reach + i) + 1]!];
        if (head < heads + kv_heads) {
          const into = head < heads ? queries : keys;
          const at = (head < heads ? token * heads + head : token * kv_heads + head - heads) * head_dim + i;
          turn(into, at, low * cos, -high * sin);
          turn(into, at + reach, high * cos, low * sin);
        } else {
          const at = (token * kv_heads + head - heads - kv_heads) * head_dim + i;
          values.expected[at] = low;
          values.expected[at + reach] = high;
        }
      }
    }
  }
  return { queries, keys, values };
};

export const rotary = (dtype: Dtype): KernelVariant => ({
  id: `rotary/${dtype}`,
  family: "rotary",
  dtype,
  needs: needsOf(dtype),
  summary: "one thread per pair of elements, rotations from a table, keys and values into the cache",
  version: 1,
  verificationShapes: [
    { tokens: 1, heads: 1, kv_heads: 1, head_dim: 2, context: 0 },
    { tokens: 5, heads: 4, kv_heads: 2, head_dim: 6, context: 1000 },
    { tokens: 17, heads: 8, kv_heads: 1, head_dim: 64, context: 3 },
  ],
  run: (shape) => {
    const sizes = sizesOf("rotary", ["tokens", "heads", "kv_heads", "head_dim", "context"], shape, ["context"]);
    checkRotary("rotary", sizes);
    const { tokens, heads, kv_heads, head_dim, context } = sizes;
    const place: Placement = {
      firstRow: 0,
      tokens,
      tokensPerSequence: tokens,
      firstPosition: context,
      firstSlot: 0,
      slotsPerSequence: tokens,
    };
    const [rows, cache] = [tokens * heads * head_dim, tokens * kv_heads * head_dim];
    const output = (name: string, length: number): BufferSpec => ({ name, role: "output", type: dtype, length, fill: { kind: "unset" } });
    return {
      buffers: [
        { name: "qkv", role: "input", type: dtype, length: rows + 2 * cache, fill: { kind: "random", scale: 2 } },
        rotationTable("rotations", context + tokens, head_dim),
        output("queries", rows),
        output("keys", cache),
        output("values", cache),
      ],
      dispatches: [
        rotaryDispatch(dtype, sizes, place, { qkv: "qkv", rotations: "rotations", queries: "queries", keys: "keys", values: "values" }),
      ],
      operations: 3 * (rows + cache),
      bytes: 2 * (rows + 2 * cache) * (dtype === "f16" ? 2 : 4) + tokens * head_dim * 4,
      reference: ({ qkv, rotations }) => {
        const rotated = rotate(dtype, sizes, place, qkv!, rotations!);
        return (["queries", "keys", "values"] as const).map((buffer) => ({ buffer, ...rotated[buffer] }));
      },
    };
  },
});
