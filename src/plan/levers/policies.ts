import type { HpaMetric } from "../../autoscaler/hpa/spec.ts";
import { metricTarget } from "../../autoscaler/knative/spec.ts";
import type { Whole } from "../../autoscaler/int64.ts";
import { limitsOf, type Policy } from "../../fleet/policy.ts";

/** Targets, floors and beginnings of a policy. */

type Manifest = Extract<Policy, { kind: "manifest" }>;

const rounded = (target: number): number => Number(target.toPrecision(3));
const milli = (value: Whole, factor: number): number => Math.max(1, Math.floor(Number(value) * factor + 0.5));

/** The policy with its target times a factor: above 1 a replica is given more to do. Null where it aims at nothing. */
export const withTargetOrNull = (policy: Policy, factor: number): Policy | null => {
  switch (policy.kind) {
    case "hpa":
      return { ...policy, target_average: rounded(policy.target_average * factor) };
    case "queue_length":
      return { ...policy, scale_up_above: rounded(policy.scale_up_above * factor) };
    case "predictive":
      return { ...policy, target_rate: rounded(policy.target_rate * factor) };
    case "manifest":
      return { ...policy, autoscaler: targeted(policy.autoscaler, factor) };
    case "fixed":
    case "scheduled":
    case "module":
      return null;
    default:
      return policy satisfies never;
  }
};

const targeted = (autoscaler: Manifest["autoscaler"], factor: number): Manifest["autoscaler"] => {
  switch (autoscaler.kind) {
    case "hpa":
      return { ...autoscaler, spec: { ...autoscaler.spec, metrics: autoscaler.spec.metrics.map((metric) => metricOf(metric, factor)) } };
    case "keda": {
      const triggers = autoscaler.spec.triggers.map((trigger) =>
        trigger.type === "cron" ? trigger : { ...trigger, threshold: trigger.threshold * factor },
      );
      return { ...autoscaler, spec: { ...autoscaler.spec, triggers } };
    }
    case "knative":
      return { ...autoscaler, spec: { ...autoscaler.spec, target: Math.max(0.01, metricTarget(autoscaler.spec).total * factor) } };
    default:
      return autoscaler satisfies never;
  }
};

const metricOf = (metric: HpaMetric, factor: number): HpaMetric => {
  const { target } = metric;
  switch (target.type) {
    case "Utilization":
      return {
        ...metric,
        target: { ...target, averagePercent: Math.max(1, Math.floor(target.averagePercent * factor + 0.5)) },
      } as HpaMetric;
    case "AverageValue":
      return { ...metric, target: { ...target, averageMilli: milli(target.averageMilli, factor) } };
    case "Value":
      return { ...metric, target: { ...target, milli: milli(target.milli, factor) } } as HpaMetric;
    default:
      return target satisfies never;
  }
};

/** The policy that begins with so many replicas, as far as its limits go; one that says by itself what it begins with stays as it is. */
export const beginningWith = (policy: Policy, replicas: number): Policy => {
  if (policy.kind !== "hpa" && policy.kind !== "queue_length" && policy.kind !== "predictive") return policy;
  return { ...policy, initial_replicas: Math.min(policy.max_replicas, Math.max(policy.min_replicas, replicas)) };
};

/** The policy that never goes below so many replicas. Null where it has no minimum, or no room above. */
export const withFloorOrNull = (policy: Policy, floor: number): Policy | null => {
  if (floor > limitsOf(policy)[1]) return null;
  switch (policy.kind) {
    case "hpa":
    case "queue_length":
    case "predictive":
      return {
        ...policy,
        min_replicas: floor,
        ...(policy.initial_replicas === undefined ? {} : { initial_replicas: Math.max(floor, policy.initial_replicas) }),
      };
    case "manifest":
      return { ...policy, autoscaler: floored(policy.autoscaler, floor), initial_replicas: Math.max(floor, policy.initial_replicas) };
    case "fixed":
    case "scheduled":
    case "module":
      return null;
    default:
      return policy satisfies never;
  }
};

const floored = (autoscaler: Manifest["autoscaler"], floor: number): Manifest["autoscaler"] => {
  switch (autoscaler.kind) {
    case "hpa":
      return { ...autoscaler, spec: { ...autoscaler.spec, minReplicas: floor } };
    case "keda":
      return { ...autoscaler, spec: { ...autoscaler.spec, minReplicaCount: floor, idleReplicaCount: null } };
    case "knative":
      return { ...autoscaler, spec: { ...autoscaler.spec, minScale: floor } };
    default:
      return autoscaler satisfies never;
  }
};
