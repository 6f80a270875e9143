import { z } from "zod";
import { measuredAt } from "./common.ts";
import { cacheSchema, timingSchema } from "./timing.ts";

/** Seconds for one run of a kernel, or of a whole decoder layer. */
export const kernelMeasurementSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("kernel"),
  family: z.string(),
  variant: z.string(),
  version: z.int().min(1),
  dtype: z.enum(["f32", "f16"]),
  shape: z.record(z.string(), z.int().min(0)),
  operations: z.number().min(0),
  bytes: z.number().min(0),
  cache: cacheSchema,
  rotated_bytes: z
    .number()
    .min(0)
    .meta({ description: "Cold: bytes of all copies of the weights and caches that the runs take turns on, the flush included; hot: 0" }),
  timing: timingSchema,
  power_w: z.number().min(0).nullable().meta({ description: "Mean power of the GPU while it was measured; null where no tool told" }),
});
