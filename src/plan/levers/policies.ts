import type { Behavior } from "../../autoscaler/hpa/behavior.ts";
import type { HpaMetric } from "../../autoscaler/hpa/spec.ts";
import { metricTarget } from "../../autoscaler/knative/spec.ts";
import type { Whole } from "../../autoscaler/int64.ts";
import { limitsOf, type Policy } from "../../fleet/policy.ts";

/** What the levers change of a policy. */

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

/** How slowly a calm fleet lets replicas go: after so long, one in so long. */
export const CALM_WINDOW_S = 900;
const CALM_PERIOD_S = 60;

/** A policy that is slower to let replicas go, and both ways in words. */
export interface Slower {
  readonly policy: (policy: Policy) => Policy;
  readonly from: string;
  readonly to: string;
}

/** Null where it never lets any go by itself, or is as slow already. */
export const slowerOrNull = (policy: Policy): Slower | null => {
  switch (policy.kind) {
    case "hpa":
      return slowerHpaOrNull(null, (each) => (each.kind === "hpa" ? withBehavior(each) : each));
    case "queue_length":
      return delayed(policy.quiet_s, "nothing waited", (each) =>
        each.kind === "queue_length" ? { ...each, quiet_s: CALM_WINDOW_S } : each,
      );
    case "predictive":
      return delayed(policy.scale_down_window_s, "no forecast asked for more", (each) =>
        each.kind === "predictive" ? { ...each, scale_down_window_s: CALM_WINDOW_S } : each,
      );
    case "manifest":
      return slowerManifestOrNull(policy);
    case "fixed":
    case "scheduled":
    case "module":
      return null;
    default:
      return policy satisfies never;
  }
};

const delayed = (seconds: number, what: string, change: (policy: Policy) => Policy): Slower | null =>
  seconds >= CALM_WINDOW_S ? null : { policy: change, from: `a replica goes after ${what} for ${seconds} s`, to: `for ${CALM_WINDOW_S} s` };

const slowerManifestOrNull = ({ autoscaler }: Manifest): Slower | null => {
  switch (autoscaler.kind) {
    case "hpa":
    case "keda":
      return slowerHpaOrNull(autoscaler.spec.behavior, (policy) => {
        if (policy.kind !== "manifest" || policy.autoscaler.kind === "knative") return policy;
        const { autoscaler: changed } = policy;
        const behavior = calm(changed.spec.behavior);
        return changed.kind === "hpa"
          ? { ...policy, autoscaler: { ...changed, spec: { ...changed.spec, behavior } } }
          : { ...policy, autoscaler: { ...changed, spec: { ...changed.spec, behavior } } };
      });
    case "knative":
      return delayed(autoscaler.spec.scaleDownDelay, "fewer were wanted", (policy) =>
        policy.kind === "manifest" && policy.autoscaler.kind === "knative"
          ? { ...policy, autoscaler: { ...policy.autoscaler, spec: { ...policy.autoscaler.spec, scaleDownDelay: CALM_WINDOW_S } } }
          : policy,
      );
    default:
      return autoscaler satisfies never;
  }
};

const DEFAULT_WINDOW_S = 300;

const slowerHpaOrNull = (behavior: Behavior | null, change: (policy: Policy) => Policy): Slower | null => {
  const { stabilizationWindowSeconds: window = DEFAULT_WINDOW_S, selectPolicy } = behavior?.scaleDown ?? {};
  if (window >= CALM_WINDOW_S || selectPolicy === "Disabled") return null;
  const pace = behavior?.scaleDown?.policies === undefined ? "all at once" : "at its own pace";
  return {
    policy: change,
    from: `scale-down after ${window} s, ${pace}`,
    to: `after ${CALM_WINDOW_S} s, one replica in ${CALM_PERIOD_S} s`,
  };
};

const calm = (behavior: Behavior | null): Behavior => ({
  ...behavior,
  scaleDown: { stabilizationWindowSeconds: CALM_WINDOW_S, policies: [{ type: "Pods", value: 1, periodSeconds: CALM_PERIOD_S }] },
});

/** A scenario's `hpa` has no behavior: the same as a manifest with one. */
const withBehavior = (policy: Extract<Policy, { kind: "hpa" }>): Policy => ({
  kind: "manifest",
  name: `HPA on ${policy.metric}, target ${policy.target_average} a pod, slow to scale down`,
  autoscaler: {
    kind: "hpa",
    spec: {
      minReplicas: policy.min_replicas,
      maxReplicas: policy.max_replicas,
      metrics: [
        {
          type: "Pods",
          metric: policy.metric,
          target: { type: "AverageValue", averageMilli: Math.floor(policy.target_average * 1000 + 0.5) },
        },
      ],
      behavior: calm(null),
    },
  },
  initial_replicas: policy.initial_replicas ?? policy.min_replicas,
  startsAt: 0,
  ...(policy.scrape === undefined ? {} : { scrape: policy.scrape }),
});
