import { decodeAttentions, prefillAttentions } from "../attention/index.ts";
import { cacheBuffers } from "../attention/paged-cache.ts";
import {
  attentionOperations,
  type AttentionVariant,
  BUFFERS,
  cachedElements,
  pairsOf,
  placeBuffers,
  placeBytes,
  type Ragged,
} from "../attention/problem.ts";
import type { BufferSpec, Dispatch, Dtype, KernelVariant, Shape } from "../kernel.ts";
import { matmuls } from "../matmul/index.ts";
import type { MatmulSizes, MatmulVariant } from "../matmul/problem.ts";
import { uniformWeights, weightScale } from "../matmul/weight-format.ts";
import type { Plan } from "../plan.ts";
import { type DecoderLayerSizes, decoderLayerSizes, FAMILY, type Layout, layoutOf } from "./batch.ts";
import { type Choice, chosenFor, chosenIds, type LayerChoices, variantNamed } from "./choices.ts";
import { decoderLayerReference } from "./decoder-layer-reference.ts";
import { layerLinears, type LayerSizes, type Linear } from "./linears.ts";
import { residualAddDispatch } from "./residual-add.ts";
import { residualNormDispatch, rmsNormDispatch } from "./rms-norm.ts";
import { ROTARY_BUFFERS, rotaryDispatch, rotationTable, tokenBuffers } from "./rotary.ts";
import { swigluDispatch } from "./swiglu.ts";

/** Raised when the layer itself changes; its parts' versions are added. */
const OWN_VERSION = 4;

/** The variant for a linear layer. @throws RangeError where a choice names no variant of that dtype */
export const matmulFor = (dtype: Dtype, { matmul }: LayerChoices, sizes: MatmulSizes): MatmulVariant =>
  variantNamed(FAMILY, matmuls, dtype, chosenFor(matmul, { ...sizes }));

/** Hidden states, weights, the cache and where the batch lies in it, and what passes from one stage to the next. */
const buffersOf = (dtype: Dtype, sizes: DecoderLayerSizes, { batch, table, places }: Layout): BufferSpec[] => {
  const { hidden, intermediate, heads, kv_heads, head_dim } = sizes;
  const tokens = places.positions.length;
  const positions = batch.lengths.reduce((a, b) => Math.max(a, b), 0);
  const input = (name: string, length: number, scale: number): BufferSpec => ({
    name,
    role: "input",
    type: dtype,
    length,
    fill: { kind: "random", scale },
  });
  const weights = (name: string, length: number, scale: number): BufferSpec => uniformWeights(name, dtype, length, scale);
  const scratch = (name: string, rowLength: number): BufferSpec => ({
    name,
    role: "scratch",
    type: dtype,
    length: tokens * rowLength,
    fill: { kind: "unset" },
  });
  return [
    input("x", tokens * hidden, 1),
    weights("attention_norm", hidden, Math.sqrt(3)),
    weights("mlp_norm", hidden, Math.sqrt(3)),
    ...layerLinears(sizes).map(({ name, n, k }) => weights(`${name}_weights`, n * k, weightScale(k))),
    rotationTable("rotations", positions, head_dim),
    ...cacheBuffers(dtype, table, kv_heads * head_dim, { keys: 1, values: 1 }),
    ...placeBuffers(batch, table),
    ...tokenBuffers(places),
    scratch("attention_normed", hidden),
    scratch("qkv", (heads + 2 * kv_heads) * head_dim),
    scratch("queries", heads * head_dim),
    scratch("attended", heads * head_dim),
    scratch("attention_out", hidden),
    scratch("mid", hidden),
    scratch("mlp_normed", hidden),
    scratch("gate_up", 2 * intermediate),
    scratch("activated", intermediate),
    scratch("mlp_out", hidden),
    { name: "out", role: "output", type: dtype, length: tokens * hidden, fill: { kind: "unset" } },
  ];
};

/** A plan whose scratch is told apart from that of a like plan in the same layer. */
const withOwnScratch = ({ dispatches, scratch }: Plan, name: string): Plan => {
  const own = new Set(scratch.map((spec) => spec.name));
  const renamed = (buffer: string): string => (own.has(buffer) ? `${name}_${buffer}` : buffer);
  return {
    scratch: scratch.map((spec) => ({ ...spec, name: renamed(spec.name) })),
    dispatches: dispatches.map((dispatch) => ({
      ...dispatch,
      bindings: dispatch.bindings.map(({ buffer, access }) => ({ buffer: renamed(buffer), access })),
    })),
  };
};

/** A stage of one dispatch. */
const single = (dispatch: Dispatch): Plan => ({ dispatches: [dispatch], scratch: [] });

/**
 * A Llama-style pre-norm decoder layer over a mixed batch: RMSNorm, fused query–key–value projection, rotary embedding and
 * append to the paged cache, attention (of the chunks, then of the decoding sequences), output projection; residual with RMSNorm, fused
 * gate–up projection, SwiGLU, down projection, residual. No biases. Every dispatch is one that is measured alone, so the layer's time is
 * comparable to the sum of its parts.
 *
 * `operations` counts the linear layers and attention, `bytes` the weights, the hidden states in and out, the cache and its table.
 *
 * @throws RangeError where a choice names no variant of that dtype
 */
export const decoderLayer = (dtype: Dtype, choices: LayerChoices): KernelVariant => {
  const known: readonly KernelVariant[] = [...matmuls, ...prefillAttentions, ...decodeAttentions];
  const parts = chosenIds(choices).map((id) => variantNamed(FAMILY, known, dtype, id));

  const chosenVariant = <V extends KernelVariant>(variants: readonly V[], among: readonly Choice[], shape: Shape): V =>
    variantNamed(FAMILY, variants, dtype, chosenFor(among, shape));

  const run: KernelVariant["run"] = (shape) => {
    const sizes = decoderLayerSizes(shape);
    const { hidden, intermediate } = sizes;
    const layout = layoutOf(sizes);
    const { batch, table } = layout;
    const tokens = layout.places.positions.length;
    const rows = { tokens, hidden };
    const linears = layerLinears(sizes);
    const { prefill_tokens, prefill_context, prefill_sequences, decode_sequences, decode_context } = sizes;
    const chunk = prefill_tokens / prefill_sequences;
    const attendPrompt = chosenVariant(prefillAttentions, choices.attention_prefill, { chunk, context: prefill_context });
    const attendOne = chosenVariant(decodeAttentions, choices.attention_decode, { sequences: decode_sequences, context: decode_context });

    const linear = (name: Linear["name"], a: string, c: string): Plan => {
      const { n, k } = linears.find((layer) => layer.name === name)!;
      const layer = { m: tokens, n, k };
      return matmulFor(dtype, choices, layer).plan(layer, { a, w: `${name}_weights`, c });
    };
    const attention = (variant: AttentionVariant, part: Ragged | null, name: string): Plan[] =>
      part === null ? [] : [withOwnScratch(variant.plan(part, { ...BUFFERS, out: "attended" }), name)];
    const stages: readonly Plan[] = [
      single(rmsNormDispatch(dtype, rows, "x", "attention_norm", "attention_normed")),
      linear("qkv", "attention_normed", "qkv"),
      single(rotaryDispatch(dtype, sizes, tokens, ROTARY_BUFFERS)),
      ...attention(attendPrompt, layout.prefill, "prefill"),
      ...attention(attendOne, layout.decode, "decode"),
      linear("o", "attended", "attention_out"),
      single(residualNormDispatch(dtype, rows, { x: "x", y: "attention_out", weight: "mlp_norm", sum: "mid", out: "mlp_normed" })),
      linear("gate_up", "mlp_normed", "gate_up"),
      single(swigluDispatch(dtype, { tokens, intermediate }, "gate_up", "activated")),
      linear("down", "activated", "mlp_out"),
      single(residualAddDispatch(dtype, tokens * hidden, "mid", "mlp_out", "out")),
    ];

    const weights = linears.reduce((sum, { n, k }) => sum + n * k, 0);
    const elements = weights + 2 * hidden + 2 * tokens * hidden + cachedElements(sizes, batch);
    return {
      buffers: [...buffersOf(dtype, sizes, layout), ...stages.flatMap(({ scratch }) => scratch)],
      dispatches: stages.flatMap(({ dispatches }) => dispatches),
      operations: 2 * tokens * weights + attentionOperations(sizes, pairsOf(batch)),
      bytes: elements * (dtype === "f16" ? 2 : 4) + placeBytes(batch, table),
      reference: (inputs, after) => decoderLayerReference(dtype, sizes, layout, inputs, after, (layer) => matmulFor(dtype, choices, layer)),
    };
  };

  return {
    id: `${FAMILY}/${dtype}`,
    family: FAMILY,
    dtype,
    needs: [...new Set(parts.flatMap(({ needs }) => needs))],
    summary: `a whole layer of ${parts.map(({ id }) => id).join(", ")}`,
    version: parts.reduce((sum, { version }) => sum + version, OWN_VERSION),
    verificationShapes: [
      { ...SMALL, prefill_tokens: 9, prefill_context: 5, decode_sequences: 2, decode_context: 33, decode_spread: 50 },
      { ...SMALL, prefill_tokens: 1, prefill_context: 0, decode_sequences: 0, decode_context: 0 },
      { ...SMALL, prefill_tokens: 0, prefill_context: 0, decode_sequences: 3, decode_context: 1 },
      {
        ...SMALL,
        hidden: 50,
        intermediate: 37,
        head_dim: 10,
        prefill_tokens: 4,
        prefill_context: 2,
        decode_sequences: 1,
        decode_context: 7,
      },
      {
        ...SMALL,
        hidden: 256,
        heads: 8,
        kv_heads: 2,
        prefill_tokens: 33,
        prefill_sequences: 3,
        prefill_spread: 60,
        prefill_context: 31,
        decode_sequences: 5,
        decode_context: 300,
      },
    ],
    run,
  };
};

/** A layer small enough to be verified in a moment. */
const SMALL: LayerSizes = { hidden: 64, intermediate: 96, heads: 4, kv_heads: 1, head_dim: 64 };
