import { blockTable, type BlockTable, cacheBuffers, indexBuffer, slotOf } from "../attention/paged-cache.ts";
import type { HeadSizes, Sequences } from "../attention/problem.ts";
import { blank, type Expectation, gamma, storedError } from "../bounds.ts";
import type { BufferSpec, Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { checkHeads, sizesOf } from "../shape.ts";
import { directives, elementType, needsOf, paramsBlock, storage, type Width } from "../wgsl.ts";
import { elementwiseGrid, elementwiseMain } from "../elementwise.ts";

/** Base of the rotation frequencies, as in Su et al. 2021 (https://arxiv.org/abs/2104.09864); the time does not depend on it. */
const THETA = 10_000;

/** Where each token of a batch stands in its sequence, and the slot of the cache that its key and value go to. */
export interface TokenPlaces {
  readonly positions: readonly number[];
  readonly slots: readonly number[];
}

/** The last positions of every sequence are its tokens, in the batch's order. */
export const tokenPlaces = ({ tokens, lengths }: Sequences, table: BlockTable): TokenPlaces => {
  const positions: number[] = [];
  const slots: number[] = [];
  tokens.forEach((count, sequence) => {
    for (let position = lengths[sequence]! - count; position < lengths[sequence]!; position++) {
      positions.push(position);
      slots.push(slotOf(table, sequence, position));
    }
  });
  return { positions, slots };
};

/** The places of a batch's tokens as buffers, by the names that `rotaryDispatch` binds. */
export const tokenBuffers = ({ positions, slots }: TokenPlaces): BufferSpec[] => [
  indexBuffer("positions", positions),
  indexBuffer("slots", slots),
];

export interface RotaryBuffers {
  readonly qkv: string;
  readonly rotations: string;
  readonly positions: string;
  readonly slots: string;
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

/** Names of what the rotary embedding reads and writes. */
export const ROTARY_BUFFERS: RotaryBuffers = {
  qkv: "qkv",
  rotations: "rotations",
  positions: "positions",
  slots: "slots",
  queries: "queries",
  keys: "keys",
  values: "values",
};

/** Elements a thread turns at once: halves of a head that are whole vec4s are read and written as such. */
const widthOf = (headDim: number): Width => (headDim % 8 === 0 ? 4 : 1);

/** Cosines and sines of `width` pairs in a row of the table. */
const turns = (width: Width): string =>
  width === 4
    ? `  let turn_0 = rotations[turn_at * 2u];
  let turn_1 = rotations[turn_at * 2u + 1u];
  let cosine = vec4<f32>(turn_0.xz, turn_1.xz);
  let sine = vec4<f32>(turn_0.yw, turn_1.yw);`
    : `  let cosine = rotations[turn_at].x;
  let sine = rotations[turn_at].y;`;

export const rotaryWgsl = (dtype: Dtype, width: Width): string => {
  const element = elementType(dtype, width);
  const widened = elementType("f32", width);
  return `${directives(dtype)}
// Rotary embedding of queries and keys, and the append of keys and values to the paged cache.
// qkv: [row][heads + 2·kv_heads][head_dim] ${dtype} · rotations: [position][head_dim/2] (cos, sin) f32 · positions, slots: [row] u32
// queries: [row][heads][head_dim] ${dtype} · keys, values: [slot][kv_heads][head_dim] ${dtype}, slot = 16·block + place in it
// Element i turns with element i + head_dim/2 · one thread per ${width === 4 ? "4 such pairs" : "such pair"}, value heads included (they are copied)

${paramsBlock(["heads", "kv_heads", "head_dim", "tokens"])}
${storage(1, "qkv", "read", element)}
${storage(2, "rotations", "read", width === 4 ? "vec4<f32>" : "vec2<f32>")}
${storage(3, "positions", "read", "u32")}
${storage(4, "slots", "read", "u32")}
${storage(5, "queries", "read_write", element)}
${storage(6, "keys", "read_write", element)}
${storage(7, "values", "read_write", element)}

${elementwiseMain(
  `params.tokens * (params.heads + 2u * params.kv_heads) * (params.head_dim / ${2 * width}u)`,
  `  let reach = params.head_dim / ${2 * width}u;
  let all_heads = params.heads + 2u * params.kv_heads;
  let i = at % reach;
  let vector = at / reach;
  let head = vector % all_heads;
  let row = vector / all_heads;

  let source = vector * 2u * reach + i;
  let first = qkv[source];
  let second = qkv[source + reach];
  let low = ${widened}(first);
  let high = ${widened}(second);
  let turn_at = positions[row] * reach + i;
${turns(width)}
  let turned_low = low * cosine - high * sine;
  let turned_high = high * cosine + low * sine;

  if (head < params.heads) {
    let query = (row * params.heads + head) * 2u * reach + i;
    queries[query] = ${element}(turned_low);
    queries[query + reach] = ${element}(turned_high);
    return;
  }
  let kv_head = (head - params.heads) % params.kv_heads;
  let cached = (slots[row] * params.kv_heads + kv_head) * 2u * reach + i;
  if (head < params.heads + params.kv_heads) {
    keys[cached] = ${element}(turned_low);
    keys[cached + reach] = ${element}(turned_high);
  } else {
    // As they are: a conversion may flush what is subnormal.
    values[cached] = first;
    values[cached + reach] = second;
  }`,
)}`;
};

/** Over all tokens of a batch, whichever sequences they are of. */
export const rotaryDispatch = (
  dtype: Dtype,
  { heads, kv_heads, head_dim }: HeadSizes,
  tokens: number,
  buffers: RotaryBuffers,
): Dispatch => {
  const width = widthOf(head_dim);
  const { qkv, rotations, positions, slots, queries, keys, values } = buffers;
  return {
    label: "rotary",
    wgsl: rotaryWgsl(dtype, width),
    entryPoint: "main",
    params: [heads, kv_heads, head_dim, tokens],
    bindings: [
      ...[qkv, rotations, positions, slots].map((buffer) => ({ buffer, access: "read" as const })),
      ...[queries, keys, values].map((buffer) => ({ buffer, access: "read_write" as const })),
    ],
    workgroups: elementwiseGrid((tokens * (heads + 2 * kv_heads) * head_dim) / 2 / width),
  };
};

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
export const checkRotary = (family: string, { heads, kv_heads, head_dim }: HeadSizes): void => {
  checkHeads(family, heads, kv_heads);
  if (head_dim % 2 !== 0) throw new RangeError(`${family}: expected head_dim to be even, got ${head_dim}`);
};

/** Query, key and value rows of so many tokens, queries and keys rotated. */
type Rotated = Readonly<Record<"queries" | "keys" | "values", Expectation>>;

/** Rotation in f64: two products and a sum, γ₂ of their magnitudes; values are copied, and nothing may differ. */
const rotate = (
  dtype: Dtype,
  { heads, kv_heads, head_dim }: HeadSizes,
  positions: readonly number[],
  qkv: Float64Array,
  rotations: Float64Array,
): Rotated => {
  const reach = head_dim / 2;
  const allHeads = heads + 2 * kv_heads;
  const queries = blank(positions.length * heads * head_dim);
  const keys = blank(positions.length * kv_heads * head_dim);
  const values = blank(positions.length * kv_heads * head_dim);
  const turn = (into: Expectation, at: number, a: number, b: number): void => {
    into.expected[at] = a + b;
    into.bound[at] = storedError(dtype, a + b, gamma(2) * (Math.abs(a) + Math.abs(b)));
  };
  positions.forEach((position, token) => {
    for (let head = 0; head < allHeads; head++) {
      for (let i = 0; i < reach; i++) {
        const from = (token * allHeads + head) * head_dim + i;
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
  });
  return { queries, keys, values };
};

/** The cache after rows were written into their slots; nothing else in it may have changed. */
const withSlots = (cache: Float64Array, slots: readonly number[], rowLength: number, fresh: Expectation): Expectation => {
  const expected = cache.slice();
  const bound = new Float64Array(cache.length);
  slots.forEach((slot, token) => {
    expected.set(fresh.expected.subarray(token * rowLength, (token + 1) * rowLength), slot * rowLength);
    bound.set(fresh.bound.subarray(token * rowLength, (token + 1) * rowLength), slot * rowLength);
  });
  return { expected, bound };
};

/** What queries and cache should hold after the rotary embedding and the append, given what the cache held before. */
export const rotaryReference = (
  dtype: Dtype,
  sizes: HeadSizes,
  { positions, slots }: TokenPlaces,
  inputs: Readonly<Record<"qkv" | "rotations" | "keys" | "values", Float64Array>>,
): Rotated => {
  const { queries, keys, values } = rotate(dtype, sizes, positions, inputs.qkv, inputs.rotations);
  const rowLength = sizes.kv_heads * sizes.head_dim;
  return {
    queries,
    keys: withSlots(inputs.keys, slots, rowLength, keys),
    values: withSlots(inputs.values, slots, rowLength, values),
  };
};

export const rotary = (dtype: Dtype): KernelVariant => ({
  id: `rotary/${dtype}`,
  family: "rotary",
  dtype,
  needs: needsOf(dtype),
  summary: "a thread per 4 pairs of elements, rotations from a table, keys and values into their slots of the paged cache",
  version: 3,
  verificationShapes: [
    { tokens: 1, heads: 1, kv_heads: 1, head_dim: 2, context: 0 },
    { tokens: 5, heads: 4, kv_heads: 2, head_dim: 6, context: 1000 },
    { tokens: 17, heads: 8, kv_heads: 1, head_dim: 64, context: 3 },
    { tokens: 35, heads: 3, kv_heads: 3, head_dim: 8, context: 16 },
  ],
  run: (shape) => {
    const sizes = sizesOf("rotary", ["tokens", "heads", "kv_heads", "head_dim", "context"], shape, ["context"]);
    checkRotary("rotary", sizes);
    const { tokens, heads, kv_heads, head_dim, context } = sizes;
    // The cache holds blocks for the tokens alone: what lies in front of them is neither read nor written.
    const table = blockTable([tokens]);
    const { slots } = tokenPlaces({ tokens: [tokens], lengths: [tokens] }, table);
    const places = { positions: slots.map((_, token) => context + token), slots };
    const [rows, cached] = [tokens * heads * head_dim, tokens * kv_heads * head_dim];
    return {
      buffers: [
        { name: "qkv", role: "input", type: dtype, length: rows + 2 * cached, fill: { kind: "random", scale: 2 } },
        rotationTable("rotations", context + tokens, head_dim),
        ...tokenBuffers(places),
        { name: "queries", role: "output", type: dtype, length: rows, fill: { kind: "unset" } },
        ...cacheBuffers(dtype, table, kv_heads * head_dim, { keys: 1, values: 1 }),
      ],
      dispatches: [rotaryDispatch(dtype, sizes, tokens, ROTARY_BUFFERS)],
      operations: 3 * (rows + cached),
      bytes: 2 * (rows + 2 * cached) * (dtype === "f16" ? 2 : 4) + tokens * head_dim * 4 + 2 * tokens * 4,
      reference: ({ qkv, rotations, keys, values }) => {
        const rotated = rotaryReference(dtype, sizes, places, { qkv: qkv!, rotations: rotations!, keys: keys!, values: values! });
        return (["queries", "keys", "values"] as const).map((buffer) => ({ buffer, ...rotated[buffer] }));
      },
    };
  },
});
