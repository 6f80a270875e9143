import type { Seconds } from "../../units.ts";
import type { DeciderSpec } from "./decider.ts";
import type { AggregationAlgorithm } from "./window-average.ts";

/**
 * What a Knative Service says of its scaling (annotations `autoscaling.knative.dev/…` and `containerConcurrency`), over the cluster's
 * defaults (config map `config-autoscaler`).
 */
export interface KpaSpec {
  readonly metric: "concurrency" | "rps";
  /** `containerConcurrency`: requests that a replica is given at once at most; 0: no such limit. */
  readonly containerConcurrency: number;
  /** Annotation `target`; null: containerConcurrency, or the cluster's default. */
  readonly target: number | null;
  readonly targetUtilizationPercent: number;
  readonly minScale: number;
  /** 0: none. */
  readonly maxScale: number;
  readonly initialScale: number;
  readonly activationScale: number;
  readonly window: Seconds;
  readonly panicWindowPercent: number;
  readonly panicThresholdPercent: number;
  readonly targetBurstCapacity: number;
  readonly scaleDownDelay: Seconds;
  /** `scale-to-zero-pod-retention-period`. */
  readonly podRetention: Seconds;
  readonly aggregation: AggregationAlgorithm;
  readonly cluster: KpaClusterSettings;
}

/** What only the config map can set. */
export interface KpaClusterSettings {
  readonly concurrencyDefault: number;
  readonly rpsDefault: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly hasScaleToZero: boolean;
  readonly scaleToZeroGrace: Seconds;
  readonly activatorCapacity: number;
  /** Until an activation that does not succeed is given up, the deployment's own. */
  readonly progressDeadline: Seconds;
}

export const KPA_CLUSTER_DEFAULTS: KpaClusterSettings = {
  concurrencyDefault: 100,
  rpsDefault: 200,
  maxScaleUpRate: 1000,
  maxScaleDownRate: 2,
  hasScaleToZero: true,
  scaleToZeroGrace: 30,
  activatorCapacity: 100,
  progressDeadline: 600,
};

export const KPA_DEFAULTS: KpaSpec = {
  metric: "concurrency",
  containerConcurrency: 0,
  target: null,
  targetUtilizationPercent: 70,
  minScale: 0,
  maxScale: 0,
  initialScale: 1,
  activationScale: 1,
  window: 60,
  panicWindowPercent: 10,
  panicThresholdPercent: 200,
  targetBurstCapacity: 211,
  scaleDownDelay: 0,
  podRetention: 0,
  aggregation: "linear",
  cluster: KPA_CLUSTER_DEFAULTS,
};

/** What a replica can take of the metric, and what it is meant to have of it. */
export const metricTarget = (spec: KpaSpec): { readonly total: number; readonly target: number } => {
  const { metric, containerConcurrency, cluster } = spec;
  const limit = metric === "concurrency" ? containerConcurrency : 0;
  const byDefault = metric === "rps" ? cluster.rpsDefault : limit === 0 ? cluster.concurrencyDefault : limit;
  const total = spec.target === null ? byDefault : limit === 0 ? spec.target : Math.min(spec.target, limit);
  return { total, target: Math.max(0.01, total * (spec.targetUtilizationPercent / 100)) };
};

/** Whole seconds, at least one. */
export const panicWindow = (spec: KpaSpec): Seconds => Math.max(1, Math.floor((spec.window * spec.panicWindowPercent) / 100 + 0.5));

/** All that an evaluation goes by. */
export const deciderSpec = (spec: KpaSpec): DeciderSpec => {
  const { total, target } = metricTarget(spec);
  return {
    targetValue: target,
    totalValue: total,
    targetBurstCapacity: spec.targetBurstCapacity,
    panicThreshold: spec.panicThresholdPercent / 100,
    maxScaleUpRate: spec.cluster.maxScaleUpRate,
    maxScaleDownRate: spec.cluster.maxScaleDownRate,
    stableWindow: spec.window,
    scaleDownDelay: spec.scaleDownDelay,
    activationScale: spec.activationScale,
    isReachable: true,
  };
};
