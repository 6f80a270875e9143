import type { Dtype } from "../../kernels/kernel.ts";
import { InputError } from "../errors.ts";
import { list } from "../format.ts";
import { builtInModels } from "../model/built-in.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { bytesOf, kvBytesPerToken, weightBytes } from "../model/shapes.ts";
import type { Profile } from "../profile/schema.ts";
import type { Bytes } from "../units.ts";
import { batchLimits, type BatchLimits } from "./batch-defaults.ts";
import type { DeviceModel } from "./device-model.ts";
import { stepDtype } from "./dtype.ts";
import { deviceMemory } from "./memory.ts";

/** The settings of a replica that decide how its memory is shared out, by their names in vLLM. */
export interface MemorySettings {
  readonly gpu_memory_utilization: number;
  readonly block_size: number;
  /** vLLM's defaults for the device where they are left out. */
  readonly max_num_batched_tokens?: number | undefined;
  readonly max_num_seqs?: number | undefined;
}

/** How device memory is shared out, and the KV blocks that remain: an estimate, where the engine's own log is the fact. */
export interface KvBlocks {
  /** As vLLM's log counts them, the null block included. */
  readonly numGpuBlocks: number;
  readonly usableBytes: Bytes;
  readonly weightBytes: Bytes;
  readonly activationBytes: Bytes;
  readonly kvBytes: Bytes;
}

/**
 * KV blocks that fit beside weights and activations: (utilization · memory − weights − activations) / bytes of a block,
 * rounded down.
 *
 * Fragmentation, the driver's own memory and captured graphs are left out, so an engine reports somewhat fewer.
 *
 * @throws InputError where fewer than two blocks remain: by how much it misses, and what would do
 */
export const kvBlocks = (device: DeviceModel, model: LanguageModel, settings: MemorySettings): KvBlocks => {
  const usableBytes = Math.floor(device.memory.bytes * settings.gpu_memory_utilization);
  const activation = activationBytes(model, device.dtype, batchLimits(settings, device.memory.bytes, device.device));
  const kvBytes = usableBytes - device.weight_bytes - activation;
  const blockBytes = settings.block_size * device.kv_bytes_per_token;
  const numGpuBlocks = Math.floor(kvBytes / blockBytes);
  if (numGpuBlocks >= 2) return { numGpuBlocks, usableBytes, weightBytes: device.weight_bytes, activationBytes: activation, kvBytes };
  const needed = device.weight_bytes + activation + 2 * blockBytes;
  const fitting = builtInModels.filter((other) => leastBytes(other, device, settings) <= usableBytes).map(({ name }) => name);
  const more = `with at least ${gib(needed / settings.gpu_memory_utilization)}`;
  const wayOut =
    fitting.length === 0
      ? `A device ${more} would do.`
      : `Of the built-in models ${list(fitting)} would fit (--model, or model in the scenario); or take a device ${more}.`;
  const reference =
    device.is_gpu || device.model !== REFERENCE.model
      ? ""
      : ` A made-up one is in every clone, for a first look: --device ${REFERENCE.file}`;
  throw new InputError(
    `${device.model} on ${device.device}`,
    `needs ${gib(needed)} for weights (${gib(device.weight_bytes)} in ${device.dtype}), activations and two KV blocks, ` +
      `and may use ${gib(usableBytes)} (${settings.gpu_memory_utilization} of ${gib(device.memory.bytes)}): ${gib(needed - usableBytes)} short`,
    wayOut + reference,
  );
};

/** A device of H100 class that nobody has measured, and the model that it is of. */
const REFERENCE = { model: "Llama-3.1-8B", file: "bench/reference-model.json" };

/** What a model needs on a device to run at all: weights, activations and two KV blocks. */
const leastBytes = (model: LanguageModel, { dtype, memory, device }: DeviceModel, settings: MemorySettings): Bytes =>
  weightBytes(model, dtype) +
  activationBytes(model, dtype, batchLimits(settings, memory.bytes, device)) +
  2 * settings.block_size * kvBytesPerToken(model, dtype);

/**
 * Peak of activations in a step of `max_num_batched_tokens`: the widest layer's input and output, the gate's result and two
 * residual streams, and f32 logits twice (scores and probabilities) for `max_num_seqs` outputs. An estimate.
 */
export const activationBytes = (model: LanguageModel, dtype: Dtype, limits: BatchLimits): Bytes => {
  const perToken = (2 * model.hiddenSize + 3 * model.intermediateSize) * bytesOf(dtype);
  const logits = Math.min(limits.max_num_seqs, limits.max_num_batched_tokens) * model.vocabSize * 2 * 4;
  return limits.max_num_batched_tokens * perToken + logits;
};

/** KV room without which a model is no sensible default: eight requests of 4,096 tokens. */
const LEAST_KV_TOKENS = 8 * 4096;

/**
 * The model of the default question: the largest built-in one that fits with room for eight requests of 4,096 tokens. On a
 * software adapter always the smallest, since there it is a check of the pipeline.
 */
export const largestBuiltInThatFits = (profile: Profile, settings: MemorySettings, memory?: Bytes): LanguageModel => {
  const smallest = builtInModels[0]!;
  if (!profile.is_gpu) return smallest;
  const dtype = stepDtype(profile);
  const { bytes } = deviceMemory(profile, memory);
  const usable = bytes * settings.gpu_memory_utilization;
  const limits = batchLimits(settings, bytes, profile.device);
  return (
    builtInModels.findLast(
      (model) =>
        weightBytes(model, dtype) + activationBytes(model, dtype, limits) + LEAST_KV_TOKENS * kvBytesPerToken(model, dtype) <= usable,
    ) ?? smallest
  );
};

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
