import { attendDecode, attendPrefill } from "../attention/reference.ts";
import type { Expectation } from "../bounds.ts";
import type { Dtype, Reference, Values } from "../kernel.ts";
import { linear } from "../matmul/problem.ts";
import type { DecoderLayerSizes, Placements } from "./batch.ts";
import { layerLinears, type Linear } from "./linears.ts";
import { add } from "./residual-add.ts";
import { normalise } from "./rms-norm.ts";
import { type Placement, type Rotated, rotate } from "./rotary.ts";
import { gate } from "./swiglu.ts";

/**
 * A whole decoder layer in f64, stage by stage: what each stage's buffer should hold, given what the stage before it left on the
 * GPU, with that stage's own bound.
 *
 * Every buffer from the hidden states to the output is judged, so a layer passes only if each of its stages is right for the very
 * values it got. One bound from end to end would be useless: in the worst case each linear layer multiplies an error by Σ|w|,
 * about √k, and four of them in a row allow an f32 layer of hidden size 256 to be off by thousands of times its values.
 */
export const decoderLayerReference = (
  dtype: Dtype,
  sizes: DecoderLayerSizes,
  { prefill, decode }: Placements,
  inputs: Values,
  after: Values,
): readonly Reference[] => {
  const { hidden, intermediate, heads, kv_heads, head_dim, prefill_tokens, prefill_context, decode_sequences, decode_context } = sizes;
  const tokens = prefill_tokens + decode_sequences;
  const rows = { tokens, hidden };
  const given = (name: string): Float64Array => named("input", inputs, name);
  const left = (name: string): Float64Array => named("buffer", after, name);
  const apply = (name: Linear["name"], a: string): Expectation => {
    const { n, k } = layerLinears(sizes).find((layer) => layer.name === name)!;
    return linear(dtype, { m: tokens, n, k }, left(a), given(`${name}_weights`));
  };
  const rotatedAt = (place: Placement | null): Rotated[] =>
    place === null ? [] : [rotate(dtype, sizes, place, left("qkv"), given("rotations"))];
  const cachesAt = (part: string, place: Placement | null): Reference[] =>
    rotatedAt(place).flatMap((rotated) =>
      (["keys", "values"] as const).map((what) => ({
        buffer: `${part}_${what}`,
        ...withSlots(given(`${part}_${what}`), place!, kv_heads * head_dim, rotated[what]),
      })),
    );

  const queryLength = heads * head_dim;
  const attended: Expectation[] = [];
  if (prefill !== null) {
    const part = { heads, kv_heads, head_dim, chunk: prefill_tokens, context: prefill_context };
    const queries = left("queries").subarray(0, prefill_tokens * queryLength);
    attended.push(attendPrefill(dtype, part, { queries, keys: left("prefill_keys"), values: left("prefill_values") }));
  }
  if (decode !== null) {
    const part = { heads, kv_heads, head_dim, sequences: decode_sequences, context: decode_context };
    const queries = left("queries").subarray(prefill_tokens * queryLength);
    attended.push(attendDecode(dtype, part, { queries, keys: left("decode_keys"), values: left("decode_values") }));
  }
  return [
    { buffer: "attention_normed", ...normalise(dtype, rows, given("x"), given("attention_norm")) },
    { buffer: "qkv", ...apply("qkv", "attention_normed") },
    { buffer: "queries", ...concatenated([...rotatedAt(prefill), ...rotatedAt(decode)].map(({ queries }) => queries)) },
    ...cachesAt("prefill", prefill),
    ...cachesAt("decode", decode),
    { buffer: "attended", ...concatenated(attended) },
    { buffer: "attention_out", ...apply("o", "attended") },
    { buffer: "mid", ...add(dtype, given("x"), left("attention_out")) },
    { buffer: "mlp_normed", ...normalise(dtype, rows, left("mid"), given("mlp_norm")) },
    { buffer: "gate_up", ...apply("gate_up", "mlp_normed") },
    { buffer: "activated", ...gate(dtype, { tokens, intermediate }, left("gate_up")) },
    { buffer: "mlp_out", ...apply("down", "activated") },
    { buffer: "out", ...add(dtype, left("mid"), left("mlp_out")) },
  ];
};

const named = (what: string, values: Values, name: string): Float64Array => {
  const found = values[name];
  if (found === undefined) throw new RangeError(`decoder-layer: no ${what} named ${name}`);
  return found;
};

/** The cache after this step's keys or values were written into their slots; nothing else in it may have changed. */
const withSlots = (cache: Float64Array, place: Placement, rowLength: number, fresh: Expectation): Expectation => {
  const expected = cache.slice();
  const bound = new Float64Array(cache.length);
  for (let token = 0; token < place.tokens; token++) {
    const sequence = Math.floor(token / place.tokensPerSequence);
    const slot = sequence * place.slotsPerSequence + place.firstSlot + (token % place.tokensPerSequence);
    expected.set(fresh.expected.subarray(token * rowLength, (token + 1) * rowLength), slot * rowLength);
    bound.set(fresh.bound.subarray(token * rowLength, (token + 1) * rowLength), slot * rowLength);
  }
  return { expected, bound };
};

const concatenated = (parts: readonly Expectation[]): Expectation => ({
  expected: Float64Array.from(parts.flatMap(({ expected }) => [...expected])),
  bound: Float64Array.from(parts.flatMap(({ bound }) => [...bound])),
});
