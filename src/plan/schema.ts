import { z } from "zod";
import { latencySchema } from "../fleet/run.ts";
import { inputSchema } from "../provenance.ts";

/** The answer: stable capacity, what an autoscaler does on the same traffic, and how far to trust both. */
export const PLAN_SCHEMA = "ballast.plan/1";

export const objectiveResultSchema = z.strictObject({
  objective: z.string().meta({ description: "ttft.p99<=2s" }),
  limit_s: z.number().positive(),
  value_s: z.number().min(0).nullable().meta({ description: "Null: unfinished or rejected requests put the percentile beyond any time" }),
  is_met: z.boolean(),
});
export type ObjectiveResult = z.infer<typeof objectiveResultSchema>;

/** One policy on the question's traffic, over all replications. */
export const candidateSchema = z.strictObject({
  policy: z.string(),
  replicas: z.strictObject({ min: z.int(), max: z.int(), mean: z.number() }),
  objectives: z.array(objectiveResultSchema).min(1),
  meets: z.boolean().meta({ description: "Every objective in every replication" }),
  replications_met: z.int().min(0),
  gpu_hours: z.number(),
  scale_events: z.number().meta({ description: "Mean number over the replications" }),
  utilization: z.number().nullable(),
  mean_batch: z.number().nullable(),
  ttft_s: latencySchema,
  tpot_s: latencySchema,
});
export type Candidate = z.infer<typeof candidateSchema>;

export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN_SCHEMA),
    heading: z.string().nullable().meta({ description: "What the reader must know first: 'Pipeline check, not a capacity answer'" }),
    model: z.string().meta({ description: "The language model's name" }),
    device: z.string().meta({ description: "The device's name: 'NVIDIA H200'" }),
    question: z.string(),
    seeds: z.array(z.int()).min(1),
    capacity: z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("found"),
        replicas: z.int().min(1),
        candidate: candidateSchema,
        one_fewer: candidateSchema.nullable().meta({ description: "Why fewer would not do; null where one replica is enough" }),
        headroom_over_mean: z.number().meta({ description: "Capacity over the mean load: 0.4 is 40 % above it" }),
      }),
      z.strictObject({ kind: z.literal("impossible"), because: z.string(), best: candidateSchema.nullable() }),
    ]),
    autoscaler: candidateSchema.nullable().meta({ description: "What a Kubernetes HPA does on the same traffic" }),
    tried: z.array(z.strictObject({ replicas: z.int(), meets: z.boolean() })),
    inputs: z.array(inputSchema),
    not_modelled: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: "Plan", title: "Ballast plan, version 1" });
export type Plan = z.infer<typeof planSchema>;
