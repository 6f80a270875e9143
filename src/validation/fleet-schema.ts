import { z } from "zod";
import { inputSchema } from "../provenance.ts";

export const FLEET_VALIDATION_SCHEMA = "ballast.fleet-validation/1";

/** Latencies that vLLM exports as histograms. */
export const FLEET_LATENCIES = ["ttft", "tpot", "itl", "e2e"] as const;
export type FleetLatency = (typeof FLEET_LATENCIES)[number];
export const FLEET_METRICS = [...FLEET_LATENCIES, "running", "waiting", "replicas", "output_tokens_per_s"] as const;
export type FleetMetricName = (typeof FLEET_METRICS)[number];
export const FLEET_STATISTICS = ["mean", "p50", "p90", "p95", "p99"] as const;

const amount = z.number().min(0);

export const fleetRowSchema = z.strictObject({
  metric: z.enum(FLEET_METRICS),
  statistic: z.enum(FLEET_STATISTICS),
  observed: z.strictObject({ low: amount, high: amount.nullable() }).meta({
    description:
      "Of a percentile, the bounds of its bucket (null: above the last); of a mean, twice the same. Seconds, requests, replicas or tokens/s",
  }),
  simulated: z
    .array(z.strictObject({ cv: z.number().positive(), mean: amount, low: amount, high: amount }))
    .min(1)
    .meta({
      description:
        "With each burstiness, the scenario's own first: the mean over the seeds and its 95 % interval (Student's t; with one seed, the mean)",
    }),
  error: z
    .number()
    .meta({ description: "With the scenario's own burstiness: the mean over the nearer observed bound, less 1; 0 inside the bounds" }),
  error_low: z.number().meta({ description: "The same of the interval's lower end" }),
  error_high: z.number().meta({ description: "The same of its upper end" }),
  reproduced_with: z.array(z.number().positive()).meta({
    description: "The burstinesses with which the interval comes to within the tolerance of the observed bounds; none: not reproduced",
  }),
});
export type FleetRow = z.infer<typeof fleetRowSchema>;

/** A setting of the servers, by vLLM's name where it has one, and its value in words. */
export const serverSettingSchema = z.strictObject({ name: z.string(), value: z.string() });
export type ServerSetting = z.infer<typeof serverSettingSchema>;

const overTime = z.strictObject({ observed: z.array(z.number().nullable()), simulated: z.array(z.number()) });

/** A fleet's own hours, as its Prometheus saw them and as simulated, side by side. */
export const fleetValidationSchema = z
  .strictObject({
    schema: z.literal(FLEET_VALIDATION_SCHEMA),
    fleet: z.string().meta({ description: "The folder of range queries" }),
    model: z.string(),
    device: z.string(),
    server: z
      .array(serverSettingSchema)
      .min(1)
      .meta({ description: "How the servers were set, and what stood in front of them: a plan has the same" }),
    begins: z.string().meta({ description: "UTC" }),
    lasts_s: z.number().positive(),
    window_s: z.number().positive().meta({ description: "Between two counts of the requests" }),
    requests: z.int().min(1).meta({ description: "Of the first draw" }),
    replayed: z.enum(["observed", "policy"]).meta({ description: "Replicas as they were, or as the scenario's policy decides" }),
    seeds: z.array(z.int()).min(1),
    cvs: z
      .array(z.number().positive())
      .min(1)
      .meta({ description: "Of the gaps inside a window: the scenario's own, and what else it is varied to" }),
    tolerance: z.number().min(0),
    rows: z.array(fleetRowSchema),
    over_time: z.strictObject({ at_s: z.array(z.number()), replicas: overTime, running: overTime, waiting: overTime }),
    extrapolated_share: z.number().min(0).max(1),
    inputs: z.array(inputSchema),
    not_modelled: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: "FleetValidation", title: "Ballast fleet validation, version 1" });
export type FleetValidation = z.infer<typeof fleetValidationSchema>;
