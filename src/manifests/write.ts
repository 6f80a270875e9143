import { DOWNSCALE_STABILIZATION } from "../autoscaler/hpa/normalise.ts";
import type { Behavior, ScalingRules } from "../autoscaler/hpa/behavior.ts";
import type { HpaMetric, HpaSpec } from "../autoscaler/hpa/spec.ts";
import { KEDA_DEFAULTS, type KedaSpec, type Trigger } from "../autoscaler/keda/spec.ts";
import { fleetMetricOrNull } from "../autoscaler/query.ts";
import { InputError } from "../errors.ts";
import { commentedYaml, type Reasons } from "./commented.ts";
import { quantityText } from "./quantity.ts";
import type { ScaleTarget } from "./scale-target.ts";

/** What a manifest is for. */
export interface Identity {
  readonly name: string;
  readonly target: ScaleTarget;
  readonly namespace?: string;
}

/** Reasons that a value has by itself; the caller's own come before them. */
const withReasons = (own: Reasons, given: Reasons): Reasons => ({ ...own, ...given });

const metadataOf = ({ name, namespace }: Identity): object => ({ name, ...(namespace === undefined ? {} : { namespace }) });

/**
 * A HorizontalPodAutoscaler (autoscaling/v2) with a comment at each value.
 *
 * @param why the reasons for this fleet's values, by path; they replace the general ones
 * @throws InputError where a metric cannot be written so
 */
export const writeHpa = (spec: HpaSpec, identity: Identity, why: Reasons = {}): string => {
  const value = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadataOf(identity),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", ...identity.target },
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      metrics: spec.metrics.map((metric) => metricValue(metric, identity)),
      ...(spec.behavior === null ? {} : { behavior: behaviorValue(spec.behavior) }),
    },
  };
  const reasons = {
    "spec.minReplicas":
      spec.minReplicas === 0
        ? "to 0 without load; needs the feature gate HPAScaleToZero"
        : "kept at any load: what absorbs a burst until others have started",
    "spec.maxReplicas": "the most that is paid for",
    ...(spec.behavior === null ? {} : behaviorReasons(spec.behavior, "spec.behavior")),
    ...Object.assign({}, ...spec.metrics.map(metricReasons)),
  };
  return commentedYaml(value, withReasons(reasons, why));
};

const metricValue = (metric: HpaMetric, { target }: Identity): object => {
  switch (metric.type) {
    case "Resource":
      return { type: metric.type, resource: { name: metric.resource, target: targetValue(metric.target) } };
    case "ContainerResource":
      return {
        type: metric.type,
        containerResource: { name: metric.resource, container: metric.container, target: targetValue(metric.target) },
      };
    case "Pods":
      return { type: metric.type, pods: { metric: { name: plainName(metric.metric) }, target: targetValue(metric.target) } };
    case "Object":
      return {
        type: metric.type,
        object: {
          describedObject: { apiVersion: "v1", kind: "Service", name: target.name },
          metric: { name: plainName(metric.metric) },
          target: targetValue(metric.target),
        },
      };
    case "External":
      return { type: metric.type, external: { metric: { name: plainName(metric.metric) }, target: targetValue(metric.target) } };
    default:
      return metric satisfies never;
  }
};

const plainName = (metric: string): string => {
  if (fleetMetricOrNull(metric) !== null) return metric;
  throw new InputError(
    "metrics",
    `expected the name of one metric, got ${JSON.stringify(metric)}`,
    "An HPA's metric is a name: write a ScaledObject for a query.",
  );
};

const targetValue = (target: HpaMetric["target"]): object => {
  switch (target.type) {
    case "Utilization":
      return { type: target.type, averageUtilization: target.averagePercent };
    case "AverageValue":
      return { type: target.type, averageValue: quantityText(target.averageMilli) };
    case "Value":
      return { type: target.type, value: quantityText(target.milli) };
    default:
      return target satisfies never;
  }
};

const metricReasons = (metric: HpaMetric, index: number): Reasons => {
  if (metric.type === "Resource" || metric.type === "ContainerResource") return {};
  const field = { Pods: "pods", Object: "object", External: "external" }[metric.type];
  const target = `spec.metrics.${index}.${field}.target`;
  return {
    [`spec.metrics.${index}.${field}.metric.name`]: sourceOf(metric.metric),
    [`${target}.${metric.target.type === "Value" ? "value" : "averageValue"}`]:
      metric.target.type === "Value"
        ? "for the whole fleet"
        : metric.type === "Pods"
          ? "mean over the pods"
          : "of the total, a share for each replica",
  };
};

/** Where a cluster gets the metric from. */
const sourceOf = (metric: string): string => {
  switch (fleetMetricOrNull(metric)) {
    case "requests_in_flight":
      return "no server exports it under one name: have the adapter give vllm:num_requests_running + vllm:num_requests_waiting";
    case "requests_per_second":
      return "no server exports it: have the adapter give rate(vllm:request_success_total[1m])";
    case "requests_queued":
      return "the gateway's queue, by the name that it has there";
    case "DCGM_FI_DEV_GPU_UTIL":
      return "of NVIDIA's DCGM exporter, in percent";
    default:
      return "exported by vLLM, given to Kubernetes by a metrics adapter";
  }
};

const behaviorValue = ({ scaleUp, scaleDown }: Behavior): object => ({
  ...(scaleUp === undefined ? {} : { scaleUp: rulesValue(scaleUp) }),
  ...(scaleDown === undefined ? {} : { scaleDown: rulesValue(scaleDown) }),
});

const rulesValue = ({ tolerance, ...rules }: ScalingRules): object => ({
  ...rules,
  ...(tolerance === undefined ? {} : { tolerance: quantityText(Math.round(tolerance * 1000)) }),
});

const behaviorReasons = (behavior: Behavior, path: string): Reasons => {
  const reasons: Record<string, string> = {};
  for (const direction of ["scaleUp", "scaleDown"] as const) {
    const rules = behavior[direction];
    const isUp = direction === "scaleUp";
    const at = `${path}.${direction}`;
    if (rules?.stabilizationWindowSeconds !== undefined) {
      reasons[`${at}.stabilizationWindowSeconds`] = isUp
        ? "so long a rise must last"
        : `so long a fall must last; Kubernetes' own is ${DOWNSCALE_STABILIZATION}`;
    }
    if (rules?.selectPolicy !== undefined) {
      reasons[`${at}.selectPolicy`] = {
        Max: "the policy that allows most",
        Min: "the policy that allows least",
        Disabled: "never in this direction",
      }[rules.selectPolicy];
    }
    if (rules?.tolerance !== undefined)
      reasons[`${at}.tolerance`] = "so far off target nothing happens; needs the feature gate HPAConfigurableTolerance";
    for (const [i, { type, value, periodSeconds }] of (rules?.policies ?? []).entries()) {
      reasons[`${at}.policies.${i}.value`] =
        `${isUp ? "adds" : "removes"} at most ${value} ${type === "Pods" ? "replicas" : "% of them"} in ${periodSeconds} s`;
    }
  }
  return reasons;
};

/**
 * A KEDA ScaledObject with a comment at each value. What is KEDA's own default is left out.
 *
 * @param serverAddress where Prometheus answers
 * @throws InputError where a cron trigger's offset is no whole hour
 */
export const writeScaledObject = (spec: KedaSpec, identity: Identity, serverAddress: string, why: Reasons = {}): string => {
  const unlessDefault = <K extends keyof typeof KEDA_DEFAULTS>(key: K): object =>
    spec[key] === KEDA_DEFAULTS[key] ? {} : { [key]: spec[key] };
  const isPaused = spec.paused !== null;
  const paused = spec.paused?.replicas ?? null;
  const annotations = paused === null ? { "autoscaling.keda.sh/paused": "true" } : { "autoscaling.keda.sh/paused-replicas": `${paused}` };
  const value = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { ...metadataOf(identity), ...(isPaused ? { annotations } : {}) },
    spec: {
      scaleTargetRef: { ...identity.target },
      pollingInterval: spec.pollingInterval,
      cooldownPeriod: spec.cooldownPeriod,
      ...unlessDefault("initialCooldownPeriod"),
      ...unlessDefault("idleReplicaCount"),
      minReplicaCount: spec.minReplicaCount,
      maxReplicaCount: spec.maxReplicaCount,
      ...unlessDefault("fallback"),
      ...(spec.behavior === null ? {} : { advanced: { horizontalPodAutoscalerConfig: { behavior: behaviorValue(spec.behavior) } } }),
      triggers: spec.triggers.map((trigger, i) => triggerValue(trigger, serverAddress, `triggers[${i}]`)),
    },
  };
  const reasons = {
    "spec.pollingInterval": "seconds between looks at the triggers while there are none, or only idle replicas",
    "spec.cooldownPeriod": "seconds without activity before the last ones go",
    ...(spec.idleReplicaCount === null ? {} : { "spec.idleReplicaCount": "kept while no trigger is active" }),
    "spec.minReplicaCount":
      spec.minReplicaCount === 0
        ? "none without load: the next request waits for a cold start"
        : "kept at any load: what absorbs a burst until others have started",
    "spec.maxReplicaCount": "the most that is paid for",
    ...(spec.fallback === null ? {} : { "spec.fallback.replicas": "wanted while Prometheus does not answer" }),
    ...(spec.behavior === null ? {} : behaviorReasons(spec.behavior, "spec.advanced.horizontalPodAutoscalerConfig.behavior")),
    ...Object.assign({}, ...spec.triggers.map(triggerReasons)),
  };
  return commentedYaml(value, withReasons(reasons, why));
};

const triggerValue = (trigger: Trigger, serverAddress: string, place: string): object => {
  if (trigger.type === "cron") {
    const { start, end, desiredReplicas } = trigger;
    return {
      type: trigger.type,
      metadata: { timezone: zoneOf(start.utcOffset, place), start: start.text, end: end.text, desiredReplicas: `${desiredReplicas}` },
    };
  }
  return {
    type: trigger.type,
    ...(trigger.metricType === "AverageValue" ? {} : { metricType: trigger.metricType }),
    metadata: {
      serverAddress,
      query: trigger.query,
      threshold: `${trigger.threshold}`,
      ...(trigger.activationThreshold === 0 ? {} : { activationThreshold: `${trigger.activationThreshold}` }),
      ...(trigger.ignoreNullValues ? {} : { ignoreNullValues: "false" }),
    },
  };
};

const triggerReasons = (trigger: Trigger, index: number): Reasons => {
  const at = `spec.triggers.${index}.metadata`;
  if (trigger.type === "cron") return { [`${at}.desiredReplicas`]: "at least so many between start and end" };
  return {
    [`${at}.threshold`]: trigger.metricType === "Value" ? "for the whole fleet" : "of the query's value, a share for each replica",
    ...(trigger.activationThreshold === 0 ? {} : { [`${at}.activationThreshold`]: "above it the first replica is started" }),
    ...(trigger.ignoreNullValues ? {} : { [`${at}.ignoreNullValues`]: "no answer is a failure, not 0" }),
  };
};

const zoneOf = (offset: number, place: string): string => {
  const hours = offset / 3600;
  if (!Number.isInteger(hours))
    throw new InputError(
      place,
      `expected a UTC offset of whole hours, got ${offset} s`,
      "No zone of a fixed offset has another: write the times for UTC.",
    );
  return hours === 0 ? "Etc/UTC" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
};

/** A fixed number of replicas, as a patch for `kubectl patch --patch-file` or kustomize. */
export const writeReplicas = (
  replicas: number,
  identity: Identity,
  why = "so many meet the objectives at any load of the traffic",
): string =>
  commentedYaml(
    {
      apiVersion: "apps/v1",
      kind: identity.target.kind,
      metadata: { ...metadataOf(identity), name: identity.target.name },
      spec: { replicas },
    },
    { "spec.replicas": why },
  );
