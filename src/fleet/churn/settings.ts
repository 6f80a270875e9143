import { z } from "zod";

/** Much shorter ones would leave no replica time to serve. */
const time = z.number().min(1);
const notNegative = z.number().min(0);

/** What becomes of the requests that a replica holds when it is to go. */
export const drainSchema = z
  .discriminatedUnion("kind", [
    /** It finishes all it holds, however long that takes. */
    z.strictObject({ kind: z.literal("finish") }),
    /** Kubernetes' terminationGracePeriodSeconds: what it still holds then is cut off. */
    z.strictObject({
      kind: z.literal("grace"),
      grace_period_s: notNegative.default(30).meta({ description: "terminationGracePeriodSeconds: from the wish to end until the kill" }),
    }),
    /** Its requests go back to the gateway at once, and are prefilled anew elsewhere, what they have produced included. */
    z.strictObject({ kind: z.literal("hand-over") }),
  ])
  .prefault({ kind: "finish" });
export type Drain = z.infer<typeof drainSchema>;

/** Which ready replica goes first on a scale-down; those without a node, and then those that start, always go before. */
export const victimSchema = z.enum(["kubernetes", "newest", "oldest", "least-loaded", "least-cached"]).default("kubernetes");
export type Victim = z.infer<typeof victimSchema>;

/** Times from readiness to what strikes a replica. */
export const betweenSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("exponential"), mean_s: time }),
  z.strictObject({
    kind: z.literal("weibull"),
    scale_s: time.meta({ description: "By then 63 % have failed" }),
    shape: z.number().min(0.1).meta({ description: "Below 1 early failures, above 1 wear" }),
  }),
]);
export type Between = z.infer<typeof betweenSchema>;

const statedTimes = z
  .array(notNegative)
  .default([])
  .meta({ description: "At these times it strikes the replica that has been ready longest" });

export const replicaFailuresSchema = z.strictObject({
  between: betweenSchema.optional().meta({ description: "Of each replica, while it serves" }),
  at_s: statedTimes,
  recovery: z.enum(["restart", "replace"]).default("restart").meta({
    description: "restart: the container starts again on its node; replace: the node is lost, and a new replica starts on a new one",
  }),
  back_off: z
    .boolean()
    .default(true)
    .meta({ description: "Kubernetes' CrashLoopBackOff: a container that ends again within 10 minutes waits 10 s, then 20 s … 300 s" }),
  replace_after_s: notNegative.default(300).meta({
    description: "recovery: replace; until the replica is given up and replaced: Kubernetes' toleration of an unreachable node",
  }),
  is_paid: z.boolean().default(true).meta({ description: "Whether the GPU is paid for between the failure and the next start" }),
});

export const nodeReclaimsSchema = z.strictObject({
  between: betweenSchema.optional().meta({ description: "Of each node, from the time that its replica serves" }),
  at_s: statedTimes,
  notice_s: notNegative
    .default(120)
    .meta({ description: "Until the node is gone; its replica drains meanwhile, and another starts elsewhere" }),
});

export const failuresSchema = z.strictObject({
  replica: replicaFailuresSchema.optional().meta({ description: "A server dies, and what it holds is lost" }),
  gone: z.int().min(1).optional().meta({
    description:
      "So many replicas are lost at time 0, or as soon as they are ready, and never come back: of the replicas wanted at any time, so many do not serve. They are paid for",
  }),
  node: nodeReclaimsSchema.optional().meta({ description: "A spot node is reclaimed" }),
});
export type FailureSettings = z.infer<typeof failuresSchema>;

/** Replicas, or a share of those wanted. */
const portion = z.union([z.int().min(0), z.string().regex(/^\d+%$/u, 'expected whole replicas or a percentage like "25%"')]).default("25%");

/** A Kubernetes Deployment's rolling update. */
export const rollingUpdateSchema = z.strictObject({
  at_s: notNegative,
  max_surge: portion.meta({ description: "Replicas above the number wanted at most; of a share, rounded up" }),
  max_unavailable: portion.meta({ description: "Replicas that may be missing of the number wanted; of a share, rounded down" }),
});
export type RollingUpdate = z.infer<typeof rollingUpdateSchema>;

/** How replicas go, on purpose and by accident. */
export const churnSchema = z.strictObject({
  drain: drainSchema,
  victim: victimSchema,
  failures: failuresSchema.optional(),
  rolling_update: rollingUpdateSchema.optional(),
});
export type Churn = z.infer<typeof churnSchema>;

/** Replicas go by scale-downs only, and finish what they hold. */
export const CALM: Churn = { drain: { kind: "finish" }, victim: "kubernetes" };
