import { z } from "zod";

/** What an operator can do about the cost of a fleet that scales. */
export const LEVERS = ["baseline", "smoothing", "admission", "placement", "churn", "warm-pool", "faster-load"] as const;
export type LeverName = (typeof LEVERS)[number];

/** An objective that no setting meets. */
const missedSchema = z.strictObject({
  objective: z.string().meta({ description: "ttft.p99<=2s" }),
  unit: z.enum(["s", "share", "1/h"]).meta({ description: "Of limit and value" }),
  limit: z.number().min(0),
  value: z.number().min(0).nullable().meta({ description: "Null: beyond any time, since requests are not finished" }),
});
export type Missed = z.infer<typeof missedSchema>;

const missesSchema = z.strictObject({
  kind: z.literal("misses"),
  policy: z.string().meta({ description: "The setting that gives a replica least to do, in words" }),
  misses: z.array(missedSchema).min(1).meta({ description: "What it misses, or does not surely meet" }),
});
export type Misses = z.infer<typeof missesSchema>;

/** A difference in GPU-hours over the same replications. Below 0: it saves. */
const gapSchema = z.strictObject({
  gpu_hours: z.number(),
  low: z.number().nullable().meta({ description: "95 %; null: one replication, or not looked into" }),
  high: z.number().nullable(),
});
export type Gap = z.infer<typeof gapSchema>;

const figures = {
  policy: z.string().meta({ description: "The cheapest setting that meets every objective, in words" }),
  gpu_hours: z.number().min(0).meta({ description: "Mean over the replications" }),
  scale_events: z.number().min(0).meta({ description: "Mean over the replications" }),
  tail: z.number().nullable().meta({ description: "The largest share of its limit that a latency objective takes" }),
  not_served: z.number().min(0).max(1).meta({ description: "Share of requests that did not finish: each misses every objective" }),
};

const meetsSchema = z.strictObject({
  kind: z.literal("meets"),
  ...figures,
  change: gapSchema.meta({ description: "Against the reference" }),
});
export type Meets = z.infer<typeof meetsSchema>;

const outcomeSchema = z.discriminatedUnion("kind", [meetsSchema, missesSchema]).meta({ id: "LeverOutcome" });
export type Outcome = z.infer<typeof outcomeSchema>;

const leverSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("pulled"),
    lever: z.enum(LEVERS),
    from: z.string().meta({ description: "How it is without the lever" }),
    to: z.string().meta({ description: "What was changed" }),
    alone: outcomeSchema,
    all_but: outcomeSchema.nullable().meta({ description: "All others, without this one; null: there are no others" }),
  }),
  z.strictObject({ kind: z.literal("no-effect"), lever: z.enum(LEVERS), because: z.string() }),
]);
export type Lever = z.infer<typeof leverSchema>;

/** What each lever is worth in GPU-hours at equal objectives. */
export const leversSchema = z.strictObject({
  replications: z.int().min(1),
  replicated: z.enum(["seeds", "resamples"]).meta({ description: "resamples: of the trace, in blocks" }),
  reference: z.strictObject({
    ...figures,
    autoscaler: missesSchema
      .nullable()
      .meta({ description: "Where no setting of the autoscaler meets the objectives: the reference is a fixed fleet" }),
  }),
  levers: z.array(leverSchema),
  saving: z
    .strictObject({ levers: z.array(z.enum(LEVERS)).min(2), outcome: outcomeSchema })
    .nullable()
    .meta({ description: "Those that save by themselves, at once; null: fewer than two do, or all" }),
  together: outcomeSchema.nullable().meta({ description: "All that were pulled at once; null: fewer than two were" }),
  notes: z.array(z.string()),
});
export type Levers = z.infer<typeof leversSchema>;
