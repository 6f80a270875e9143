import { z } from "zod";
import { latencySchema } from "../fleet/run.ts";
import { inputSchema } from "../provenance.ts";
import { leversSchema } from "./levers/schema.ts";

/** The answer: stable capacity, what an autoscaler does on the same traffic, and how far to trust both. */
export const PLAN_SCHEMA = "ballast.plan/2";

/** Whether it holds at 95 %: undecided where the interval holds the limit. One replication has no interval and decides by its value. */
export const verdictSchema = z.enum(["meets", "misses", "undecided"]);

export const objectiveResultSchema = z.strictObject({
  objective: z.string().meta({ description: "ttft.p99<=2s" }),
  unit: z.enum(["s", "share", "1/h"]).meta({ description: "Of limit, value and interval" }),
  limit: z.number().min(0),
  value: z
    .number()
    .min(0)
    .nullable()
    .meta({ description: "Over all replications together. Null: unfinished or rejected requests put the percentile beyond any time" }),
  interval: z
    .strictObject({ low: z.number().nullable(), high: z.number().nullable() })
    .nullable()
    .meta({ description: "95 %, over replications; an end is null where it is beyond any time; null: one replication" }),
  worst_window: z
    .number()
    .min(0)
    .nullable()
    .meta({ description: "Share of bad requests in the worst window; null: no windows were asked for" }),
  verdict: verdictSchema,
});
export type ObjectiveResult = z.infer<typeof objectiveResultSchema>;

const costSchema = z.strictObject({ total: z.number().meta({ description: "Mean over the replications" }), per_hour: z.number() });

/** One policy on the question's traffic, over all replications. */
export const candidateSchema = z.strictObject({
  policy: z.string(),
  hardship: z
    .string()
    .optional()
    .meta({ description: "Of those that it has to survive, the one that objectives and latencies are under: it decides" }),
  replicas: z.strictObject({ min: z.int(), max: z.int(), mean: z.number() }),
  objectives: z.array(objectiveResultSchema).min(1),
  verdict: verdictSchema.meta({ description: "Of all objectives, over all replications together" }),
  replications: z.int().min(1),
  replications_met: z.int().min(0).meta({ description: "Replications that are within every objective by themselves" }),
  gpu_hours: z.number(),
  cost: costSchema.optional().meta({ description: "In the currency of the prices; absent: there are none" }),
  scale_events: z.number().meta({ description: "Mean number over the replications" }),
  compared: z
    .strictObject({
      under: z.literal("nothing").meta({ description: "What happens to the fleet there: nothing of what it has to survive" }),
      tail: z
        .number()
        .nullable()
        .meta({ description: "The largest share of its limit that a latency objective takes there; null: one is never reached" }),
    })
    .optional()
    .meta({
      description:
        "What replicas, GPU-hours, cost and scale events are under where the fleet has to survive something, the same for every policy; absent: it has nothing to survive, or an older file, in which they are under the hardship",
    }),
  utilization: z.number().nullable(),
  mean_batch: z.number().nullable(),
  ttft_s: latencySchema,
  tpot_s: latencySchema,
});
export type Candidate = z.infer<typeof candidateSchema>;

/** A policy by what it costs, how far its tail is from the limits, and how often it changes the fleet. */
export const frontierPointSchema = z.strictObject({
  name: z.string(),
  policy: z.string(),
  gpu_hours: z.number(),
  tail: z
    .number()
    .nullable()
    .meta({ description: "The largest share of its limit that a latency objective takes; null: one is never reached" }),
  scale_events: z.number(),
  under: z.literal("nothing").optional().meta({
    description:
      "What GPU-hours, tail and scale events are under where the fleet has to survive something: nothing of that; absent: it has nothing to survive",
  }),
  verdict: verdictSchema,
  is_dominated: z.boolean().meta({ description: "Another policy is as good in all three and better in one" }),
  family: z.enum(["today", "fixed", "autoscaler", "pool"]).optional().meta({
    description: "pool: with a warm pool of another size than the scenario's; absent in older files",
  }),
  titles: z.array(z.string()).optional().meta({
    description: "What it is the best in, of those that meet the objectives: cheapest that meets, shortest tail, least churn, knee",
  }),
});
export type FrontierPoint = z.infer<typeof frontierPointSchema>;

/** How far the steady rate that the answer sustains is above the busiest window. */
export const headroomSchema = z.strictObject({
  window_s: z.number().positive().meta({ description: "Length of the window" }),
  requests_per_s: z.number().positive().meta({ description: "In the busiest of them, end to end from the first arrival on" }),
  headroom: z.number().meta({ description: "Capacity over that rate: 0.4 is 40 % above it, -0.2 a fifth below" }),
});
export type Headroom = z.infer<typeof headroomSchema>;

/** What the answer becomes when one thing is otherwise. */
export const sensitivityRowSchema = z.strictObject({
  name: z.string().meta({ description: "What is otherwise, as a clause: traffic grows by half" }),
  fixed: z
    .strictObject({ replicas: z.int().min(1), gpu_hours: z.number() })
    .nullable()
    .meta({ description: "The smallest fixed number that meets the objectives then; null: none does" }),
  autoscaled: z
    .strictObject({ policy: z.string(), gpu_hours: z.number(), scale_events: z.number() })
    .nullable()
    .meta({ description: "The cheapest floor with an HPA on top that meets them then; null: none below the fixed number does" }),
  breaks_at_rate: z.number().min(0).nullable().meta({
    description: "Times the changed traffic's rate that the number of replicas of the answer takes; null: no limit was found",
  }),
});
export type SensitivityRow = z.infer<typeof sensitivityRowSchema>;

export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN_SCHEMA),
    heading: z.string().nullable().meta({ description: "What the reader must know first: 'Pipeline check, not a capacity answer'" }),
    model: z.string().meta({ description: "The language model's name" }),
    device: z.string().meta({ description: "The device's name: 'NVIDIA H200'" }),
    question: z.string(),
    conditions: z
      .strictObject({ window_s: z.number().positive().optional(), survive: z.int().min(1).optional() })
      .optional()
      .meta({ description: "Under what the objectives are to hold besides: in every window, with so many replicas lost; absent: nothing" }),
    command: z
      .string()
      .optional()
      .meta({ description: "The command that asked it, without what only says where to write; absent: an older file, or a program" }),
    seeds: z.array(z.int()).min(1),
    capacity: z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("found"),
        replicas: z.int().min(1),
        interval: z
          .strictObject({
            low: z.int().min(1),
            high: z
              .int()
              .min(1)
              .nullable()
              .meta({ description: "Null: more than were tried, of slower steps or of another draw of the trace" }),
            of: z.string().meta({ description: "What it holds" }),
          })
          .nullable()
          .meta({ description: "95 %; null in older files" }),
        prediction: z
          .strictObject({
            low: z.int().min(1),
            high: z.int().min(1).nullable().meta({ description: "Null: more than were tried" }),
          })
          .optional()
          .meta({ description: "What another stretch like the trace needs, at 95 % if nothing drifts; absent of generated traffic" }),
        candidate: candidateSchema,
        one_fewer: candidateSchema.nullable().meta({
          description:
            "The largest smaller number that surely misses, and what it misses; null where there is none: one replica is enough, with those gone that may be none would be left, or the smaller ones are too close to call (see tried)",
        }),
        breaks_at_rate: z.number().positive().nullable().meta({
          description:
            "Times the traffic's rate up to which no objective is known to be missed; null: no limit was found, or an older file",
        }),
        breaks_at_burst: z
          .strictObject({
            seconds: z.number().positive(),
            times_mean: z.number().min(0).nullable().meta({
              description:
                "Times the mean rate up to which no objective is known to be missed; null: no limit was found, 0: none that holds",
            }),
          })
          .optional()
          .meta({ description: "A burst on top of the busiest time of that length; absent in older files" }),
        headroom_over_mean: z.number().meta({ description: "Capacity over the mean load: 0.4 is 40 % above it" }),
        headroom_over_peaks: z
          .array(headroomSchema)
          .optional()
          .meta({ description: "Capacity over the busiest windows, the shortest first; absent in older files" }),
        rates_count: z
          .literal("session starts")
          .optional()
          .meta({ description: "What the rates of burst and headroom count, where some requests follow others; absent: requests" }),
      }),
      z.strictObject({ kind: z.literal("impossible"), because: z.string(), best: candidateSchema.nullable() }),
      z
        .strictObject({ kind: z.literal("not-reproduced"), because: z.string(), best: z.null() })
        .meta({ description: "A validation on the user's own hours has shown that the simulation cannot speak of an objective" }),
    ]),
    today: candidateSchema.nullable().optional().meta({
      description: "What the user's own policy does on the same traffic; null: the user has written none; absent in older files",
    }),
    today_is: z.enum(["running", "scenario"]).optional().meta({
      description: "Whose policy `today` is: running, from manifests; scenario, written there; absent in older files, and without one",
    }),
    today_left_out: z.string().optional().meta({
      description: "Why what runs today is not simulated, and what to do; absent: it is, or the user has written none",
    }),
    autoscaler: candidateSchema.nullable().meta({
      description:
        "What an HPA derived from the fixed answer does on the same traffic; null: an autoscaler runs today, or there is no answer",
    }),
    hybrid: candidateSchema.nullable().optional().meta({
      description: "The cheapest floor with an autoscaler on top that meets the objectives; null: none is; absent: not looked for",
    }),
    frontier: z.array(frontierPointSchema).optional().meta({ description: "Policies by cost, the cheapest first; absent: not asked for" }),
    levers: leversSchema.optional().meta({ description: "What each lever is worth; absent: not asked for" }),
    sensitivity: z
      .strictObject({
        base: sensitivityRowSchema.meta({ description: "The answer as it is" }),
        rows: z.array(sensitivityRowSchema).meta({ description: "From what saves most GPU-hours to what costs most" }),
      })
      .optional()
      .meta({ description: "What the answer becomes when one thing is otherwise; absent: not asked for" }),
    tried: z.array(z.strictObject({ replicas: z.int(), verdict: verdictSchema, replications: z.int().min(1) })),
    cautions: z
      .array(z.string())
      .optional()
      .meta({ description: "What limits the answer more than its interval says: a single burst, a trace shorter than a start" }),
    inputs: z.array(inputSchema),
    not_modelled: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: "Plan", title: "Ballast plan, version 2" });
export type Plan = z.infer<typeof planSchema>;
