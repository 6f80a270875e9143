import { z } from "zod";
import { inputSchema } from "../provenance.ts";
import { failureReasons } from "./admission/failure.ts";
import { scaleEffectSchema } from "./scale-effect-schema.ts";

/** What happened: the result of one simulation. Holds no wall clock, host or path, so the same seed gives the same bytes. */
export const RUN_SCHEMA = "ballast.run/1";

const count = z.int().min(0);
const seconds = z.number().min(0);

/** Percentiles over logical requests (type 7). Null where no request has the value. */
export const latencySchema = z
  .strictObject({
    count,
    mean: seconds,
    p50: seconds,
    p90: seconds,
    p95: seconds,
    p99: seconds,
    max: seconds,
    relative_error: z
      .number()
      .positive()
      .optional()
      .meta({ description: "Of the percentiles, where they come from a sketch; absent: exact" }),
  })
  .nullable();
export type Latency = z.infer<typeof latencySchema>;

/** What changes of the number of replicas cost, against the same changes ready at once, with warm prefix caches. Above 0: they cost. */
export const churnPriceSchema = z.strictObject({
  unready_gpu_s: z
    .number()
    .meta({ description: "GPU time paid for replicas that were not ready: starting or standing by; nodes that were kept" }),
  gpu_s: z.number().meta({ description: "GPU time paid for in all" }),
  request_s: z.number().meta({ description: "Time that requests spent in the system, all together" }),
  ttft_s: z.number().meta({ description: "Time to first token, of all requests together; those that fail on either side are not in it" }),
  requests_failed: z
    .number()
    .optional()
    .meta({ description: "Requests that failed; they are in request_s until they did. Absent: written by an older version" }),
});
export type ChurnPrice = z.infer<typeof churnPriceSchema>;

export const churnCostSchema = z.strictObject({
  until_s: seconds.meta({ description: "The traffic's last arrival; costs are those up to then" }),
  total: churnPriceSchema.meta({
    description:
      "The run, less the same run in which every replica that a scale-up adds is ready at once and its prefix cache is warm (that of the replica drained last where none has taken it over, else a copy of the most loaded one's), nothing stands by and no node is kept. Replicas that go drain in both",
  }),
  single: churnPriceSchema.meta({
    description: "The sum of the events' own churn prices; those drawn at random stand for the ones that are not priced",
  }),
  interaction: churnPriceSchema.meta({
    description: "total − single: what events cost together, beyond a price's horizon, or by a warm pool",
  }),
  events_exact: count.meta({ description: "Events priced because they are the largest, or because there are no others" }),
  events_sampled: count.meta({ description: "Events drawn at random from the others" }),
  events_not_priced: count,
});
export type Churn = z.infer<typeof churnCostSchema>;

/** What one scale event changed, against the same run without it. Above 0: more with it. */
export const eventPriceSchema = z.strictObject({
  horizon_s: seconds.meta({ description: "From the decision; the price looks no further" }),
  is_sampled: z.boolean().meta({ description: "Drawn at random from the smaller events" }),
  gpu_s: z.number().meta({ description: "GPU time paid for" }),
  request_s: z.number().meta({ description: "Time that requests spent in the system, all together" }),
  output_tokens: z.number().meta({ description: "Output tokens of requests that finished" }),
  requests_helped: count.meta({ description: "Requests with an earlier first token" }),
  requests_hurt: count.meta({ description: "Requests with a later first token" }),
  requests_failed: z.int().optional().meta({
    description:
      "Requests that failed: on that side they have no first token, and are in request_s until they failed. Absent: written by an older version",
  }),
  ttft_s: z.number().meta({ description: "Time to first token, of both together" }),
  mean_batch: z.number().nullable().meta({ description: "Running sequences, averaged over busy time" }),
  hit_share: z.number().nullable().meta({ description: "Share of prompt tokens found in the prefix cache" }),
  churn: churnPriceSchema
    .nullable()
    .optional()
    .meta({ description: "Of a scale-up: against the same change with replicas that are ready at once and warm; null for a scale-down" }),
});
export type EventPrice = z.infer<typeof eventPriceSchema>;

export const scaleEventSchema = z.strictObject({
  at_s: seconds,
  from: count,
  to: count,
  because: z.string().meta({ description: "The metric and target that led to it, in words" }),
  ready_after_s: seconds
    .nullable()
    .meta({ description: "Until the last replica it added was ready; null for a scale-down or if it never was" }),
  effect: scaleEffectSchema.optional().meta({
    description: "Absent: of an older version, or decided during a rolling update, which brings the number about in its own time",
  }),
  price: eventPriceSchema.nullable().optional().meta({ description: "null: not priced; absent: no events were" }),
});
export type ScaleEvent = z.infer<typeof scaleEventSchema>;

/** One value a window; null where there was nothing to tell it by. */
const byWindow = z.array(z.number().nullable());

const replicasSchema = z
  .strictObject({
    provisioning: z.array(z.number()),
    loading: z.array(z.number()),
    warming: z.array(z.number()),
    busy: z.array(z.number()).meta({ description: "Ready, and in a step" }),
    idle: z.array(z.number()).meta({ description: "Ready, and without work" }),
    draining: z.array(z.number()),
    asleep: z.array(z.number()).meta({ description: "Standing by in the warm pool" }),
    failed: z.array(z.number()).optional().meta({ description: "Down after a failure; absent: no failures were asked for" }),
  })
  .meta({ description: "Replicas by state, averaged over the window; each is in exactly one" });

export const admissionResultSchema = z.strictObject({
  attempts: count.meta({ description: "Requests sent, retries included" }),
  retries: count.meta({ description: "Attempts at a request beyond its first" }),
  failures: z
    .array(
      z.strictObject({
        state: z.enum(["rejected", "timed_out", "cut_off", "lost"]),
        reason: z.enum(failureReasons),
        attempts: count.meta({ description: "Attempts that failed so" }),
        requests: count.meta({ description: "Requests that ended so: the others were tried again" }),
      }),
    )
    .meta({ description: "In the order in which they first occurred" }),
  not_sent: count.meta({ description: "Later requests of sessions in which one has failed; they have not arrived" }),
  deferred_s: latencySchema.meta({
    description: "Each time that a request was held back in front of the queue; its latency counts from when it was sent",
  }),
});

/** Something that struck the fleet besides scaling. */
export const disruptionSchema = z.strictObject({
  at_s: seconds,
  kind: z.enum(["failure", "reclaim", "rolling_update"]),
  replica: count.nullable().meta({ description: "Its number in order of creation; null: none was ready, or the update of all" }),
  because: z.string(),
  lost: count.meta({ description: "Requests that died with their server" }),
  cut_off: count.meta({ description: "Requests that were not through when the node was" }),
  handed_over: count.meta({ description: "Requests that went on elsewhere" }),
  recovered_after_s: seconds
    .nullable()
    .meta({ description: "Until the replica or the one in its place was ready, or all replicas were of the new version; null if never" }),
});
export type Disruption = z.infer<typeof disruptionSchema>;

export const runSchema = z
  .strictObject({
    schema: z.literal(RUN_SCHEMA),
    scenario: z.string(),
    seed: z.int(),
    policy: z.string().meta({ description: "The fleet policy in words: 'fixed, 6 replicas'" }),
    inputs: z.array(inputSchema),
    ended_at_s: seconds.meta({ description: "When the last request left; arrivals stop earlier" }),
    requests: z
      .strictObject({
        arrived: count,
        deferred: count,
        queued: count,
        running: count,
        finished: count,
        rejected: count,
        timed_out: count,
        cut_off: count,
        lost: count,
      })
      .meta({ description: "Every request is in exactly one state at the end" }),
    latency: z.strictObject({
      ttft_s: latencySchema,
      tpot_s: latencySchema.meta({ description: "Per request: (last token − first token) / (output tokens − 1)" }),
      end_to_end_s: latencySchema,
    }),
    tokens: z.strictObject({
      prompt: count,
      output: count,
      recomputed: count.meta({ description: "Prefilled again after a preemption or a hand-over" }),
      abandoned: count.optional().meta({ description: "Computed for attempts that never finished; absent: 0" }),
    }),
    prefix_cache: z
      .strictObject({
        queried_tokens: count,
        hit_tokens: count,
        lost_tokens: count.optional().meta({ description: "Thrown away with replicas that went or started again; absent: 0" }),
        missed_tokens: count
          .optional()
          .meta({ description: "Of the lost ones: those that later requests asked for and computed anew, each counted once; absent: 0" }),
      })
      .nullable()
      .optional()
      .meta({ description: "Of requests admitted for the first time; null: prefix caching is off; absent in older files" }),
    preemptions: count,
    hand_overs: count.optional().meta({ description: "Requests that went from one replica to another; absent: drain is not hand-over" }),
    steps: count,
    extrapolated_steps: count.meta({ description: "Steps outside the measured range of the step curve" }),
    paid_s: z
      .strictObject({
        provisioning: seconds,
        loading: seconds,
        warming: seconds,
        busy: seconds,
        idle: seconds,
        asleep: seconds,
        failed: seconds,
      })
      .meta({ description: "GPU time by state, all replicas" }),
    gpus_per_replica: z.int().min(1).optional().meta({ description: "Absent: 1" }),
    gpu_hours: z.number().min(0),
    utilization: z.number().min(0).max(1).nullable().meta({ description: "Busy share of the time that ready replicas were paid for" }),
    useful_share: z.number().min(0).nullable().optional().meta({
      description:
        "Tokens computed (prefill and decode, recomputed ones included), over what the ready replicas would have computed in the time they were paid for at peak_tokens_per_s each",
    }),
    peak_tokens_per_s: z.number().positive().optional().meta({
      description: "The most tokens a second that one replica's steps compute, by the step-time model: the best batch of short contexts",
    }),
    mean_batch: z.number().min(0).nullable().meta({ description: "Running sequences, averaged over busy time" }),
    scale_events: z.array(scaleEventSchema),
    churn: churnCostSchema.optional().meta({ description: "What scale events cost all together; absent where they are not priced" }),
    admission: admissionResultSchema.optional().meta({ description: "Absent: the scenario has neither admission nor clients" }),
    disruptions: z
      .array(disruptionSchema)
      .optional()
      .meta({ description: "Failures, reclaimed nodes, rolling updates; absent: none can be" }),
    timeline: z
      .strictObject({
        window_s: z.number().positive(),
        arrivals: z.array(count),
        replicas_ready: z.array(z.number()).meta({ description: "Time average within the window, as are the next four" }),
        replicas_starting: z.array(z.number()),
        queued: z.array(z.number()),
        running: z.array(z.number()),
        kv_use: z.array(z.number()).meta({ description: "Share of KV blocks held on ready replicas" }),
        ttft_p99_s: byWindow.meta({ description: "Of the requests that arrived in the window" }),
        replicas: replicasSchema.optional(),
        looked_up_tokens: z
          .array(count)
          .optional()
          .meta({ description: "Prompt tokens looked up in the prefix cache; absent where it is off" }),
        hit_rate: byWindow
          .optional()
          .meta({ description: "Share of looked-up prompt tokens found in the prefix cache; absent where it is off" }),
        busy_share: byWindow.optional().meta({
          description:
            "Of the time that ready replicas were paid for, draining ones included: the share in which a step ran, which is what a device's own gauge shows (DCGM_FI_DEV_GPU_UTIL)",
        }),
        useful_share: byWindow.optional().meta({
          description:
            "As the run's own useful_share, window by window. A step's tokens count where it ends, so that a window shorter than a step may show more than 1",
        }),
        paid_gpu_s: z.array(z.number()).optional().meta({ description: "GPU seconds paid for in the window, in all states" }),
        ttft_p50_s: byWindow.optional(),
        tpot_p50_s: byWindow.optional().meta({ description: "Of the requests that arrived in the window and had two tokens or more" }),
        tpot_p99_s: byWindow.optional(),
      })
      .meta({ description: "One entry a window, from time 0 to the end" }),
    cautions: z
      .array(z.string())
      .optional()
      .meta({ description: "What is wrong with the settings that ran, such as a target that its metric never passes; absent: nothing" }),
    not_modelled: z.array(z.string()),
  })
  .meta({ id: "Run", title: "Ballast run, version 1" });
export type Run = z.infer<typeof runSchema>;
