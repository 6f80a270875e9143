import type { Seconds } from "../../units.ts";
import type { Autoscaler, Decision, Observation, ReplicaObservation } from "../autoscaler.ts";
import { MetricReader, SERVER_METRICS, type FleetQuery, type ServerMetric } from "../metrics.ts";
import { fleetMetricOrNull, isServerMetric, parseQuery, unknownMetric } from "../query.ts";
import type { Pod, Samples } from "./pods.ts";
import type { MetricSource } from "./proposals.ts";
import { DEFAULT_CONTROLLER, newHpaState, reconcile, type ControllerSettings, type Pass } from "./reconcile.ts";
import { metricName, type HpaMetric, type HpaSpec } from "./spec.ts";

/** `--horizontal-pod-autoscaler-sync-period`, the controller's default. */
export const SYNC_PERIOD: Seconds = 15;

/** An HPA on one Pods metric with `averageValue`, without `behavior`: what a scenario's policy `hpa` says. */
export interface HpaPolicy {
  readonly min_replicas: number;
  readonly max_replicas: number;
  readonly metric: ServerMetric;
  /** `averageValue`: the metric per pod that the HPA aims at. */
  readonly target_average: number;
}

/**
 * The autoscaler of a scenario's policy `hpa`.
 *
 * @param initialReplicas recorded as the first recommendation, as the controller does when it first sees an HPA
 */
export const createHpa = (policy: HpaPolicy, initialReplicas: number): Autoscaler =>
  createHpaFrom(
    {
      minReplicas: policy.min_replicas,
      maxReplicas: policy.max_replicas,
      metrics: [
        {
          type: "Pods",
          metric: policy.metric,
          target: { type: "AverageValue", averageMilli: Math.round(policy.target_average * 1000) },
        },
      ],
      behavior: null,
    },
    initialReplicas,
    { min: "min_replicas", max: "max_replicas", metric: metricName },
  );

/** What its limits and metrics are called where they were written. */
export interface Names {
  readonly min: string;
  readonly max: string;
  readonly metric: (metric: HpaMetric) => string;
}
const KUBERNETES_NAMES: Names = { min: "minReplicas", max: "maxReplicas", metric: metricName };

/**
 * A Kubernetes HorizontalPodAutoscaler: one pass of the controller a decision.
 *
 * @throws InputError where a metric is none that the servers of a fleet export
 */
export const createHpaFrom = (
  spec: HpaSpec,
  initialReplicas: number,
  names: Names = KUBERNETES_NAMES,
  controller: ControllerSettings = DEFAULT_CONTROLLER,
): Autoscaler => {
  const totals = totalsOf(spec);
  const reader = new MetricReader([...totals.values()]);
  const source = fleetSource(spec, totals, reader);
  const state = { ...newHpaState(), recommendations: [{ replicas: initialReplicas, at: 0 }] };
  return {
    period: SYNC_PERIOD,
    decide(observation) {
      reader.observe(observation);
      const pass = passOver(spec, state, observation, source, controller);
      return decisionOf(pass, observation.current, spec, names, controller);
    },
  };
};

/** One pass over an observed fleet. */
export const passOver = (
  spec: HpaSpec,
  state: ReturnType<typeof newHpaState>,
  { now, current, replicas }: Observation,
  source: MetricSource,
  controller: ControllerSettings = DEFAULT_CONTROLLER,
): Pass => {
  const statusReplicas = replicas.filter(({ isDraining }) => !isDraining).length;
  return reconcile(spec, state, { specReplicas: current, statusReplicas }, replicas.map(toPod), source, now, controller);
};

/** Queries behind the metrics that are one number for the fleet. */
const totalsOf = (spec: HpaSpec): Map<HpaMetric, FleetQuery> => {
  const totals = new Map<HpaMetric, FleetQuery>();
  for (const metric of spec.metrics) {
    if (metric.type === "Object" || metric.type === "External") totals.set(metric, parseQuery(metric.metric, `metric ${metric.metric}`));
  }
  return totals;
};

/** The metrics of a fleet as the metrics APIs give them: whole milli-units, truncated by the Prometheus adapter. */
const fleetSource = (spec: HpaSpec, totals: ReadonlyMap<HpaMetric, FleetQuery>, reader: MetricReader): MetricSource => {
  const perReplica = new Map<HpaMetric, ServerMetric>();
  for (const metric of spec.metrics) {
    if (totals.has(metric)) continue;
    const found = metric.type === "Pods" ? fleetMetricOrNull(metric.metric) : null;
    if (found === null || !isServerMetric(found)) throw unknownMetric(metricName(metric), `${metric.type} metric`, SERVER_METRICS);
    perReplica.set(metric, found);
  }
  return {
    samples(metric): Samples | string {
      const values = reader.perReplica(perReplica.get(metric)!);
      if (values.size === 0) return "no metrics returned from custom metrics API";
      return new Map(Array.from(values, ([id, value]) => [`${id}`, { milli: toMilli(value), at: 0, window: 0 }]));
    },
    values(metric) {
      const value = reader.total(totals.get(metric)!);
      return value === null ? "no metrics returned from external metrics API" : [toMilli(value)];
    },
  };
};

export const toMilli = (value: number): number => Math.trunc(value * 1000) + 0;

const toPod = (replica: ReplicaObservation): Pod => ({
  name: `${replica.id}`,
  phase: replica.state === "pending" ? "Pending" : "Running",
  isDeleting: replica.isDraining,
  isReady: replica.state === "serving",
});

/** A pass in words; null where it changes nothing. */
export const decisionOf = (
  pass: Pass,
  current: number,
  spec: HpaSpec,
  names: Names,
  controller: ControllerSettings = DEFAULT_CONTROLLER,
): Decision | null => {
  if (!pass.isRescaled) return null;
  const { replicas, metrics } = pass;
  if (metrics === null || metrics.kind === "failed") {
    const limit = current > spec.maxReplicas ? `${names.max} ${spec.maxReplicas}` : `${names.min} ${spec.minReplicas}`;
    return { replicas, because: `${limit}, the fleet had ${current}` };
  }
  const usage = usageInWords(names.metric(metrics.metric), metrics.metric.target, metrics.proposal.usageMilli);
  const because = `${usage}: ${metrics.replicas} wanted`;
  return { replicas, because: because + stabilizedInWords(pass, metrics.replicas, spec, controller) + limitInWords(pass, spec, names) };
};

const usageInWords = (name: string, target: HpaMetric["target"], usageMilli: number): string => {
  switch (target.type) {
    case "AverageValue":
      return `${name} averaged ${usageMilli / 1000} a pod, target ${Number(target.averageMilli) / 1000}`;
    case "Value":
      return `${name} is ${usageMilli / 1000}, target ${Number(target.milli) / 1000}`;
    case "Utilization":
      return `${name} averaged ${usageMilli / 1000} a pod, target ${target.averagePercent} % of the request`;
    default:
      return target satisfies never;
  }
};

const stabilizedInWords = ({ stabilized }: Pass, wish: number, { behavior }: HpaSpec, controller: ControllerSettings): string => {
  if (stabilized === null || stabilized === wish) return "";
  const rules = stabilized > wish ? behavior?.scaleDown : behavior?.scaleUp;
  const window = rules?.stabilizationWindowSeconds ?? (stabilized > wish ? controller.downscaleStabilization : 0);
  return `, ${stabilized} in the last ${window} s`;
};

const limitInWords = ({ conditions }: Pass, spec: HpaSpec, names: Names): string => {
  const reason = conditions.scalingLimited;
  switch (reason) {
    case null:
    case "DesiredWithinRange":
      return "";
    case "TooFewReplicas":
      return `, ${names.min} ${spec.minReplicas}`;
    case "TooManyReplicas":
      return `, ${names.max} ${spec.maxReplicas}`;
    case "ScaleUpLimit":
      return spec.behavior === null ? ", at most doubled in one pass" : ", as fast as scaleUp.policies allow";
    case "ScaleDownLimit":
      return ", as fast as scaleDown.policies allow";
    default:
      return reason satisfies never;
  }
};
