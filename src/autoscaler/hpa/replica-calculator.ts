import type { Seconds } from "../../units.ts";
import { ceilToInt32, MAX_INT64, multiplyDivide, saturatingSum, sum, type Whole } from "../int64.ts";
import { DEFAULT_READINESS, groupPods, podRequest, type Pod, type ReadinessRules, type Sample, type Samples } from "./pods.ts";

/**
 * How many replicas a metric asks for, as the HorizontalPodAutoscaler's controller computes it
 * (kubernetes, pkg/controller/podautoscaler/replica_calculator.go), to the last rounding.
 *
 * Metric values are whole milli-units, ratios are doubles, in the original's order of operations. Failures have Kubernetes' own words,
 * so that they can be searched for.
 */

/** How far a ratio may be from 1 before anything happens. */
export interface Tolerance {
  readonly down: number;
  readonly up: number;
}
/** `--horizontal-pod-autoscaler-tolerance`. */
export const DEFAULT_TOLERANCE: Tolerance = { down: 0.1, up: 0.1 };

export type Proposal =
  | {
      readonly kind: "replicas";
      readonly replicas: number;
      /** What the metric showed: the mean a pod, milli-units (truncated), or the value itself for a `value` target. */
      readonly usageMilli: number;
      /** Usage in whole percent of the request, for a utilization target. */
      readonly utilizationPercent?: number;
    }
  | { readonly kind: "failed"; readonly because: string };

/** What the calculation knows besides the samples. */
export interface Circumstances {
  readonly pods: readonly Pod[];
  readonly now: Seconds;
  readonly tolerance?: Tolerance;
  readonly readiness?: ReadinessRules;
}

/**
 * Replicas for a Resource or ContainerResource metric with an `averageUtilization` target.
 *
 * @param current `spec.replicas`
 * @param targetPercent of the request
 * @param container the one that is meant; null for the whole pod
 */
export const utilizationReplicas = (
  current: number,
  targetPercent: number,
  samples: Samples,
  resource: string,
  circumstances: Circumstances,
  container: string | null = null,
  hasPodLevelFeature = false,
): Proposal => {
  const requests = new Map<string, Whole>();
  const requestsOrFailure = (): string | null => {
    for (const pod of circumstances.pods) {
      const request = podRequest(pod.requests ?? { name: pod.name, containers: [] }, resource, container, hasPodLevelFeature);
      if (request.kind === "failed") return request.because;
      requests.set(pod.name, request.milli);
    }
    return null;
  };
  return perPodReplicas(current, samples, resource, circumstances, {
    prepare: requestsOrFailure,
    measure(values) {
      const known = [...values].filter(([name]) => requests.has(name));
      const requested = sum(known.map(([name]) => requests.get(name)!));
      if (known.length === 0 || requested === 0) return "no metrics returned matched known pods";
      const used = sum(known.map(([, milli]) => milli));
      const percent = multiplyDivide(used, 100, requested);
      return { ratio: percent / targetPercent, usageMilli: multiplyDivide(used, 1, known.length), utilizationPercent: percent };
    },
    // A pod without a sample may be as busy as it is allowed to be, or as busy as is aimed at.
    assumedOnTheWayDown: (name) => multiplyDivide(requests.get(name) ?? 0, Math.max(100, targetPercent), 100),
  });
};

/**
 * Replicas for an `averageValue` target of a Pods, Resource or ContainerResource metric.
 *
 * @param current `spec.replicas`
 * @param resource null for a Pods metric
 */
export const averageValueReplicas = (
  current: number,
  targetMilli: Whole,
  samples: Samples,
  circumstances: Circumstances,
  resource: string | null = null,
): Proposal =>
  perPodReplicas(current, samples, resource, circumstances, {
    measure(values) {
      const mean = multiplyDivide(sum(values.values()), 1, values.size);
      return { ratio: mean / Number(targetMilli), usageMilli: mean };
    },
    assumedOnTheWayDown: () => targetMilli,
  });

interface Measured {
  readonly ratio: number;
  readonly usageMilli: number;
  readonly utilizationPercent?: number;
}

interface PerPodMetric {
  /** Reads what is needed beside the samples; returns a failure. */
  readonly prepare?: () => string | null;
  /** The ratio of usage to target over the pods' values; or why there is none. */
  readonly measure: (values: ReadonlyMap<string, Whole>) => Measured | string;
  /** What a pod without a sample is assumed to use when that holds a scale-down back. */
  readonly assumedOnTheWayDown: (pod: string) => Whole;
}

/**
 * The rule that all per-pod metrics share.
 *
 * Pods without a sample are assumed to use what holds the change back: their target (or request) on the way down, nothing on the way
 * up. Unready pods are left out on the way down and assumed to use nothing on the way up.
 */
const perPodReplicas = (
  current: number,
  samples: Samples,
  resource: string | null,
  { pods, now, tolerance = DEFAULT_TOLERANCE, readiness = DEFAULT_READINESS }: Circumstances,
  metric: PerPodMetric,
): Proposal => {
  if (pods.length === 0) return failed("no pods returned by selector while calculating replica count");
  const { readyCount, unready, missing, ignored } = groupPods(pods, samples, resource, now, readiness);
  const values = new Map(Array.from(samples, ([name, { milli }]: readonly [string, Sample]) => [name, milli]));
  for (const name of [...ignored, ...unready]) values.delete(name);
  if (values.size === 0) return failed("did not receive metrics for targeted pods (pods might be unready)");
  const unprepared = metric.prepare?.() ?? null;
  if (unprepared !== null) return failed(unprepared);

  const first = metric.measure(values);
  if (typeof first === "string") return failed(first);
  const { ratio, ...shown } = first;
  const proposed = (replicas: number): Proposal => ({ kind: "replicas", replicas, ...shown });
  const isHeldByUnready = unready.length > 0 && ratio > 1;
  if (!isHeldByUnready && missing.length === 0) {
    return proposed(isWithin(tolerance, ratio) ? current : ceilToInt32(ratio * readyCount));
  }

  if (ratio !== 1) for (const name of missing) values.set(name, ratio < 1 ? metric.assumedOnTheWayDown(name) : 0);
  if (isHeldByUnready) for (const name of unready) values.set(name, 0);
  const second = metric.measure(values);
  if (typeof second === "string") return failed(second);
  const assumed = second.ratio;
  const hasTurned = (ratio < 1 && assumed > 1) || (ratio > 1 && assumed < 1);
  if (isWithin(tolerance, assumed) || hasTurned) return proposed(current);
  const replicas = ceilToInt32(assumed * values.size);
  const isAgainstItself = (assumed < 1 && replicas > current) || (assumed > 1 && replicas < current);
  return proposed(isAgainstItself ? current : replicas);
};

/**
 * Replicas for a `value` target of an Object or External metric. From 0 replicas on neither tolerance nor pods matter.
 *
 * @param current `spec.replicas`
 * @param values one of an Object metric; all series of an External one
 */
export const valueReplicas = (
  current: number,
  targetMilli: Whole,
  values: readonly Whole[],
  { pods, tolerance = DEFAULT_TOLERANCE }: Circumstances,
): Proposal => {
  const usageMilli = Number(saturatingSum(values, false));
  const ratio = usageMilli / Number(targetMilli);
  const proposed = (replicas: number): Proposal => ({ kind: "replicas", replicas, usageMilli });
  if (current === 0) return proposed(ceilToInt32(ratio));
  if (isWithin(tolerance, ratio)) return proposed(current);
  if (pods.length === 0) return failed("unable to calculate ready pods: no pods returned by selector while calculating replica count");
  const ready = pods.filter(({ phase, isReady }) => phase === "Running" && isReady === true).length;
  return proposed(ceilToInt32(ratio * ready));
};

/**
 * Replicas for an `averageValue` target of an Object or External metric: of the total, a share for each replica.
 *
 * @param statusReplicas `status.replicas`: those that are there, not those that are wanted
 * @param isExternal whose sum takes a negative total for an overflow
 */
export const perReplicaValueReplicas = (
  statusReplicas: number,
  targetMilli: Whole,
  values: readonly Whole[],
  tolerance: Tolerance = DEFAULT_TOLERANCE,
  isExternal = true,
): Proposal => {
  const usage = saturatingSum(values, isExternal);
  const ratio = Number(usage) / (Number(targetMilli) * statusReplicas);
  const replicas = isWithin(tolerance, ratio) ? statusReplicas : ceilToInt32(Number(usage) / Number(targetMilli));
  return { kind: "replicas", replicas, usageMilli: usagePerReplica(usage, statusReplicas) };
};

/** What is reported as the usage of one replica: rounded up; 0 where there is none. */
export const usagePerReplica = (usage: Whole, statusReplicas: number): number => {
  if (Number(usage) >= Number(MAX_INT64)) return Number(MAX_INT64);
  return statusReplicas === 0 ? 0 : Math.ceil(Number(usage) / statusReplicas);
};

/** Inclusive at both ends; never for NaN or Infinity. */
export const isWithin = (tolerance: Tolerance, ratio: number): boolean => 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;

const failed = (because: string): Proposal => ({ kind: "failed", because });
