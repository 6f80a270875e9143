import type { Dtype } from "../../kernels/kernel.ts";
import { InputError } from "../errors.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { kvBytesPerToken, weightBytes } from "../model/shapes.ts";
import type { Bytes } from "../units.ts";
import { DEVICE_MODEL_SCHEMA, type DeviceModel } from "./device-model.ts";
import { memoryByNameOrNull } from "./gpu-memory.ts";
import type { KvCacheSize } from "./engine-log.ts";
import type { StepCurve } from "./step-curve.ts";

/** What is known of an engine beside its step times. */
export interface EngineFacts {
  /** With its version: `vllm 0.19.0`. */
  readonly engine: string;
  readonly device: string;
  /** Content hash of the files that the step curve was made of. */
  readonly hash: string;
  readonly tensorParallel: number;
  readonly dtype: Dtype;
  /** Of one GPU, as the user gave it. */
  readonly memory?: Bytes;
  readonly kvCache?: KvCacheSize;
}

/** Safetensors from the host's page cache to an H100, 3.2 to 5.2 GB/s by file; published by ServerlessLLM (h100_2025), in the middle. */
const ASSUMED_LOAD_BYTES_PER_S = 4.2e9;
/** vLLM on an L40S with its caches kept (Tensorfuse, 2025): imports and initialisation 34 s, dynamo 10 s, compile 13 s, graph capture 7 s. */
const ASSUMED_START = [
  { name: "imports and initialisation", seconds: 34 },
  { name: "compilation", seconds: 23 },
  { name: "graph capture", seconds: 7 },
] as const;

/**
 * The scaling model of a production engine from its own step times.
 *
 * Load and warm-up were not measured: they are published figures, tagged assumed, until an anchor or a scenario's `cold_start` says more.
 *
 * @throws InputError where neither the memory nor the engine's KV cache is known
 */
export const engineModel = (
  model: LanguageModel,
  step: { curve: StepCurve; notes: readonly string[] },
  facts: EngineFacts,
): DeviceModel => {
  const { tensorParallel, dtype, kvCache } = facts;
  const weights = Math.ceil(weightBytes(model, dtype) / tensorParallel);
  const kvBytes = kvBytesPerToken(model, dtype) / Math.min(tensorParallel, model.kvHeads);
  return {
    schema: DEVICE_MODEL_SCHEMA,
    model: model.name,
    device: facts.device,
    is_gpu: true,
    condition: "engine",
    profile: facts.hash,
    engine: facts.engine,
    tensor_parallel: tensorParallel,
    anchored: null,
    dtype,
    weight_bytes: weights,
    kv_bytes_per_token: kvBytes,
    memory: memoryOf(facts, weights, kvBytes),
    ...(kvCache === undefined ? {} : { kv_cache: kvCache }),
    load: {
      setup_s: 0,
      bandwidth_bytes_per_s: ASSUMED_LOAD_BYTES_PER_S,
      method: "safetensors",
      valid_bytes: [weights, weights],
      error: { kind: "not-checked", because: "it is a published figure of another machine" },
      source: { origin: "assumed", source: "ServerlessLLM's H100 benchmark of safetensors from host memory, 3.2 to 5.2 GB/s" },
    },
    warm_up: {
      phases: [...ASSUMED_START],
      dispatches_until_steady: 0,
      error: { kind: "not-checked", because: "it is a published figure of another machine" },
      source: { origin: "assumed", source: "vLLM on an L40S with its caches kept (Tensorfuse, 2025)" },
    },
    step: step.curve,
    notes: [
      ...step.notes,
      ...(tensorParallel > 1
        ? [
            `Tensor parallelism ${tensorParallel}: the tables hold one GPU's share of each layer; all-reduces between GPUs are not in them, so steps are predicted too short.`,
          ]
        : []),
      ...(kvCache === undefined
        ? [
            "KV blocks are estimated from memory: the engine's log states them (--engine-log), and where the cache fills up their number decides everything.",
          ]
        : []),
    ],
  };
};

const memoryOf = ({ memory, kvCache, device }: EngineFacts, weights: Bytes, kvBytes: Bytes): DeviceModel["memory"] => {
  if (memory !== undefined) return { bytes: memory, origin: "given", source: "--memory" };
  if (kvCache !== undefined) {
    return {
      bytes: Math.ceil(weights + kvCache.blocks * kvCache.block_size * kvBytes),
      origin: "given",
      source: `weights and the KV cache of ${kvCache.source}, no more`,
    };
  }
  const known = memoryByNameOrNull(device);
  if (known !== null) return { bytes: known, origin: "assumed", source: `what nvidia-smi states for a ${device}` };
  throw new InputError(
    "--memory",
    "expected the GPU's memory or the engine's log, got neither",
    "Give one: --memory 96GB, or --engine-log FILE, which states the KV cache.",
  );
};
