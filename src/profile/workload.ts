import { type LanguageModel } from "../model/language-model.ts";
import { builtInModel } from "../model/built-in.ts";
import type { Bytes } from "../units.ts";

/** A batch of one engine step: one prompt chunk behind `context` keys, and sequences that decode. */
export interface Batch {
  readonly prefill_tokens: number;
  readonly prefill_context: number;
  readonly decode_sequences: number;
  readonly decode_context: number;
}

/** Sizes at which one model's parts are measured. */
export interface ModelGrid {
  readonly model: LanguageModel;
  /** Tokens through the linear layers. */
  readonly tokens: readonly number[];
  /** Sequences through the output head. */
  readonly outputs: readonly number[];
  /** Chunk and the keys in front of it. */
  readonly prefill: readonly (readonly [chunk: number, context: number])[];
  readonly decode: readonly (readonly [sequences: number, context: number])[];
  /** Tokens through norms, rotary embedding, activation and residual. */
  readonly smallTokens: readonly number[];
  /** Whole layers that no fit sees: no token count, chunk or decode batch of theirs is among those above. */
  readonly composites: readonly Batch[];
}

/** What is measured on one kind of device: first the core, by itself enough for every curve, then more of each. */
export interface Workload {
  /** Models by importance. */
  readonly core: ModelGrid;
  readonly more: readonly ModelGrid[];
  /** Where variants are compared: in the middle all of them, at the others those that were not hopeless there. */
  readonly compared: {
    readonly middle: number;
    readonly others: readonly number[];
    readonly prefill: readonly [number, number];
    readonly decode: readonly [number, number];
  };
  /** The batch of a cold start's first runs. */
  readonly warmUp: Batch;
  /** Sizes from small to large, and the chunks they go up in; the first chunk is the core's. */
  readonly uploads: { readonly core: readonly Bytes[]; readonly more: readonly Bytes[]; readonly chunks: readonly Bytes[] };
  /** f32 elements copied: far beyond the last-level cache on a GPU. */
  readonly copyLength: number;
  readonly multiplyAdd: { readonly threads: number; readonly steps: number };
}

const MIB = 2 ** 20;

const prefillOnly = (prefill_tokens: number, prefill_context: number): Batch => ({
  prefill_tokens,
  prefill_context,
  decode_sequences: 0,
  decode_context: 0,
});
const decodeOnly = (decode_sequences: number, decode_context: number): Batch => ({
  prefill_tokens: 0,
  prefill_context: 0,
  decode_sequences,
  decode_context,
});

/** A CPU that plays GPU gives a few billion operations a second: sizes for which one run stays under a fifth of a second. */
export const softwareWorkload = (): Workload => {
  const model = builtInModel("tiny-llama");
  return {
    core: {
      model,
      tokens: [1, 4, 16, 64],
      outputs: [1, 16],
      prefill: [
        [16, 0],
        [64, 0],
        [32, 128],
      ],
      decode: [
        [1, 64],
        [4, 64],
        [4, 256],
      ],
      smallTokens: [8, 64],
      composites: [
        decodeOnly(3, 100),
        prefillOnly(24, 0),
        { prefill_tokens: 20, prefill_context: 40, decode_sequences: 6, decode_context: 150 },
      ],
    },
    more: [
      {
        model,
        tokens: [2, 8, 32, 128],
        outputs: [4, 64],
        prefill: [
          [128, 0],
          [64, 256],
          [16, 512],
        ],
        decode: [
          [16, 64],
          [16, 256],
          [1, 1024],
          [4, 512],
        ],
        smallTokens: [128],
        composites: [
          decodeOnly(12, 300),
          prefillOnly(48, 100),
          prefillOnly(100, 0),
          { prefill_tokens: 40, prefill_context: 60, decode_sequences: 10, decode_context: 200 },
        ],
      },
    ],
    compared: { middle: 16, others: [1, 4, 64], prefill: [64, 0], decode: [4, 256] },
    warmUp: prefillOnly(8, 0),
    uploads: { core: [4 * MIB, 16 * MIB, 64 * MIB], more: [128 * MIB], chunks: [4 * MIB, MIB, 16 * MIB] },
    copyLength: 4 * MIB,
    multiplyAdd: { threads: 4096, steps: 256 },
  };
};

export const gpuWorkload = (): Workload => {
  const large = builtInModel("Llama-3.1-8B");
  const small = builtInModel("Llama-3.2-1B");
  return {
    core: {
      model: large,
      tokens: [1, 8, 64, 512, 2048],
      outputs: [1, 64],
      prefill: [
        [512, 0],
        [2048, 0],
        [512, 2048],
      ],
      decode: [
        [1, 512],
        [16, 512],
        [16, 4096],
      ],
      smallTokens: [16, 2048],
      composites: [
        decodeOnly(12, 1000),
        prefillOnly(700, 0),
        { prefill_tokens: 400, prefill_context: 600, decode_sequences: 24, decode_context: 1500 },
      ],
    },
    more: [
      {
        model: large,
        tokens: [2, 4, 16, 32, 128, 256, 1024],
        outputs: [8, 256],
        prefill: [
          [128, 0],
          [256, 1024],
          [1024, 4096],
          [2048, 8192],
        ],
        decode: [
          [1, 8192],
          [4, 2048],
          [64, 512],
          [64, 2048],
          [128, 1024],
        ],
        smallTokens: [256],
        composites: [
          decodeOnly(3, 300),
          decodeOnly(48, 700),
          prefillOnly(1500, 0),
          prefillOnly(300, 3000),
          { prefill_tokens: 100, prefill_context: 50, decode_sequences: 100, decode_context: 600 },
          { prefill_tokens: 900, prefill_context: 1000, decode_sequences: 40, decode_context: 1200 },
        ],
      },
      {
        model: small,
        tokens: [1, 8, 64, 512, 2048],
        outputs: [1, 64],
        prefill: [
          [512, 0],
          [2048, 0],
          [512, 2048],
        ],
        decode: [
          [1, 512],
          [16, 512],
          [16, 4096],
          [64, 1024],
        ],
        smallTokens: [16, 2048],
        composites: [decodeOnly(12, 1000), prefillOnly(700, 0)],
      },
    ],
    compared: { middle: 16, others: [1, 4, 64, 512], prefill: [512, 0], decode: [16, 512] },
    warmUp: prefillOnly(128, 0),
    uploads: { core: [64 * MIB, 256 * MIB, 1024 * MIB], more: [16 * MIB, 2048 * MIB], chunks: [16 * MIB, 4 * MIB, 64 * MIB] },
    copyLength: 64 * MIB,
    multiplyAdd: { threads: 2 ** 20, steps: 1024 },
  };
};
