import { z } from "zod";

/** Autoscalers that a user writes into a scenario; those of a cluster come from its manifests. */

const count = z.int().min(1);
const seconds = z.number().min(0);
const positive = z.number().positive();
const limits = { min_replicas: count.default(1), max_replicas: count };

export const scheduledSchema = z.strictObject({
  kind: z.literal("scheduled"),
  starts_at: z.string().default("2026-01-05T00:00:00Z").meta({ description: "What the traffic's time 0 is, in UTC; a Monday by default" }),
  utc_offset_h: z.number().min(-12).max(14).default(0).meta({ description: "Hours that the schedule's clock is ahead of UTC by" }),
  schedule: z
    .array(
      z.strictObject({
        at: z.string().meta({ description: "Minute, hour, day of the month, month, day of the week: 0 8 * * 1-5" }),
        replicas: count,
      }),
    )
    .min(1),
});

export const queueLengthSchema = z.strictObject({
  kind: z.literal("queue_length"),
  ...limits,
  period_s: positive.default(15),
  scale_up_above: seconds.default(2).meta({ description: "Waiting requests a serving replica above which one is added" }),
  scale_down_below: z.number().min(0).max(1).default(0.3).meta({ description: "Share of the batch slots in use below which one may go" }),
  batch_slots: count.meta({ description: "The servers' max_num_seqs" }),
  quiet_s: seconds.default(300).meta({ description: "So long nothing may have waited before one goes" }),
});

export const predictiveSchema = z.strictObject({
  kind: z.literal("predictive"),
  ...limits,
  period_s: positive.default(15),
  target_rate: positive.meta({ description: "Requests per second that a replica is to be given" }),
  horizon_s: positive.meta({ description: "How far ahead it looks: the cold start" }),
  alpha: z.number().gt(0).max(1).default(0.5).meta({ description: "Weight of the newest rate in the level" }),
  beta: z.number().min(0).max(1).default(0.2).meta({ description: "Weight of the newest step in the slope" }),
  scale_down_window_s: seconds.default(300).meta({ description: "Fewer replicas only where no forecast of this long asked for more" }),
});

export const scrapeSchema = z.strictObject({
  interval_s: positive.default(15).meta({ description: "Servers are scraped so often" }),
  delay_s: seconds.default(0).meta({ description: "From a scrape until the autoscaler can read it" }),
});
