import { z } from "zod";
import { inProcesses, measuredAt } from "./common.ts";

/**
 * Slopes: (T(many) − T(few)) / (many − few). A difference of two noisy times may be negative, and stays so: to clamp or to drop the
 * negative ones would raise the median of the rest.
 */
const slopes = z.array(z.number()).min(1);

/**
 * What launching costs by itself, as the slope of one more of something. All cases were sampled in turn, so that a sample of one
 * belongs to the same moment as the sample of the same index of another.
 */
export const overheadSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("overhead"),
  dispatch_s: slopes.meta({
    description: "One more minimal dispatch in a pass, pipeline and bind group as before; wall clock, encoding included",
  }),
  switched_dispatch_s: slopes.meta({
    description:
      "The same with another pipeline and another bind group than the dispatch before, as the kernels of a model follow each other",
  }),
  pass_s: slopes.meta({ description: "One more pass of one dispatch in a submit; wall clock" }),
  submit_s: slopes.meta({ description: "One more submit of one dispatch, without waiting in between; wall clock" }),
  encode_s: slopes.meta({ description: "Time of the page's own thread to encode one more switched dispatch; nothing is submitted" }),
  gpu_dispatch_s: slopes
    .nullable()
    .meta({ description: "As dispatch_s, by GPU timestamps around the pass; null without timestamp-query or where none was a duration" }),
  gpu_switched_dispatch_s: slopes.nullable().meta({ description: "As switched_dispatch_s, by GPU timestamps" }),
  ...inProcesses,
});
