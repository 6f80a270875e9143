import { z } from "zod";

const seconds = z.number().min(0);

/** The fleet in one part of an effect. Null where there was nothing to tell it by. */
const partSchema = z.strictObject({
  requests: z.int().min(0).meta({ description: "Requests that arrived in it and finished" }),
  ttft_p99_s: seconds.nullable().meta({ description: "Of those requests" }),
  tpot_p50_s: seconds.nullable().meta({ description: "Of those requests" }),
  mean_batch: z.number().nullable().meta({ description: "Running sequences, averaged over the time that replicas were busy" }),
  hit_rate: z.number().nullable().meta({ description: "Share of looked-up prompt tokens found in the prefix cache" }),
});

/**
 * What happened around one scale event: observed in the run itself, so that what else changed meanwhile, traffic above all, is in it
 * too. `price` is the comparison.
 */
export const scaleEffectSchema = z.strictObject({
  window_s: seconds.meta({ description: "How long before and after are, at most" }),
  helped_after_s: seconds.nullable().meta({ description: "From the decision until a replica it added computed its first request" }),
  settled_after_s: seconds.nullable().meta({
    description:
      "From the decision until all that it added were ready or given up, or its last victim was gone; null: the run ended before",
  }),
  before: partSchema.meta({ description: "A window before the decision. Batch and hit rate begin up to 15 s earlier" }),
  during: partSchema.meta({ description: "From the decision until it had settled" }),
  after: partSchema.meta({ description: "A window from then on, or to the end of the run" }),
  requests_waited: z.int().min(0).nullable().meta({
    description:
      "Of a scale-up: requests that arrived before it had settled and had no first token by then, those that failed meanwhile included",
  }),
  load_gpu_s: seconds.meta({ description: "GPU time paid for replicas it added before each was ready or given up" }),
  added_mean_batch: z
    .number()
    .nullable()
    .meta({ description: "Of a scale-up, in after: the mean batch of the replicas that it added; null where they had no work" }),
  others_mean_batch: z.number().nullable().meta({ description: "The same of all other replicas" }),
  refill_tokens: z.number().min(0).nullable().meta({
    description:
      "Prompt tokens computed that the hit rate of before would have found: on the replicas it added, up to the end of after; for a scale-down, on all replicas in after. Null without prefix caching, or without a hit rate before",
  }),
  refill_gpu_s: seconds.nullable().meta({ description: "What those tokens take at peak_tokens_per_s: the least that they can have cost" }),
  batch_gpu_s: z.number().nullable().meta({
    description:
      "Busy GPU time of after, less what its decodes would have taken in the batch of before, by the step-time model at the run's mean context. Below 0: batches grew",
  }),
});
export type ScaleEffect = z.infer<typeof scaleEffectSchema>;
