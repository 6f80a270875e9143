import { z } from "zod";
import { count, measuredAt, samples, seconds } from "./common.ts";
import { pipelineStateSchema } from "./pipeline-state.ts";

/** From compiling a decoder layer's kernels to its steady runs, one after another. */
const settling = {
  shader_modules_s: samples.meta({ description: "createShaderModule, one sample a module" }),
  pipelines_s: samples.meta({ description: "createComputePipelineAsync one after another, one sample a pipeline, in the modules' order" }),
  first_dispatch_s: seconds.meta({ description: "The first run of a decoder layer, wall clock" }),
  dispatches_s: samples.meta({ description: "The runs that follow, in order, wall clock" }),
  gpu_s: z.array(seconds.nullable()).nullable().meta({
    description:
      "GPU time of the first run and of those that follow; null for a pair of timestamps that is no duration, or without timestamp-query",
  }),
  steady_after: count.meta({ description: "Index in dispatches_s from which the runs are steady (change-point)" }),
};

const asked = { adapter_s: seconds, device_s: seconds };

/** One start: what was new in it, and the state its pipelines were compiled in. */
export const startSchema = z.discriminatedUnion("fresh", [
  z.strictObject({
    fresh: z.literal("process"),
    pipelines: z.enum(["cold", "disk-warm"]),
    launch: count.meta({ description: "Starts of one launch share a browser profile: the disk-warm one follows the cold one" }),
    browser_start_s: seconds.meta({ description: "From launching the browser to the page being ready" }),
    browser_cache_entries: count.nullable().meta({
      description: "In the browser's cache of compiled shaders on the disk when the process started; null where it could not be read",
    }),
    driver_cache_bytes: count.meta({ description: "In the driver's own, where it lets itself be told a folder" }),
    ...asked,
    ...settling,
  }),
  z.strictObject({ fresh: z.literal("device"), pipelines: pipelineStateSchema.extract(["process-warm"]), ...asked, ...settling }),
  z.strictObject({ fresh: z.literal("pipelines"), pipelines: pipelineStateSchema.extract(["cold"]), ...settling }),
  z.strictObject({ fresh: z.literal("nothing"), pipelines: pipelineStateSchema.extract(["hot"]), ...settling }),
]);
export type Start = z.infer<typeof startSchema>;
export type StartOf<F extends Start["fresh"]> = Extract<Start, { fresh: F }>;

/** From nothing to a steady decoder layer, several times over; and again with a process, a device or pipelines that are there already. */
export const warmUpSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("warm-up"),
  starts: z.array(startSchema).min(1).meta({ description: "In the order they were made; the first is a cold one of a fresh process" }),
  missing: z.string().nullable().meta({ description: "What was planned and is not here, and why; null where nothing is missing" }),
});
