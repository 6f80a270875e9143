import { z } from "zod";
import { SERVER_METRICS } from "../autoscaler/metrics.ts";
import { predictiveSchema, queueLengthSchema, scheduledSchema, scrapeSchema } from "../autoscaler/settings.ts";
import { coldStartSchema } from "./cold-start/settings.ts";

export { coldStartSchema };
export type { ColdStart } from "./cold-start/settings.ts";

const positive = z.number().positive();

/** What every autoscaler can be told beside its own rule. */
const common = {
  initial_replicas: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "Replicas ready at time 0; the least that the policy allows by default" }),
  scrape: scrapeSchema.optional().meta({ description: "Metrics come late, by a scrape; at once by default" }),
};

export const policySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed"), replicas: z.int().min(1) }),
  /** A Kubernetes HorizontalPodAutoscaler (autoscaling/v2) on a per-pod average, without `behavior`. Any other comes from its manifest. */
  z.strictObject({
    kind: z.literal("hpa"),
    min_replicas: z.int().min(1).default(1),
    max_replicas: z.int().min(1),
    metric: z.enum(SERVER_METRICS).default("requests_in_flight"),
    target_average: positive.meta({ description: "averageValue: the metric per pod that the HPA aims at" }),
    ...common,
  }),
  scheduledSchema.extend(common),
  queueLengthSchema.extend({
    ...common,
    batch_slots: queueLengthSchema.shape.batch_slots.optional().meta({ description: "The servers' max_num_seqs by default" }),
  }),
  predictiveSchema.extend({
    ...common,
    horizon_s: predictiveSchema.shape.horizon_s
      .optional()
      .meta({ description: "How far ahead it looks; the typical cold start by default" }),
  }),
  /** The autoscaler of the scenario's `manifests`: HorizontalPodAutoscaler, ScaledObject or Knative Service. */
  z.strictObject({
    kind: z.literal("manifest"),
    starts_at: scheduledSchema.shape.starts_at.meta({
      description: "What the traffic's time 0 is, in UTC, for cron triggers; a Monday by default",
    }),
    ...common,
  }),
  /** One of the user's own. */
  z.strictObject({
    kind: z.literal("module"),
    file: z.string().min(1).meta({ description: "A JavaScript module that exports decide(observation), or create() that gives one" }),
    initial_replicas: z.int().min(0).default(1).meta({ description: "Replicas ready at time 0" }),
    scrape: common.scrape,
  }),
]);
export type PolicySettings = z.infer<typeof policySchema>;

const scrapeInterval = (seconds: number) =>
  z.number().min(0).default(seconds).meta({
    description: "The router sees the servers as they were at the last scrape; 0: as they are, as a proxy that counts its own requests",
  });
const weight = (value: number) => z.number().min(0).default(value);

export const routerSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("random") }),
    z.strictObject({ kind: z.literal("round-robin") }),
    z.strictObject({ kind: z.literal("least-outstanding"), scrape_interval_s: scrapeInterval(0) }),
    /** The less loaded of two drawn at random. */
    z.strictObject({ kind: z.literal("power-of-two"), scrape_interval_s: scrapeInterval(0) }),
    z.strictObject({ kind: z.literal("least-kv"), scrape_interval_s: scrapeInterval(0.05) }),
    /** The endpoint picker of the Gateway API Inference Extension, with its default weights, limits and scrape interval. */
    z.strictObject({
      kind: z.literal("prefix-aware"),
      prefix_weight: weight(3).meta({ description: "Of the share of the prompt that was sent to a replica before" }),
      queue_weight: weight(2).meta({ description: "Of a short queue" }),
      kv_weight: weight(2).meta({ description: "Of the share of KV blocks that is free" }),
      block_size: z.int().min(1).optional().meta({ description: "Tokens in a block of the router's index; the server's by default" }),
      max_blocks: z.int().min(1).default(256).meta({ description: "What of a prompt lies behind so many blocks is not looked at" }),
      blocks_per_replica: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "Blocks that the router remembers of each replica; num_gpu_blocks by default" }),
      scrape_interval_s: scrapeInterval(0.05),
    }),
    z.strictObject({
      kind: z.literal("session-affinity"),
      max_sessions: z
        .int()
        .min(1)
        .default(100_000)
        .meta({ description: "Sessions remembered at least; those used longest ago are forgotten" }),
    }),
    /** With bounded loads. */
    z.strictObject({
      kind: z.literal("consistent-hash"),
      key: z.enum(["prefix", "session"]).default("prefix").meta({ description: "prefix: the first part of the prompt" }),
      load_factor: z.number().min(1).default(1.25).meta({ description: "Outstanding requests of a replica over the mean, at most" }),
      virtual_nodes: z.int().min(1).default(256).meta({ description: "Places of a replica on the ring" }),
    }),
  ])
  .prefault({ kind: "least-outstanding" });
export type RouterSettings = z.infer<typeof routerSchema>;
