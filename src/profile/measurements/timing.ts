import { z } from "zod";
import { count, processNoise, samples, seconds } from "./common.ts";

/**
 * Hot: the inputs lie where the runs before left them. Cold: every run reads weights and KV cache that no run has touched since
 * more than the last-level cache was moved, as in a real step, where all other layers come in between.
 */
export const cacheSchema = z.enum(["hot", "cold"]);
export type Cache = z.infer<typeof cacheSchema>;

/** Which criterion ended the sampling; the last two did not meet theirs. */
export const stoppingSchema = z.strictObject({
  reason: z.enum(["noise", "entropy", "most-samples", "time-out"]),
  noise: z.number().min(0).meta({ description: "Half the width of the median's 95 % interval over the median, when sampling ended" }),
  noise_limit: z.number().positive().meta({ description: "The noise at which sampling would have ended" }),
});
export type Stopping = z.infer<typeof stoppingSchema>;

const sampled = {
  samples_s: samples.meta({ description: "Seconds for one run, already divided by runs_per_sample, in the order they were taken" }),
  runs_per_sample: z.int().min(1).meta({ description: "Runs inside one timed sample" }),
  dropped: count.meta({ description: "Samples dropped because their duration was zero or negative" }),
  throttled: count.meta({ description: "Samples dropped because the GPU throttled while they were taken" }),
  visits: z.array(z.strictObject({ samples: z.int().min(1), at_s: seconds, took_s: seconds, process: count })).meta({
    description:
      "Cases are interleaved: samples taken in each turn, in order, and when, in seconds since the interleaved group began, and in which process of the runtime, from 0. Samples of one turn share its conditions",
  }),
  process_noise: processNoise,
  stopping: stoppingSchema.nullable().meta({ description: "null where a version-1 profile did not say" }),
};

/** How a duration was obtained. */
export const timingSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("gpu-timestamp"), ...sampled }),
  z.strictObject({ kind: z.literal("wall-clock"), ...sampled, because: z.enum(["no timestamp-query", "coarse ticks"]) }),
]);
export type Timing = z.infer<typeof timingSchema>;
