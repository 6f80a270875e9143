/**
 * How many replicas a per-pod metric asks for, as the HorizontalPodAutoscaler's controller computes it
 * (kubernetes, pkg/controller/podautoscaler/replica_calculator.go), to the last rounding.
 *
 * Metric values are whole milli-units, ratios are doubles, in the original's order of operations.
 */

/** What the controller sees of a pod. Readiness plays no part for per-pod metrics: only whether there is a sample. */
export interface Pod {
  readonly name: string;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly isDeleting: boolean;
}

/** Milli-units of the metric by the name of the pod. */
export type Samples = ReadonlyMap<string, number>;

/** How far a ratio may be from 1 before anything happens. */
export interface Tolerance {
  readonly down: number;
  readonly up: number;
}
export const DEFAULT_TOLERANCE: Tolerance = { down: 0.1, up: 0.1 };

export interface PodGroups {
  readonly readyCount: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

/** Sorts pods by what their samples are good for, when the metric is not CPU. */
export const groupPods = (pods: readonly Pod[], samples: Samples): PodGroups => {
  let readyCount = 0;
  const unready: string[] = [];
  const missing: string[] = [];
  const ignored: string[] = [];
  for (const pod of pods) {
    if (pod.isDeleting || pod.phase === "Failed" || pod.phase === "Succeeded") ignored.push(pod.name);
    else if (pod.phase === "Pending") unready.push(pod.name);
    else if (!samples.has(pod.name)) missing.push(pod.name);
    else readyCount += 1;
  }
  return { readyCount, unready, missing, ignored };
};

export type Proposal =
  | {
      readonly kind: "replicas";
      readonly replicas: number;
      /** Mean of the samples, milli-units, truncated. */ readonly averageMilli: number;
    }
  | { readonly kind: "failed"; readonly because: string };

/**
 * Replicas for a Pods metric with an `averageValue` target.
 *
 * Pods without a sample are assumed to use their target when that holds a scale-down back, and nothing when that holds a scale-up
 * back; pending pods are assumed to use nothing on the way up.
 *
 * @param targetMilli `averageValue`, milli-units
 * @param current `spec.replicas`
 */
export const averageValueReplicas = (
  current: number,
  targetMilli: number,
  samples: Samples,
  pods: readonly Pod[],
  tolerance: Tolerance = DEFAULT_TOLERANCE,
): Proposal => {
  const { readyCount, unready, missing, ignored } = groupPods(pods, samples);
  const values = new Map(samples);
  for (const name of [...ignored, ...unready]) values.delete(name);
  if (values.size === 0) return { kind: "failed", because: "no pod has a sample of the metric" };

  const averageMilli = truncatedMean(values);
  const ratio = averageMilli / targetMilli;
  const proposed = (replicas: number): Proposal => ({ kind: "replicas", replicas, averageMilli });
  const isHeldByUnready = unready.length > 0 && ratio > 1;
  if (!isHeldByUnready && missing.length === 0) {
    return proposed(isWithin(tolerance, ratio) ? current : Math.ceil(ratio * readyCount));
  }

  if (ratio !== 1) for (const name of missing) values.set(name, ratio < 1 ? targetMilli : 0);
  if (isHeldByUnready) for (const name of unready) values.set(name, 0);
  const assumedRatio = truncatedMean(values) / targetMilli;
  const hasTurned = (ratio < 1 && assumedRatio > 1) || (ratio > 1 && assumedRatio < 1);
  if (isWithin(tolerance, assumedRatio) || hasTurned) return proposed(current);
  const replicas = Math.ceil(assumedRatio * values.size);
  const isAgainstItself = (assumedRatio < 1 && replicas > current) || (assumedRatio > 1 && replicas < current);
  return proposed(isAgainstItself ? current : replicas);
};

/** Inclusive at both ends. */
const isWithin = (tolerance: Tolerance, ratio: number): boolean => 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;

const truncatedMean = (values: Samples): number => {
  let sum = 0;
  for (const value of values.values()) sum += value;
  return Math.trunc(sum / values.size);
};
