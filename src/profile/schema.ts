import { z } from "zod";

/**
 * What a device profile is: one device, measured once, in one condition. Raw samples, the environment, and how each number was
 * obtained. Units are in the names; times are seconds. The JSON Schema in `schema/profile.schema.json` is generated from here.
 */
export const PROFILE_SCHEMA = "ballast.profile/1";

const count = z.int().min(0);
const seconds = z.number().min(0);
const samples = z.array(seconds).min(1);

/** `web`: the browser's own defaults; `native-like`: bounds checks, zero-filling and validation off. Never mixed in one profile. */
export const conditionSchema = z.enum(["web", "native-like"]);
export type Condition = z.infer<typeof conditionSchema>;

/** How a duration was obtained. Samples are seconds for one run of the kernel (already divided by `runs_per_sample`). */
export const timingSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("gpu-timestamp"),
    samples_s: samples,
    runs_per_sample: z.int().min(1).meta({ description: "Runs of the kernel inside the one timed pass" }),
    dropped: count.meta({ description: "Samples dropped because the timestamps were equal or went backwards" }),
  }),
  z.strictObject({
    kind: z.literal("wall-clock"),
    samples_s: samples,
    runs_per_sample: z.int().min(1),
    because: z.enum(["no timestamp-query", "coarse ticks"]),
  }),
]);
export type Timing = z.infer<typeof timingSchema>;

const measuredAt = { id: z.string().min(1).meta({ description: "Stable name; the same measurement has the same id in every profile" }) };

const clockSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("clock"),
  timestamp_tick_s: seconds
    .nullable()
    .meta({ description: "Smallest difference seen between GPU timestamps; null without timestamp-query" }),
  performance_now_step_s: seconds.meta({ description: "Smallest step seen of the page's own clock" }),
  empty_submit_s: samples.meta({ description: "Round trip of a submit with no work in it" }),
  small_submit_s: samples.meta({ description: "Round trip of a submit with one minimal dispatch: the floor of any wall-clock time" }),
});

const uploadSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("upload"),
  method: z.enum(["writeBuffer", "mappedAtCreation", "staging-ring"]),
  bytes: z.int().min(1),
  chunk_bytes: z.int().min(1),
  first_s: seconds.meta({ description: "The first upload into fresh buffers" }),
  repeated_s: samples.meta({ description: "Uploads into the same buffers again" }),
  verified: z.literal(true).meta({ description: "The bytes were read back and compared" }),
});

const warmUpSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("warm-up"),
  browser_start_s: seconds.meta({ description: "From launching the browser to the page being ready" }),
  adapter_s: seconds,
  device_s: seconds,
  shader_modules_s: samples.meta({ description: "createShaderModule, one sample a module" }),
  pipelines_s: samples.meta({ description: "createComputePipelineAsync from cold, one after another, one sample a pipeline" }),
  first_dispatch_s: seconds.meta({ description: "The first run of a decoder layer, wall clock" }),
  dispatches_s: samples.meta({ description: "The runs that follow, in order, wall clock" }),
  steady_after: count.meta({ description: "Index in dispatches_s from which the runs are steady (change-point)" }),
});

const overheadSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("overhead"),
  dispatch_s: samples.meta({ description: "One more minimal dispatch in a pass" }),
  submit_s: samples.meta({ description: "One more submit of one minimal dispatch, without waiting in between" }),
});

const kernelMeasurementSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("kernel"),
  family: z.string(),
  variant: z.string(),
  version: z.int().min(1),
  dtype: z.enum(["f32", "f16"]),
  shape: z.record(z.string(), z.int().min(0)),
  operations: z.number().min(0),
  bytes: z.number().min(0),
  timing: timingSchema,
});

export const measurementSchema = z.discriminatedUnion("kind", [
  clockSchema,
  uploadSchema,
  warmUpSchema,
  overheadSchema,
  kernelMeasurementSchema,
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
    verifications: z.array(verificationSchema),
    measurements: z.array(measurementSchema),
    left_out: z.array(z.strictObject({ id: z.string(), because: z.string() })).meta({ description: "What was planned and not measured" }),
    notes: z.array(z.string()).meta({ description: "What a reader should know: recovered device losses, guards that fired" }),
  })
  .meta({ id: "Profile", title: "Ballast device profile, version 1" });
export type Profile = z.infer<typeof profileSchema>;
