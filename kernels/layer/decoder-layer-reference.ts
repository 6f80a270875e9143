import { attend } from "../attention/reference.ts";
import type { Expectation } from "../bounds.ts";
import type { Dtype, Reference, Values } from "../kernel.ts";
import type { MatmulSizes, MatmulVariant } from "../matmul/problem.ts";
import type { DecoderLayerSizes, Layout } from "./batch.ts";
import { layerLinears, type Linear } from "./linears.ts";
import { add } from "./residual-add.ts";
import { normalise } from "./rms-norm.ts";
import { rotaryReference } from "./rotary.ts";
import { gate } from "./swiglu.ts";

/**
 * A whole decoder layer in f64, stage by stage: what each stage's buffer should hold, given what the stage before it left on the
 * GPU, with that stage's own bound.
 *
 * Every buffer from the hidden states to the output is judged, so a layer passes only if each of its stages is right for the very
 * values it got. One bound from end to end would be useless: in the worst case each linear layer multiplies an error by Σ|w|,
 * about √k, and four of them in a row allow an f32 layer of hidden size 256 to be off by thousands of times its values.
 *
 * @param matmulOf the variant that computes a linear layer: its bound is its own
 */
export const decoderLayerReference = (
  dtype: Dtype,
  sizes: DecoderLayerSizes,
  { batch, table, places }: Layout,
  inputs: Values,
  after: Values,
  matmulOf: (sizes: MatmulSizes) => MatmulVariant,
): readonly Reference[] => {
  const { hidden, intermediate } = sizes;
  const tokens = places.positions.length;
  const rows = { tokens, hidden };
  const given = (name: string): Float64Array => named("input", inputs, name);
  const left = (name: string): Float64Array => named("buffer", after, name);
  const apply = (name: Linear["name"], a: string): Expectation => {
    const { n, k } = layerLinears(sizes).find((layer) => layer.name === name)!;
    const layer = { m: tokens, n, k };
    return matmulOf(layer).expect(layer, left(a), given(`${name}_weights`));
  };
  const rotated = rotaryReference(dtype, sizes, places, {
    qkv: left("qkv"),
    rotations: given("rotations"),
    keys: given("keys"),
    values: given("values"),
  });
  const tensors = { queries: left("queries"), keys: left("keys"), values: left("values") };
  return [
    { buffer: "attention_normed", ...normalise(dtype, rows, given("x"), given("attention_norm")) },
    { buffer: "qkv", ...apply("qkv", "attention_normed") },
    { buffer: "queries", ...rotated.queries },
    { buffer: "keys", ...rotated.keys },
    { buffer: "values", ...rotated.values },
    { buffer: "attended", ...attend(dtype, sizes, batch, table, tensors) },
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
