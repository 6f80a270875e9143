import { z } from "zod";
import { machineStateSchema } from "./machine-state.ts";
import { clockSchema } from "./measurements/clock.ts";
import { compileSchema } from "./measurements/compile.ts";
import { deviceMemorySchema } from "./measurements/device-memory.ts";
import { kernelMeasurementSchema } from "./measurements/kernel.ts";
import { loadPipelineSchema } from "./measurements/load-pipeline.ts";
import { overheadSchema } from "./measurements/overhead.ts";
import { tuningSchema } from "./measurements/tuning.ts";
import { uploadSchema } from "./measurements/upload.ts";
import { warmUpSchema } from "./measurements/warm-up.ts";
import { nativeReferenceSchema } from "./native-reference.ts";

/**
 * What a device profile is: one device, measured once, in one condition. Raw samples, the environment, and how each number was
 * obtained. Units are in the names; times are seconds. The JSON Schema in `schema/profile.schema.json` is generated from here.
 * Each kind of measurement has a file of its own in `measurements/`.
 */
export const PROFILE_SCHEMA = "ballast.profile/4";

/** `web`: the browser's own defaults; `native-like`: bounds checks, zero-filling and validation off. Never mixed in one profile. */
export const conditionSchema = z.enum(["web", "native-like"]);
export type Condition = z.infer<typeof conditionSchema>;

export const measurementSchema = z.discriminatedUnion("kind", [
  clockSchema,
  uploadSchema,
  deviceMemorySchema,
  loadPipelineSchema,
  warmUpSchema,
  compileSchema,
  overheadSchema,
  kernelMeasurementSchema,
  tuningSchema,
]);
export type Measurement = z.infer<typeof measurementSchema>;
export type MeasurementOf<K extends Measurement["kind"]> = Extract<Measurement, { kind: K }>;

/** Whether a variant may be timed on this device: it passed against its f64 reference, failed, or could not run here. */
export const verificationSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("passed"),
    variant: z.string(),
    shapes: z.int().min(1),
    worst_share_of_bound: z.number().min(0).meta({ description: "Largest error found, as a share of what the arithmetic allows" }),
  }),
  z.strictObject({ kind: z.literal("failed"), variant: z.string(), because: z.string() }),
  z.strictObject({ kind: z.literal("unverified"), variant: z.string(), because: z.string() }),
]);
export type Verification = z.infer<typeof verificationSchema>;

const matrixUnitSchema = z.strictObject({ m: z.int(), n: z.int(), k: z.int(), component: z.string(), result: z.string() });

/** What the browser says of the adapter, word for word; fields it hides are empty strings. */
export const adapterSchema = z.strictObject({
  vendor: z.string(),
  architecture: z.string(),
  device: z.string(),
  description: z.string(),
  is_fallback: z.boolean(),
  type: z.string().meta({ description: "discrete GPU, integrated GPU, CPU; empty where the browser hides it" }),
  backend: z.string(),
  driver: z.string(),
  memory_heaps: z.array(z.strictObject({ size_bytes: z.number(), device_local: z.boolean() })),
  subgroup_sizes: z
    .strictObject({ min: z.int(), max: z.int() })
    .nullable()
    .meta({ description: "Invocations that run in lockstep, at least and at most; null where the browser does not say" }),
  matrix_units: z.array(matrixUnitSchema).nullable().meta({
    description: "Subgroup matrices that the adapter multiplies, m×k by k×n: component in, result out; null where the browser does not say",
  }),
  features: z.array(z.string()),
  limits: z.record(z.string(), z.number()),
});
export type Adapter = z.infer<typeof adapterSchema>;

export const environmentSchema = z.strictObject({
  os: z.string(),
  cpu: z.string(),
  cpu_cores: z.int().min(1),
  memory_bytes: z.number(),
  node: z.string(),
  browser: z.string().meta({ description: "Product and version, as the browser states it" }),
  launch_flags: z.array(z.string()),
  weakening_flags: z
    .array(z.strictObject({ flag: z.string(), what: z.string() }))
    .meta({ description: "Flags that weaken the browser, and how" }),
  toggles: z.array(z.string()).meta({ description: "Dawn toggles asked for" }),
  adapter: adapterSchema,
  native: z
    .strictObject({ tool: z.string(), name: z.string(), driver: z.string(), memory_bytes: z.number().nullable() })
    .nullable()
    .meta({ description: "The same GPU as nvidia-smi or system_profiler names it; null where neither is there" }),
  other_gpu_processes: z.array(z.string()).meta({ description: "Other programs that were using the GPU when the run began" }),
});
export type Environment = z.infer<typeof environmentSchema>;

export const profileSchema = z
  .strictObject({
    schema: z.literal(PROFILE_SCHEMA),
    device: z.string().min(1).meta({ description: "Name for people and folders: 'NVIDIA H200', 'SwiftShader (software)'" }),
    is_gpu: z.boolean().meta({ description: "false: a software adapter; its numbers say nothing of any GPU" }),
    condition: conditionSchema,
    runtime: z.enum(["chrome", "dawn"]),
    ballast_version: z.string(),
    started_at: z.iso.datetime(),
    budget_s: z.number().positive(),
    is_quick: z.boolean(),
    environment: environmentSchema,
    machine: machineStateSchema,
    native_reference: nativeReferenceSchema
      .nullable()
      .meta({ description: "The same GPU without a browser; null where it was not measured" }),
    verifications: z.array(verificationSchema),
    measurements: z.array(measurementSchema),
    left_out: z.array(z.strictObject({ id: z.string(), because: z.string() })).meta({ description: "What was planned and not measured" }),
    notes: z.array(z.string()).meta({ description: "What a reader should know: recovered device losses, guards that fired" }),
  })
  .meta({ id: "Profile", title: "Ballast device profile, version 4" });
export type Profile = z.infer<typeof profileSchema>;
