import { z } from "zod";
import { measuredAt, samples, seconds } from "./common.ts";
import { pipelineStateSchema } from "./pipeline-state.ts";

/** The same mix of pipelines compiled in one state, with one number of them pending at a time. */
export const compileRunSchema = z.strictObject({
  pipelines: pipelineStateSchema,
  pending: z.int().min(1).meta({ description: "Calls of createComputePipelineAsync under way at once" }),
  each_s: samples.meta({ description: "From asking for a pipeline, its module included, to having it; one sample a pipeline" }),
  total_s: seconds.meta({ description: "From asking for the first to having all" }),
});
export type CompileRun = z.infer<typeof compileRunSchema>;

/** How fast the kernels of a decoder layer compile, by the state of the caches and by how many are pending. */
export const compileSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("compile"),
  kernels: z.int().min(1).meta({ description: "Distinct kernels of the layer; each run compiles the same number of copies of every one" }),
  runs: z.array(compileRunSchema).min(1),
  missing: z.string().nullable().meta({ description: "What was planned and is not here, and why; null where nothing is missing" }),
});
