import { z } from "zod";
import { samples } from "./measurements/common.ts";

/**
 * What the machine does without a browser in between, measured on the same GPU by the vendor's own library: the limit that WebGPU's
 * figures are a share of.
 */

/** A copy timed as a whole, in chunks one after another; verified by reading back. */
const copySchema = z.strictObject({
  bytes: z.int().min(1),
  chunk_bytes: z.int().min(1),
  samples_s: samples.meta({ description: "Seconds for all bytes" }),
  verified: z.literal(true).meta({ description: "The bytes were read back and compared" }),
});

/** C (m×n) = A (m×k) · B (k×n). tf32: f32 in memory, multiplied with 10 bits of mantissa. Every type accumulates in f32. */
const matmulSchema = z.strictObject({
  dtype: z.enum(["f32", "tf32", "f16", "bf16"]),
  m: z.int().min(1),
  n: z.int().min(1),
  k: z.int().min(1),
  samples_s: samples.meta({ description: "Seconds for one matmul, already divided by runs_per_sample" }),
  runs_per_sample: z.int().min(1),
  weight_copies: z.int().min(1).meta({ description: "Copies of the weights that the runs take turns on, so that none lies in a cache" }),
  worst_share_of_bound: z
    .number()
    .min(0)
    .max(1)
    .meta({ description: "Largest error of the elements checked, of what the arithmetic allows" }),
});
export type NativeMatmul = z.infer<typeof matmulSchema>;

export const nativeReferenceSchema = z.strictObject({
  tool: z.literal("cuda"),
  device: z.string(),
  driver: z.string().meta({ description: "Version of CUDA that the driver supports" }),
  library: z.string().nullable().meta({ description: "cuBLAS and its version; null where it was not found" }),
  host_to_device: z.array(copySchema).meta({ description: "From pinned memory" }),
  device_to_device: z.array(copySchema).meta({ description: "Each byte is read once and written once" }),
  matmuls: z.array(matmulSchema),
  notes: z.array(z.string()).meta({ description: "What could not be measured, and why" }),
});
export type NativeReference = z.infer<typeof nativeReferenceSchema>;
