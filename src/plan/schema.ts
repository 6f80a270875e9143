import { z } from "zod";
import { latencySchema } from "../fleet/run.ts";
import { inputSchema } from "../provenance.ts";

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

/** One policy on the question's traffic, over all replications. */
export const candidateSchema = z.strictObject({
  policy: z.string(),
  replicas: z.strictObject({ min: z.int(), max: z.int(), mean: z.number() }),
  objectives: z.array(objectiveResultSchema).min(1),
  verdict: verdictSchema.meta({ description: "Of all objectives, over all replications together" }),
  replications: z.int().min(1),
  replications_met: z.int().min(0).meta({ description: "Replications that are within every objective by themselves" }),
  gpu_hours: z.number(),
  scale_events: z.number().meta({ description: "Mean number over the replications" }),
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
  verdict: verdictSchema,
  is_dominated: z.boolean().meta({ description: "Another policy is as good in all three and better in one" }),
});
export type FrontierPoint = z.infer<typeof frontierPointSchema>;

export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN_SCHEMA),
    heading: z.string().nullable().meta({ description: "What the reader must know first: 'Pipeline check, not a capacity answer'" }),
    model: z.string().meta({ description: "The language model's name" }),
    device: z.string().meta({ description: "The device's name: 'NVIDIA H200'" }),
    question: z.string(),
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
            high: z.int().min(1).nullable().meta({ description: "Null: no number was found for the slower steps" }),
            of: z.string().meta({ description: "What it holds" }),
          })
          .nullable()
          .meta({ description: "95 %; null in older files" }),
        candidate: candidateSchema,
        one_fewer: candidateSchema.nullable().meta({ description: "Why fewer would not do; null where one replica is enough" }),
        breaks_at_rate: z.number().positive().nullable().meta({
          description:
            "Times the traffic's rate up to which no objective is known to be missed; null: no limit was found, or an older file",
        }),
        headroom_over_mean: z.number().meta({ description: "Capacity over the mean load: 0.4 is 40 % above it" }),
      }),
      z.strictObject({ kind: z.literal("impossible"), because: z.string(), best: candidateSchema.nullable() }),
    ]),
    autoscaler: candidateSchema.nullable().meta({ description: "What a Kubernetes HPA does on the same traffic" }),
    hybrid: candidateSchema.nullable().optional().meta({
      description: "The cheapest floor with an autoscaler on top that meets the objectives; null: none is; absent: not looked for",
    }),
    frontier: z.array(frontierPointSchema).optional().meta({ description: "Policies by cost, the cheapest first; absent: not asked for" }),
    tried: z.array(z.strictObject({ replicas: z.int(), verdict: verdictSchema, replications: z.int().min(1) })),
    inputs: z.array(inputSchema),
    not_modelled: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: "Plan", title: "Ballast plan, version 2" });
export type Plan = z.infer<typeof planSchema>;
