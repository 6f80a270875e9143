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

/** Seconds to bring N bytes of weights to the GPU: `setup_s + bytes / bandwidth_bytes_per_s`. */
export const loadCurveSchema = z.strictObject({
  setup_s: z.number().min(0),
  bandwidth_bytes_per_s: z.number().positive(),
  method: z.string(),
  valid_bytes: range,
  error: heldOutErrorSchema,
});
export type LoadCurve = z.infer<typeof loadCurveSchema>;

/** Seconds from a started process to steady state, by phase, in the order they happen. */
export const warmUpCurveSchema = z.strictObject({
  phases: z.array(z.strictObject({ name: z.string(), seconds: z.number().min(0) })).min(1),
  dispatches_until_steady: z.int().min(0),
  error: heldOutErrorSchema,
});
export type WarmUpCurve = z.infer<typeof warmUpCurveSchema>;

/**
 * Seconds of one engine step:
 *
 *   overhead_s + linear(tokens) + head(outputs) + per_token_s·tokens
 *     + prefill_attention.setup_s·prefill_sequences + prefill_attention.per_pair_s·prefill_pairs
 *     + [decode_sequences > 0] decode_attention.setup_s + decode_attention.per_sequence_s·decode_sequences + decode_attention.per_key_s·decode_keys
 *
 * for the whole model (all layers). Tables are linear between their points; below the first point the first value holds, above
 * the last the steeper of the last segment's slope and the whole table's goes on, and the step counts as extrapolated.
 */
const tableSchema = z
  .strictObject({ at: z.array(z.number().positive()).min(1), seconds: z.array(z.number().min(0)).min(1) })
  .refine((table) => table.at.length === table.seconds.length, "expected as many seconds as points")
  .refine((table) => table.at.every((x, i) => i === 0 || x > (table.at[i - 1] ?? 0)), "expected points in rising order");
export type Table = z.infer<typeof tableSchema>;

export const stepCurveSchema = z.strictObject({
  overhead_s: z.number().min(0),
  linear: tableSchema.meta({ description: "Linear layers of all decoder layers, by tokens in the step" }),
  head: tableSchema.meta({ description: "Output head, by sequences that produce a token" }),
  per_token_s: z.number().min(0).meta({ description: "Norms, rotary embedding, activation, residuals of all layers" }),
  prefill_attention: z.strictObject({ setup_s: z.number().min(0), per_pair_s: z.number().min(0) }),
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
