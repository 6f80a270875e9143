import { decodeAttentions, prefillAttentions } from "../attention/index.ts";
import { type AttentionBuffers, attentionOperations, prefillPairs } from "../attention/problem.ts";
import type { BufferSpec, Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { matmuls } from "../matmul/index.ts";
import { type MatmulVariant, weightScale } from "../matmul/problem.ts";
import type { Plan } from "../plan.ts";
import { type DecoderLayerSizes, decoderLayerSizes, FAMILY, placementsOf } from "./batch.ts";
import { decoderLayerReference } from "./decoder-layer-reference.ts";
import { layerLinears, type LayerSizes, type Linear } from "./linears.ts";
import { residualAddDispatch } from "./residual-add.ts";
import { rmsNormDispatch } from "./rms-norm.ts";
import { type Placement, rotaryDispatch, rotationTable } from "./rotary.ts";
import { swigluDispatch } from "./swiglu.ts";
import { weightsBuffer } from "./weights.ts";

/** Which variant computes each part of a layer, so that what is composed is what was measured. */
export interface LayerChoices {
  /** Steps of at most this many tokens use `matmul_few`, larger ones `matmul_many`. */
  readonly few_tokens: number;
  readonly matmul_few: string;
  readonly matmul_many: string;
  readonly attention_prefill: string;
  readonly attention_decode: string;
}

/** Choices that run on every adapter with the dtype; a starting point before any were measured. */
export const defaultChoices = (dtype: Dtype): LayerChoices => ({
  few_tokens: 8,
  matmul_few: `matmul/matvec-4x64-${dtype}`,
  matmul_many: `matmul/tiled-64x64x16-4x4-${dtype}`,
  attention_prefill: `attention-prefill/tiled-${dtype}`,
  attention_decode: `attention-decode/split-${dtype}`,
});

/** Raised when the layer itself changes; its parts' versions are added. */
const OWN_VERSION = 2;

const variantNamed = <V extends KernelVariant>(variants: readonly V[], dtype: Dtype, id: string): V => {
  const found = variants.find((variant) => variant.id === id && variant.dtype === dtype);
  if (found === undefined) {
    const known = variants.filter((variant) => variant.dtype === dtype).map((variant) => variant.id);
    throw new RangeError(`${FAMILY}/${dtype}: expected one of ${known.join(", ")}, got ${id}`);
  }
  return found;
};

/** The variant that multiplies so many rows. @throws RangeError where a choice names no variant of that dtype */
export const matmulFor = (dtype: Dtype, { few_tokens, matmul_few, matmul_many }: LayerChoices, tokens: number): MatmulVariant =>
  variantNamed(matmuls, dtype, tokens <= few_tokens ? matmul_few : matmul_many);

/** Buffers that every batch has: hidden states, weights, and what passes from one part to the next. */
const commonBuffers = (dtype: Dtype, sizes: DecoderLayerSizes): BufferSpec[] => {
  const { hidden, intermediate, heads, kv_heads, head_dim, prefill_tokens, prefill_context, decode_sequences, decode_context } = sizes;
  const tokens = prefill_tokens + decode_sequences;
  const positions = Math.max(prefill_tokens === 0 ? 0 : prefill_context + prefill_tokens, decode_sequences === 0 ? 0 : decode_context);
  const input = (name: string, length: number, scale: number): BufferSpec => ({
    name,
    role: "input",
    type: dtype,
    length,
    fill: { kind: "random", scale },
  });
  const weights = (name: string, length: number, scale: number): BufferSpec => weightsBuffer(dtype, name, length, scale);
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

/** The cache of one part of the batch: earlier keys and values are given, the slots of this step are written by it. */
const cacheBuffers = (dtype: Dtype, part: string, elements: number): BufferSpec[] =>
  ["keys", "values"].map((what) => ({
    name: `${part}_${what}`,
    role: "input",
    type: dtype,
    length: elements,
    fill: { kind: "random", scale: 1 },
    holds: "kv-cache",
  }));

/** A stage of one dispatch. */
const single = (dispatch: Dispatch): Plan => ({ dispatches: [dispatch], scratch: [] });

const rotaryStage = (dtype: Dtype, sizes: DecoderLayerSizes, place: Placement, part: string): Plan => {
  const buffers = { qkv: "qkv", rotations: "rotations", queries: "queries", keys: `${part}_keys`, values: `${part}_values` };
  return single(rotaryDispatch(dtype, sizes, place, buffers));
};

const attentionOver = ({ firstRow }: Placement, part: string): AttentionBuffers => ({
  queries: "queries",
  keys: `${part}_keys`,
  values: `${part}_values`,
  out: "attended",
  firstRow,
});

/**
 * A Llama-style pre-norm decoder layer over a mixed batch: RMSNorm, fused query–key–value projection, rotary embedding and
 * append to the cache, attention, output projection, residual; RMSNorm, fused gate–up projection, SwiGLU, down projection,
 * residual. No biases. Nothing is fused beyond that, so its time is comparable to the sum of its parts.
 *
 * `operations` counts the linear layers and attention, `bytes` the weights, the hidden states in and out, and the caches.
 *
 * @throws RangeError where a choice names no variant of that dtype
 */
export const decoderLayer = (dtype: Dtype, choices: LayerChoices): KernelVariant => {
  const few = variantNamed(matmuls, dtype, choices.matmul_few);
  const many = variantNamed(matmuls, dtype, choices.matmul_many);
  const attendPrompt = variantNamed(prefillAttentions, dtype, choices.attention_prefill);
  const attendOne = variantNamed(decodeAttentions, dtype, choices.attention_decode);
  const parts: readonly KernelVariant[] = [few, many, attendPrompt, attendOne];

  const run: KernelVariant["run"] = (shape) => {
    const sizes = decoderLayerSizes(shape);
    const { hidden, intermediate, heads, kv_heads, head_dim, prefill_tokens, prefill_context, decode_sequences, decode_context } = sizes;
    const tokens = prefill_tokens + decode_sequences;
    const rows = { tokens, hidden };
    const linears = layerLinears(sizes);
    const matmul = matmulFor(dtype, choices, tokens);
    const placements = placementsOf(sizes);
    const cacheRow = kv_heads * head_dim;

    const linear = (name: Linear["name"], a: string, c: string): Plan => {
      const { n, k } = linears.find((layer) => layer.name === name)!;
      return matmul.plan({ m: tokens, n, k }, { a, w: `${name}_weights`, c });
    };
    const promptPart = (place: Placement): Plan[] => [
      rotaryStage(dtype, sizes, place, "prefill"),
      attendPrompt.plan({ heads, kv_heads, head_dim, chunk: prefill_tokens, context: prefill_context }, attentionOver(place, "prefill")),
    ];
    const decodePart = (place: Placement): Plan[] => [
      rotaryStage(dtype, sizes, place, "decode"),
      attendOne.plan({ heads, kv_heads, head_dim, sequences: decode_sequences, context: decode_context }, attentionOver(place, "decode")),
    ];
    const stages: readonly Plan[] = [
      single(rmsNormDispatch(dtype, rows, "x", "attention_norm", "attention_normed")),
      linear("qkv", "attention_normed", "qkv"),
      ...(placements.prefill === null ? [] : promptPart(placements.prefill)),
      ...(placements.decode === null ? [] : decodePart(placements.decode)),
      linear("o", "attended", "attention_out"),
      single(residualAddDispatch(dtype, tokens * hidden, "x", "attention_out", "mid")),
      single(rmsNormDispatch(dtype, rows, "mid", "mlp_norm", "mlp_normed")),
      linear("gate_up", "mlp_normed", "gate_up"),
      single(swigluDispatch(dtype, { tokens, intermediate }, "gate_up", "activated")),
      linear("down", "activated", "mlp_out"),
      single(residualAddDispatch(dtype, tokens * hidden, "mid", "mlp_out", "out")),
    ];

    const weights = linears.reduce((sum, { n, k }) => sum + n * k, 0);
    const pairs = prefillPairs(prefill_tokens, prefill_context) + decode_sequences * decode_context;
    const prefillPositions = placements.prefill === null ? 0 : prefill_context + prefill_tokens;
    const decodePositions = decode_sequences * decode_context;
    const elements = weights + 2 * hidden + 2 * tokens * hidden + 2 * (prefillPositions + decodePositions) * cacheRow;
    return {
      buffers: [
        ...commonBuffers(dtype, sizes),
        ...(placements.prefill === null ? [] : cacheBuffers(dtype, "prefill", prefillPositions * cacheRow)),
        ...(placements.decode === null ? [] : cacheBuffers(dtype, "decode", decodePositions * cacheRow)),
        ...stages.flatMap(({ scratch }) => scratch),
      ],
      dispatches: stages.flatMap(({ dispatches }) => dispatches),
      operations: 2 * tokens * weights + attentionOperations(sizes, pairs),
      bytes: elements * (dtype === "f16" ? 2 : 4),
      reference: (inputs, after) => decoderLayerReference(dtype, sizes, placements, inputs, after),
    };
  };

  return {
    id: `${FAMILY}/${dtype}`,
    family: FAMILY,
    dtype,
    needs: [...new Set(parts.flatMap(({ needs }) => needs))],
    summary: `a whole layer of ${few.id}, ${many.id}, ${attendPrompt.id} and ${attendOne.id}`,
    version: parts.reduce((sum, { version }) => sum + version, OWN_VERSION),
    verificationShapes: [
      { ...SMALL, prefill_tokens: 9, prefill_context: 5, decode_sequences: 2, decode_context: 33 },
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
      { ...SMALL, hidden: 256, heads: 8, kv_heads: 2, prefill_tokens: 33, prefill_context: 31, decode_sequences: 5, decode_context: 300 },
    ],
    run,
  };
};

/** A layer small enough to be verified in a moment. */
const SMALL: LayerSizes = { hidden: 64, intermediate: 96, heads: 4, kv_heads: 1, head_dim: 64 };
