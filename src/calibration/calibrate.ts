import type { Dtype } from "../../kernels/kernel.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { bytesOf, headLinear, kvBytesPerToken, layerSizes, weightBytes } from "../model/shapes.ts";
import type { Profile } from "../profile/schema.ts";
import type { Bytes } from "../units.ts";
import { DEVICE_MODEL_SCHEMA, WEBGPU, type WebGpuModel } from "./device-model.ts";
import { stepDtype } from "./dtype.ts";
import { loadCurve } from "./load.ts";
import { deviceMemory } from "./memory.ts";
import { stepCurve } from "./step.ts";
import { warmUpCurve } from "./warm-up.ts";

export interface CalibrationOptions {
  /** Content hash of the profile (`profileHash`), carried into the result. */
  readonly profileHash: string;
  /** Element type of weights and KV cache; f16 where the device can, by default. */
  readonly dtype?: Dtype;
  /** Memory for weights and KV cache, where the profile does not know or the user knows better. */
  readonly memory?: Bytes;
}

/**
 * The scaling model of a language model on a measured device: load, warm-up and step curve, each with its valid range and its
 * error on what the fit did not see.
 *
 * It speaks for a WebGPU engine that runs these kernels one step after another, weights in one copy; what the curves leave out
 * or stretch is in the notes.
 *
 * @throws InputError naming the measurement that the profile lacks, and the command that makes it
 */
export const calibrate = (profile: Profile, model: LanguageModel, options: CalibrationOptions): WebGpuModel => {
  const dtype = options.dtype ?? stepDtype(profile);
  const step = stepCurve(profile, model, dtype);
  const load = loadCurve(profile);
  return {
    schema: DEVICE_MODEL_SCHEMA,
    model: model.name,
    device: profile.device,
    is_gpu: profile.is_gpu,
    condition: profile.condition,
    runtime: profile.runtime,
    profile: options.profileHash,
    engine: WEBGPU,
    anchored: null,
    dtype,
    weight_bytes: weightBytes(model, dtype),
    kv_bytes_per_token: kvBytesPerToken(model, dtype),
    memory: deviceMemory(profile, options.memory),
    load: load.curve,
    warm_up: warmUpCurve(profile),
    step: step.curve,
    notes: [...deviceNotes(profile, model, dtype), ...load.notes, ...step.notes],
  };
};

const deviceNotes = (profile: Profile, model: LanguageModel, dtype: Dtype): string[] => {
  const notes: string[] = [];
  if (profile.runtime === "dawn") notes.push("Measured with Dawn in Node, not in a browser: the curves are those of an engine in Node.");
  if (dtype === "f32" && model.publishedDtype !== "float32" && model.publishedDtype !== "") {
    notes.push(`Weights and KV cache are held in f32: twice the bytes of ${model.publishedDtype}, in which the weights were published.`);
  }
  const binding = profile.environment.adapter.limits["maxStorageBufferBindingSize"];
  const largest = Math.max(...[...layerLinears(layerSizes(model)), headLinear(model)].map(({ n, k }) => n * k)) * bytesOf(dtype);
  if (binding !== undefined && largest > binding) {
    notes.push(
      `The largest weight (${largest} bytes) exceeds one binding (${binding}): it must be held in ${Math.ceil(largest / binding)} shards, whose extra dispatches are not counted.`,
    );
  }
  return notes;
};
