import { type LanguageModel } from "../model/language-model.ts";
import { builtInModel } from "../model/built-in.ts";
import type { Bytes } from "../units.ts";
import type { CompileJob, WarmUpJob } from "./jobs.ts";

/** A batch of one engine step: one prompt chunk behind `context` keys, and sequences that decode. */
export interface Batch {
  readonly prefill_tokens: number;
  readonly prefill_context: number;
  readonly decode_sequences: number;
  readonly decode_context: number;
}

/** A whole step to be measured: so many of the model's layers over a batch, then its output head or, in the middle of a prompt, none. */
export interface Composite {
  readonly batch: Batch;
  readonly layers: number;
  readonly hasHead: boolean;
}

/**
 * Sizes at which one model's parts are measured.
 *
 * Kernels work in tiles, so their time rises in steps. Sizes are therefore spread between multiples of tiles: a fit to multiples alone
 * would see tiles that are always full, and predict everything between them too fast.
 */
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
  /** Whole steps that no fit sees: no token count, chunk or decode batch of theirs is among those above. */
  readonly composites: readonly Composite[];
}

/** Sizes of uploads; those of the load curve itself follow from what the device holds. */
export interface UploadSizes {
  /** At which all ways are compared: so large that what is paid once does not decide. */
  readonly compared: Bytes;
  /** Chunks that uploads go up in; a quick run takes the first. */
  readonly chunks: readonly Bytes[];
  /** Sizes of a quick run's load curve. */
  readonly quick: readonly Bytes[];
  /** Sizes at which methods that are not the best are measured as well. */
  readonly others: readonly Bytes[];
  /** Size of the file that is streamed from disk. */
  readonly pipeline: { readonly quick: Bytes; readonly whole: Bytes };
}

/** What is measured on one kind of device: first the core, by itself enough for every curve, then more of each. */
export interface Workload {
  /** Models by importance. */
  readonly core: ModelGrid;
  readonly more: readonly ModelGrid[];
  /** Where variants race for the first model: by tokens, at its largest linear layer or at each; by chunk and context; by sequences and context. */
  readonly tuned: {
    readonly tokens: readonly number[];
    readonly layers: "largest" | "each";
    readonly prefill: readonly (readonly [chunk: number, context: number])[];
    readonly decode: readonly (readonly [sequences: number, context: number])[];
  };
  /** Token counts through the first model's largest linear layer with weights in other formats, and whether their variants race. */
  readonly formats: { readonly tokens: readonly number[]; readonly isRaced: boolean };
  readonly warmUp: {
    /** The batch of a start's first runs. */
    readonly batch: Batch;
    /** Of each process in which the run makes starts. */
    readonly starts: Pick<WarmUpJob, "launches" | "restarts" | "devices" | "pipelines" | "nothing">;
    readonly compile: Pick<CompileJob, "pending" | "copies">;
  };
  readonly uploads: UploadSizes;
  readonly roofs: RoofSizes;
}

/**
 * Sizes at which the kernels that find the device's limits run: the first for all variants, the others for the rounds of the best ones. What
 * is read reaches the largest weights of a model: the longer a run, the less its start and end count.
 */
export interface RoofSizes {
  /** f32 elements copied and read, cold. */
  readonly copied: readonly number[];
  readonly read: readonly number[];
  readonly multiplyAdd: readonly { readonly threads: number; readonly steps: number }[];
  /** For matrix units; a tile is one subgroup's. */
  readonly matrix: readonly { readonly tiles: number; readonly steps: number }[];
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

const mixed = (prefill_tokens: number, prefill_context: number, decode_sequences: number, decode_context: number): Batch => ({
  prefill_tokens,
  prefill_context,
  decode_sequences,
  decode_context,
});
const step = (layers: number, batch: Batch): Composite => ({ batch, layers, hasHead: true });
const withoutHead = (layers: number, batch: Batch): Composite => ({ batch, layers, hasHead: false });

/** A CPU that plays GPU gives a few billion operations a second: sizes for which one run stays under a fifth of a second. */
export const softwareWorkload = (): Workload => {
  const model = builtInModel("tiny-llama");
  return {
    core: {
      model,
      tokens: [1, 4, 16, 64],
      outputs: [1, 16],
      prefill: [
        [8, 0],
        [56, 0],
        [40, 120],
      ],
      decode: [
        [1, 96],
        [4, 32],
        [4, 288],
      ],
      smallTokens: [8, 64],
      composites: [step(4, decodeOnly(3, 100)), withoutHead(2, prefillOnly(24, 0)), step(2, mixed(20, 40, 6, 150))],
    },
    more: [
      {
        model,
        tokens: [2, 8, 20, 32, 40, 80, 128],
        outputs: [4, 64],
        prefill: [
          [120, 0],
          [56, 250],
          [8, 500],
          [28, 60],
        ],
        decode: [
          [16, 32],
          [16, 224],
          [1, 1000],
          [4, 480],
          [8, 160],
        ],
        smallTokens: [128],
        composites: [
          step(2, decodeOnly(12, 300)),
          step(3, decodeOnly(7, 60)),
          step(1, prefillOnly(48, 100)),
          withoutHead(1, prefillOnly(100, 0)),
          step(1, mixed(44, 60, 10, 200)),
        ],
      },
    ],
    tuned: { tokens: [1, 4, 16, 64], layers: "largest", prefill: [[56, 0]], decode: [[4, 288]] },
    formats: { tokens: [1, 16], isRaced: false },
    warmUp: {
      batch: prefillOnly(8, 0),
      starts: { launches: 1, restarts: 1, devices: 1, pipelines: 1, nothing: 1 },
      compile: { pending: [1, 4, 16], copies: 1 },
    },
    uploads: {
      compared: 32 * MIB,
      chunks: [4 * MIB, MIB, 16 * MIB],
      quick: [4 * MIB, 16 * MIB],
      others: [4 * MIB, 16 * MIB],
      pipeline: { quick: 16 * MIB, whole: 64 * MIB },
    },
    roofs: {
      copied: [4 * MIB, 3 * MIB, 5 * MIB, 6 * MIB],
      read: [4 * MIB, 3 * MIB, 5 * MIB, 6 * MIB],
      // Few threads and many steps: starting a thread costs a software adapter as much as hundreds of steps.
      multiplyAdd: [
        { threads: 1024, steps: 4096 },
        { threads: 1024, steps: 3072 },
        { threads: 2048, steps: 2048 },
        { threads: 2048, steps: 3072 },
      ],
      matrix: [],
    },
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
      composites: [step(2, decodeOnly(12, 1000)), withoutHead(3, prefillOnly(700, 0)), step(2, mixed(400, 600, 24, 1500))],
    },
    more: [
      {
        model: large,
        tokens: [2, 4, 16, 32, 96, 128, 160, 224, 256, 320, 448, 640, 896, 1024],
        outputs: [8, 256],
        prefill: [
          [120, 0],
          [248, 1000],
          [1000, 4100],
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
          step(3, decodeOnly(3, 300)),
          step(2, decodeOnly(48, 700)),
          step(2, prefillOnly(1500, 0)),
          withoutHead(2, prefillOnly(300, 3000)),
          step(4, mixed(100, 50, 100, 600)),
          step(2, mixed(900, 1000, 40, 1200)),
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
        composites: [step(4, decodeOnly(12, 1000)), step(4, prefillOnly(700, 0))],
      },
    ],
    tuned: {
      tokens: [1, 4, 16, 64, 256, 1024],
      layers: "each",
      prefill: [
        [512, 0],
        [512, 4096],
      ],
      decode: [
        [1, 2048],
        [16, 512],
        [64, 2048],
      ],
    },
    formats: { tokens: [1, 16, 64], isRaced: true },
    warmUp: {
      batch: prefillOnly(128, 0),
      starts: { launches: 2, restarts: 2, devices: 1, pipelines: 1, nothing: 1 },
      compile: { pending: [1, 4, 16], copies: 3 },
    },
    uploads: {
      compared: 1024 * MIB,
      chunks: [16 * MIB, 4 * MIB, 64 * MIB],
      quick: [64 * MIB, 256 * MIB],
      others: [16 * MIB, 256 * MIB],
      pipeline: { quick: 256 * MIB, whole: 2048 * MIB },
    },
    roofs: {
      copied: [128 * MIB, 96 * MIB, 64 * MIB, 80 * MIB],
      read: [256 * MIB, 192 * MIB, 128 * MIB, 160 * MIB],
      multiplyAdd: [
        { threads: 2 ** 20, steps: 1024 },
        { threads: 2 ** 20, steps: 768 },
        { threads: 2 ** 19, steps: 2048 },
        { threads: 2 ** 19, steps: 1536 },
      ],
      // So many steps that storing the sums, 8 KiB a tile, does not count beside them.
      matrix: [
        { tiles: 8192, steps: 4096 },
        { tiles: 8192, steps: 3072 },
        { tiles: 4096, steps: 8192 },
        { tiles: 4096, steps: 6144 },
      ],
    },
  };
};
