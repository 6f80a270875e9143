import { z } from "zod";

/**
 * The scaling model of one language model on one device: three curves, each with its valid range and its error on points the
 * fit did not see.
 */
export const DEVICE_MODEL_SCHEMA = "ballast.device-model/1";

const range = z.tuple([z.number(), z.number()]);

/** How far predictions were from measurements that the fit did not see. Relative errors: 0.05 is 5 %. */
export const heldOutErrorSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("checked"),
    points: z.array(z.strictObject({ id: z.string(), predicted_s: z.number(), measured_s: z.number() })).min(1),
    median_abs: z.number().min(0),
    p90_abs: z.number().min(0),
    bias: z.number().meta({ description: "Mean signed relative error: above 0 predicts too slow" }),
  }),
  z.strictObject({ kind: z.literal("not-checked"), because: z.string() }),
]);
export type HeldOutError = z.infer<typeof heldOutErrorSchema>;

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
});
export type WarmUpCurve = z.infer<typeof warmUpCurveSchema>;

/**
 * Seconds of one engine step:
 *
 *   overhead_s + linear(tokens) + head(outputs) + per_token_s·tokens
 *     + prefill_attention.setup_s·prefill_sequences + prefill_attention.per_token_s·prefill_tokens + prefill_attention.per_pair_s·prefill_pairs
 *     + [decode_sequences > 0] decode_attention.setup_s + decode_attention.per_sequence_s·decode_sequences + decode_attention.per_key_s·decode_keys
 *
 * for the whole model (all layers); prefill_tokens are the step's tokens less one for each decoding sequence. Tables are linear between
 * their points; below the first point the first value holds, above the last the steeper of the last segment's slope and the whole
 * table's goes on, and the step counts as extrapolated.
 */
const tableSchema = z
  .strictObject({ at: z.array(z.number().positive()).min(1), seconds: z.array(z.number().min(0)).min(1) })
  .refine((table) => table.at.length === table.seconds.length, "expected as many seconds as points")
  .refine((table) => table.at.every((x, i) => i === 0 || x > (table.at[i - 1] ?? 0)), "expected points in rising order");
export type Table = z.infer<typeof tableSchema>;

export const stepCurveSchema = z.strictObject({
  overhead_s: z.number().min(0),
  linear: tableSchema.meta({ description: "Linear layers of all decoder layers, by tokens in the step" }),
  head: tableSchema.meta({ description: "Last norm and output projection, by sequences that produce a token" }),
  per_token_s: z.number().min(0).meta({ description: "Norms, rotary embedding, activation, residuals of all layers" }),
  prefill_attention: z.strictObject({
    setup_s: z.number().min(0),
    per_token_s: z.number().min(0).default(0).meta({ description: "By tokens of the chunks, however few keys they see" }),
    per_pair_s: z.number().min(0),
  }),
  decode_attention: z.strictObject({ setup_s: z.number().min(0), per_sequence_s: z.number().min(0), per_key_s: z.number().min(0) }),
  valid: z.strictObject({
    tokens: range,
    prefill_context: range.meta({ description: "Keys in front of a prefill chunk, chunk included" }),
    decode_sequences: range,
    decode_context: range.meta({ description: "Keys a decoding sequence attends to" }),
  }),
  error: heldOutErrorSchema,
});
export type StepCurve = z.infer<typeof stepCurveSchema>;

export const deviceModelSchema = z
  .strictObject({
    schema: z.literal(DEVICE_MODEL_SCHEMA),
    model: z.string().meta({ description: "The language model's name" }),
    device: z.string(),
    is_gpu: z.boolean(),
    condition: z.enum(["web", "native-like"]),
    runtime: z.enum(["chrome", "dawn"]).optional().meta({ description: "Absent in older files: chrome" }),
    profile: z.string().meta({ description: "Content hash of the profile it was fitted to" }),
    engine: z.literal("webgpu").meta({ description: "Whose speed the curves describe" }),
    dtype: z.enum(["f32", "f16"]).meta({ description: "Weights and KV cache as the device can hold them" }),
    weight_bytes: z.number().positive(),
    kv_bytes_per_token: z.number().positive(),
    memory: z
      .strictObject({ bytes: z.number().positive(), origin: z.enum(["given", "measured", "assumed"]), source: z.string() })
      .meta({ description: "Device memory for weights and KV cache together" }),
    load: loadCurveSchema,
    warm_up: warmUpCurveSchema,
    step: stepCurveSchema,
    notes: z.array(z.string()),
  })
  .meta({ id: "DeviceModel", title: "Ballast device model, version 1" });
export type DeviceModel = z.infer<typeof deviceModelSchema>;
