import { z } from "zod";
import type { HpaMetric, HpaSpec } from "../autoscaler/hpa/spec.ts";
import { SERVER_METRICS } from "../autoscaler/metrics.ts";
import { fleetMetricOrNull, isServerMetric, unknownMetric } from "../autoscaler/query.ts";
import { InputError, NotModelledError, orNotModelled } from "../errors.ts";
import { behaviorSchema } from "./behavior-schema.ts";
import type { KubernetesObject } from "./documents.ts";
import { positiveQuantitySchema } from "./quantity.ts";
import { readWith } from "./schema-error.ts";
import type { ScaleTarget } from "./scale-target.ts";

const metricSchema = z.strictObject({ name: z.string().min(1), selector: z.unknown().optional() });
const targetSchema = z.strictObject({
  type: z.enum(["Utilization", "Value", "AverageValue"]),
  value: positiveQuantitySchema.optional(),
  averageValue: positiveQuantitySchema.optional(),
  averageUtilization: z.int().min(1).optional(),
});
type Target = z.infer<typeof targetSchema>;

const metricSpecSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Resource"), resource: z.strictObject({ name: z.string(), target: targetSchema }) }),
  z.strictObject({
    type: z.literal("ContainerResource"),
    containerResource: z.strictObject({ name: z.string(), container: z.string(), target: targetSchema }),
  }),
  z.strictObject({ type: z.literal("Pods"), pods: z.strictObject({ metric: metricSchema, target: targetSchema }) }),
  z.strictObject({
    type: z.literal("Object"),
    object: z.strictObject({ describedObject: z.looseObject({}), metric: metricSchema, target: targetSchema }),
  }),
  z.strictObject({ type: z.literal("External"), external: z.strictObject({ metric: metricSchema, target: targetSchema }) }),
]);

type MetricSpec = z.infer<typeof metricSpecSchema>;

/** A HorizontalPodAutoscaler of autoscaling/v2, as far as it is read. */
export const hpaSchema = z.strictObject({
  apiVersion: z.literal("autoscaling/v2"),
  kind: z.literal("HorizontalPodAutoscaler"),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ apiVersion: z.string().optional(), kind: z.string(), name: z.string() }),
    minReplicas: z.int().min(0).optional(),
    maxReplicas: z.int().min(1),
    metrics: z.array(metricSpecSchema).optional(),
    behavior: behaviorSchema.nullish(),
  }),
  status: z.unknown().optional(),
});

export interface HpaManifest {
  readonly kind: "hpa";
  readonly name: string;
  readonly target: ScaleTarget;
  readonly spec: HpaSpec | NotModelledError;
}

const NEXT_STEP = "See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.";

/**
 * Reads a HorizontalPodAutoscaler.
 *
 * Where it follows a metric that no server exports, that stands in the place of its spec.
 *
 * @throws InputError where it is of another version, or breaks a rule of Kubernetes
 */
export const readHpa = (object: KubernetesObject): HpaManifest => {
  const { place, value, apiVersion } = object;
  if (apiVersion !== "autoscaling/v2") {
    throw new InputError(
      `${place}: apiVersion`,
      `expected autoscaling/v2, got ${apiVersion}`,
      `Print it in that version: kubectl get hpa.v2.autoscaling ${object.name} -o yaml.`,
    );
  }
  const { metadata, spec } = readWith(hpaSchema, value, place, NEXT_STEP);
  const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics = [], behavior = null } = spec;
  if (minReplicas > maxReplicas) {
    throw new InputError(
      `${place}: spec.minReplicas`,
      `expected at most maxReplicas, ${maxReplicas}, got ${minReplicas}`,
      "Swap the two, or raise maxReplicas.",
    );
  }
  if (minReplicas === 0 && !metrics.some(({ type }) => type === "Object" || type === "External")) {
    throw new InputError(
      `${place}: spec.minReplicas`,
      "expected 1 or more where no Object or External metric could bring it back, got 0",
      "Add such a metric, or keep one replica.",
    );
  }
  return {
    kind: "hpa",
    name: metadata.name,
    target: { kind: scaleTargetRef.kind, name: scaleTargetRef.name },
    spec: orNotModelled(() => ({ minReplicas, maxReplicas, metrics: hpaMetrics(metrics, `${place}: spec.metrics`), behavior })),
  };
};

/** @throws NotModelledError where one is a metric that no server exports */
const hpaMetrics = (metrics: readonly MetricSpec[], place: string): HpaMetric[] => {
  if (metrics.length === 0) {
    throw new NotModelledError(
      place,
      "expected a metric that the servers export, got none: Kubernetes would follow the CPU at 80 %",
      "Add one, such as a Pods metric on vllm:num_requests_waiting.",
      "no metric of its own, so the CPU at 80 %",
    );
  }
  return metrics.map((metric, i) => hpaMetric(metric, `${place}.${i}`));
};

const hpaMetric = (spec: MetricSpec, place: string): HpaMetric => {
  switch (spec.type) {
    case "Resource":
    case "ContainerResource": {
      const { name } = spec.type === "Resource" ? spec.resource : spec.containerResource;
      const what = `${name} of the ${spec.type === "Resource" ? "pod" : "container"}`;
      throw new NotModelledError(
        place,
        `expected a metric that the servers export, got ${what}`,
        "What a GPU server uses of it says little of its load: follow vllm:num_requests_waiting, vllm:kv_cache_usage_perc or another of its own.",
        what,
      );
    }
    case "Pods": {
      const { metric, target } = spec.pods;
      const known = fleetMetricOrNull(metric.name);
      if (known === null || !isServerMetric(known)) throw unknownMetric(metric.name, `${place}.pods.metric.name`, SERVER_METRICS);
      return { type: "Pods", metric: known, target: averageValue(target, `${place}.pods.target`) };
    }
    case "Object":
    case "External": {
      const field = spec.type === "Object" ? "object" : "external";
      const { metric, target } = spec.type === "Object" ? spec.object : spec.external;
      const known = fleetMetricOrNull(metric.name);
      if (known === null) throw unknownMetric(metric.name, `${place}.${field}.metric.name`);
      const where = `${place}.${field}.target`;
      return {
        type: spec.type,
        metric: known,
        target: target.type === "Value" ? { type: "Value", milli: given(target.value, "value", where) } : averageValue(target, where),
      };
    }
    default:
      return spec satisfies never;
  }
};

const averageValue = ({ type, averageValue: average }: Target, place: string): Extract<HpaMetric["target"], { type: "AverageValue" }> => {
  if (type !== "AverageValue")
    throw new InputError(`${place}.type`, `expected AverageValue, got ${type}`, "Kubernetes takes no other type for this metric.");
  return { type: "AverageValue", averageMilli: given(average, "averageValue", place) };
};

const given = <T>(value: T | undefined, field: string, place: string): T => {
  if (value === undefined)
    throw new InputError(`${place}.${field}`, "expected a quantity above 0, got none", "Give the target that its type names.");
  return value;
};
