import type { Seconds } from "../../units.ts";
import type { CronTime } from "../simple/cron.ts";
import type { Behavior } from "../hpa/behavior.ts";
import type { HpaMetric, HpaSpec } from "../hpa/spec.ts";

/** How a trigger's value becomes a target: a share for each replica, or a value for all. */
export type TriggerMetricType = "AverageValue" | "Value";

export type Trigger =
  | {
      /** A Prometheus query: an aggregate of one metric of the servers. */
      readonly type: "prometheus";
      readonly query: string;
      readonly threshold: number;
      readonly activationThreshold: number;
      readonly metricType: TriggerMetricType;
      /** An empty result counts as 0; otherwise it is an error. */
      readonly ignoreNullValues: boolean;
    }
  | {
      /** So many replicas from one time to another. */
      readonly type: "cron";
      readonly start: CronTime;
      readonly end: CronTime;
      readonly desiredReplicas: number;
    };

/** What replaces a metric that fails too often. */
export interface Fallback {
  readonly failureThreshold: number;
  readonly replicas: number;
  readonly behavior: "static" | "currentReplicas" | "currentReplicasIfHigher" | "currentReplicasIfLower";
}

/** A KEDA ScaledObject, with its defaults filled in. */
export interface KedaSpec {
  readonly pollingInterval: Seconds;
  readonly cooldownPeriod: Seconds;
  readonly initialCooldownPeriod: Seconds;
  /** Null: it is not set, and idle means the minimum. */
  readonly idleReplicaCount: number | null;
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly Trigger[];
  readonly fallback: Fallback | null;
  /** Of the HPA that KEDA creates. */
  readonly behavior: Behavior | null;
  /** Annotation `paused` or `paused-replicas`: nothing scales; null: it is not paused. */
  readonly paused: { readonly replicas: number | null } | null;
}

export const KEDA_DEFAULTS = {
  pollingInterval: 30,
  cooldownPeriod: 300,
  initialCooldownPeriod: 0,
  idleReplicaCount: null,
  minReplicaCount: 0,
  maxReplicaCount: 100,
  fallback: null,
  behavior: null,
  paused: null,
} as const satisfies Omit<KedaSpec, "triggers">;

/** The external metric of a trigger, by the name KEDA gives it: its place and its type. */
export const triggerMetricName = (index: number, { type }: Trigger): string => `s${index}-${type}`;

/** The HPA that KEDA creates: from one replica on it decides, with every trigger an External metric. */
export const hpaOf = (spec: KedaSpec): HpaSpec => ({
  minReplicas: Math.max(1, spec.minReplicaCount),
  maxReplicas: spec.maxReplicaCount,
  behavior: spec.behavior,
  metrics: spec.triggers.map((trigger, index): HpaMetric => {
    const milli = Math.trunc((trigger.type === "cron" ? 1 : trigger.threshold) * 1000);
    const isValue = trigger.type === "prometheus" && trigger.metricType === "Value";
    return {
      type: "External",
      metric: triggerMetricName(index, trigger),
      target: isValue ? { type: "Value", milli } : { type: "AverageValue", averageMilli: milli },
    };
  }),
});
