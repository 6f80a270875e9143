import type { Seconds } from "../../units.ts";
import type { Whole } from "../int64.ts";

/** What the HPA's controller sees of pods, and how it sorts them by what their samples are good for. */

export interface Container {
  readonly name: string;
  /** Request of the resource, in milli-units; null where none is set. */
  readonly requestMilli: Whole | null;
}

export interface PodRequests {
  readonly name: string;
  readonly containers: readonly Container[];
  /** Restartable ones run beside the containers (sidecars) and count; others do not. */
  readonly initContainers?: readonly (Container & { readonly isRestartable: boolean })[];
  /** Of the pod as a whole (feature PodLevelResources): null where pod-level requests are set, but not for this resource. */
  readonly podLevelMilli?: Whole | null;
}

export interface Pod {
  readonly name: string;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly isDeleting: boolean;
  /** Status of its Ready condition; null where it has none. */
  readonly isReady?: boolean | null;
  /** When that condition last changed. */
  readonly readyChangedAt?: Seconds;
  readonly startedAt?: Seconds | null;
  readonly requests?: PodRequests;
}

/** One value of one pod. Time and window matter for CPU alone. */
export interface Sample {
  readonly milli: Whole;
  readonly at: Seconds;
  readonly window: Seconds;
}
/** By the name of the pod. */
export type Samples = ReadonlyMap<string, Sample>;

/** `--horizontal-pod-autoscaler-cpu-initialization-period` and `--horizontal-pod-autoscaler-initial-readiness-delay`. */
export interface ReadinessRules {
  readonly cpuInitializationPeriod: Seconds;
  readonly initialReadinessDelay: Seconds;
}
export const DEFAULT_READINESS: ReadinessRules = { cpuInitializationPeriod: 300, initialReadinessDelay: 30 };

export interface PodGroups {
  readonly readyCount: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

/** Sorts pods by what their samples are good for. Whether a pod is ready plays a part for CPU alone. */
export const groupPods = (
  pods: readonly Pod[],
  samples: Samples,
  resource: string | null,
  now: Seconds,
  rules: ReadinessRules = DEFAULT_READINESS,
): PodGroups => {
  let readyCount = 0;
  const unready: string[] = [];
  const missing: string[] = [];
  const ignored: string[] = [];
  for (const pod of pods) {
    const sample = samples.get(pod.name);
    if (pod.isDeleting || pod.phase === "Failed" || pod.phase === "Succeeded") ignored.push(pod.name);
    else if (pod.phase === "Pending") unready.push(pod.name);
    else if (sample === undefined) missing.push(pod.name);
    else if (resource === "cpu" && isCpuSampleUnfit(pod, sample, now, rules)) unready.push(pod.name);
    else readyCount += 1;
  }
  return { readyCount, unready, missing, ignored };
};

/** A pod that starts is hot: its CPU says nothing of its load until it has been ready for a whole sample. */
const isCpuSampleUnfit = (pod: Pod, sample: Sample, now: Seconds, rules: ReadinessRules): boolean => {
  const { isReady = null, readyChangedAt = 0, startedAt = null } = pod;
  if (isReady === null || startedAt === null) return true;
  if (startedAt + rules.cpuInitializationPeriod > now) return !isReady || sample.at < readyChangedAt + sample.window;
  return !isReady && startedAt + rules.initialReadinessDelay > readyChangedAt;
};

/** A sum in milli-units, or why there is none, in Kubernetes' own words. */
export type Sum = { readonly kind: "sum"; readonly milli: Whole } | { readonly kind: "failed"; readonly because: string };

/**
 * What a pod requests of a resource: of one container where one is named, else of the pod as a whole where that is set, else of all
 * its containers, each of which must say.
 */
export const podRequest = (pod: PodRequests, resource: string, container: string | null, hasPodLevelFeature = false): Sum => {
  if (hasPodLevelFeature && container === null && pod.podLevelMilli !== undefined) {
    return pod.podLevelMilli === null
      ? { kind: "failed", because: `missing pod-level request for ${resource} in Pod ${pod.name}` }
      : { kind: "sum", milli: pod.podLevelMilli };
  }
  const sidecars = (pod.initContainers ?? []).filter(({ isRestartable }) => isRestartable);
  let total: Whole = 0;
  for (const { name, requestMilli } of [...pod.containers, ...sidecars]) {
    if (container !== null && container !== name) continue;
    if (requestMilli === null) {
      return { kind: "failed", because: `missing request for ${resource} in container ${name} of Pod ${pod.name}` };
    }
    if (container !== null) return { kind: "sum", milli: requestMilli };
    total = add(total, requestMilli);
  }
  if (container !== null) return { kind: "failed", because: `container ${container} not found in Pod ${pod.name}` };
  return { kind: "sum", milli: total };
};

/** Usage as the metrics API gives it: by container; null where a container's usage is missing. */
export interface ResourceSample {
  readonly containers: readonly { readonly name: string; readonly milli: Whole | null }[];
  readonly at: Seconds;
  readonly window: Seconds;
}

/** The value of a pod: of the named container, or the sum of all. Null where that is incomplete: the pod then counts as missing. */
export const podSample = ({ containers, at, window }: ResourceSample, container: string | null): Sample | null => {
  const chosen = container === null ? containers : containers.filter(({ name }) => name === container);
  if (chosen.length === 0) return null;
  let total: Whole = 0;
  for (const { milli } of chosen) {
    if (milli === null) return null;
    total = add(total, milli);
  }
  return { milli: total, at, window };
};

const add = (a: Whole, b: Whole): Whole => {
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a + b)) return a + b;
  return BigInt(a) + BigInt(b);
};
