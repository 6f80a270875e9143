import type { HpaMetric, HpaSpec } from "../autoscaler/hpa/spec.ts";
import { fleetMetricOrNull } from "../autoscaler/query.ts";
import { InputError } from "../errors.ts";
import { commentedYaml, type Reasons } from "./commented.ts";
import { metadataOf, withReasons, type Identity } from "./identity.ts";
import { quantityText } from "./quantity.ts";
import { behaviorReasons, behaviorValue } from "./write-behavior.ts";

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
