import { z } from "zod";
import { count, measuredAt, samples, seconds } from "./common.ts";

/** From nothing to a steady decoder layer. */
export const warmUpSchema = z.strictObject({
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
