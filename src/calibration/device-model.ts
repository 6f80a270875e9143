import { z } from "zod";
import { heldOutErrorSchema, range, sourceSchema } from "./curve-parts.ts";
import { stepCurveSchema, type ComposedCurve } from "./step-curve.ts";

export type { HeldOutError } from "./curve-parts.ts";
export type { StepCurve, Table } from "./step-curve.ts";

/**
 * The scaling model of one language model on one device: three curves, each with its valid range and its error on points the
 * fit did not see.
 */
export const DEVICE_MODEL_SCHEMA = "ballast.device-model/2";

/** The engine of a profile's curves: Ballast's own kernels. */
export const WEBGPU = "webgpu";

/** The way from a file to the GPU, of which the load curve is the last stage. */
export const loadPipelineSchema = z.strictObject({
  bytes: z.number().positive().meta({ description: "Size of the file it was measured with" }),
  storage: z.enum(["disk", "memory"]),
  streamed_bytes_per_s: z.number().positive().meta({ description: "Streamed from the page cache through the page to the GPU" }),
  disk_bytes_per_s: z
    .number()
    .positive()
    .nullable()
    .meta({ description: "Read past the page cache; null where the system has no such way" }),
  bandwidth_bytes_per_s: z.number().positive().meta({ description: "The slower of both: what a cold start from disk reaches" }),
  slowest: z.enum(["disk", "page cache", "transfer", "upload"]).meta({ description: "The slowest stage by itself" }),
});
export type LoadPipeline = z.infer<typeof loadPipelineSchema>;

/** Seconds to bring N bytes of weights from the process's memory to the GPU: `setup_s + bytes / bandwidth_bytes_per_s`. */
export const loadCurveSchema = z.strictObject({
  setup_s: z.number().min(0),
  bandwidth_bytes_per_s: z.number().positive(),
  method: z.string(),
  valid_bytes: range,
  error: heldOutErrorSchema,
  pipeline: loadPipelineSchema.nullable().optional().meta({ description: "null, or absent in older files: not measured" }),
  source: sourceSchema.optional().meta({ description: "Absent: measured in the profile" }),
});
export type LoadCurve = z.infer<typeof loadCurveSchema>;

const phasesSchema = z.array(z.strictObject({ name: z.string(), seconds: z.number().min(0) })).min(1);

/** Seconds from a started process to steady state, by phase, in the order they happen. Fields that may be absent are in older files, too. */
export const warmUpCurveSchema = z.strictObject({
  phases: phasesSchema.meta({ description: "From empty caches; each the median over the cold starts. Pipelines one after another" }),
  dispatches_until_steady: z.int().min(0),
  starts: z.int().min(1).optional().meta({ description: "Cold starts measured" }),
  total_s: range
    .optional()
    .meta({ description: "Interval of the median of the cold starts' totals: below 6 starts, the fastest and the slowest" }),
  restart: z
    .strictObject({ phases: phasesSchema, starts: z.int().min(1) })
    .optional()
    .meta({ description: "The same on the caches that an earlier process left on this node; absent: not measured" }),
  pending: z
    .strictObject({ pending: z.int().min(2), compile_s: z.number().min(0) })
    .optional()
    .meta({ description: "What shader modules and pipelines together take with the best number of them pending; absent: not measured" }),
  error: heldOutErrorSchema,
  source: sourceSchema.optional().meta({ description: "Absent: measured in the profile" }),
});
export type WarmUpCurve = z.infer<typeof warmUpCurveSchema>;

/** What anchoring did to one curve: times are multiplied by `factor`. */
const anchoredCurveSchema = z.strictObject({
  curve: z.enum(["load", "prefill", "decode", "warm-up"]),
  factor: z.number().positive(),
  points: z.int().min(1),
  error: heldOutErrorSchema.meta({ description: "Each point predicted by the factor of the others" }),
  sources: z.array(z.string()).min(1),
});
export type AnchoredCurve = z.infer<typeof anchoredCurveSchema>;

/** Measured points that the curves were rescaled to, of a production engine or of parts of one. */
export const anchoredSchema = z.strictObject({
  engine: z.string().meta({ description: "Whose points they are: 'vllm', 'llama.cpp'" }),
  is_no_engine: z
    .literal(true)
    .optional()
    .meta({ description: "The steps were rescaled as a library's matmuls are faster: no engine's steps stand behind them" }),
  curves: z.array(anchoredCurveSchema).min(1),
});
export type Anchored = z.infer<typeof anchoredSchema>;

export const deviceModelSchema = z
  .strictObject({
    schema: z.literal(DEVICE_MODEL_SCHEMA),
    model: z.string().meta({ description: "The language model's name" }),
    device: z.string(),
    is_gpu: z.boolean(),
    is_made_up: z
      .literal(true)
      .optional()
      .meta({ description: "Nothing of it was measured: it is for tests, benchmarks and trials, and no answer on it is one of capacity" }),
    condition: z.enum(["web", "native-like", "engine"]).meta({ description: "engine: measured in the engine itself, not by Ballast" }),
    runtime: z.enum(["chrome", "dawn"]).optional().meta({ description: "Absent in older files: chrome" }),
    profile: z.string().meta({ description: "Content hash of the profile, or of the tables, it was fitted to" }),
    engine: z.string().min(1).meta({ description: "Whose speed the curves describe: webgpu, or an engine and its version" }),
    tensor_parallel: z.int().min(1).optional().meta({ description: "GPUs that share each layer; absent: 1. Bytes are those of one GPU" }),
    anchored: anchoredSchema.nullable().meta({ description: "null: no other measurement stands behind a WebGPU curve" }),
    dtype: z.enum(["f32", "f16"]).meta({ description: "Weights and KV cache as the device can hold them" }),
    weight_bytes: z.number().positive(),
    kv_bytes_per_token: z.number().positive(),
    memory: z
      .strictObject({ bytes: z.number().positive(), origin: z.enum(["given", "measured", "assumed"]), source: z.string() })
      .meta({ description: "Device memory for weights and KV cache together" }),
    kv_cache: z
      .strictObject({ blocks: z.int().min(2), block_size: z.int().min(1), source: z.string() })
      .optional()
      .meta({ description: "As the engine's log states it; absent: estimated from memory" }),
    load: loadCurveSchema,
    warm_up: warmUpCurveSchema,
    step: stepCurveSchema,
    notes: z.array(z.string()),
  })
  .meta({ id: "DeviceModel", title: "Ballast device model, version 2" });
export type DeviceModel = z.infer<typeof deviceModelSchema>;

/** A device model of a profile: its step curve is composed from kernels. */
export type WebGpuModel = Omit<DeviceModel, "step"> & { readonly step: ComposedCurve };
