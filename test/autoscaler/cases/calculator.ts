import { expect } from "vitest";
import { groupPods, podRequest, podSample, type Pod, type PodRequests, type Sample } from "../../../src/autoscaler/hpa/pods.ts";
import {
  averageValueReplicas,
  perReplicaValueReplicas,
  usagePerReplica,
  utilizationReplicas,
  valueReplicas,
  type Circumstances,
  type Proposal,
} from "../../../src/autoscaler/hpa/replica-calculator.ts";
import { expectFields, NOW, whole, type Case } from "./case.ts";

interface ContainerInput {
  readonly name: string;
  readonly requestMilli: number | null;
  readonly restartable?: boolean;
  readonly restartPolicy?: string | null;
  readonly restartPolicyAlways?: boolean;
}
interface PodInput {
  readonly name: string;
  readonly phase: Pod["phase"];
  readonly ready: boolean | null;
  readonly startAgeSeconds: number | null;
  readonly readyTransitionAgeSeconds: number | null;
  readonly deleting: boolean;
  readonly containers?: readonly ContainerInput[];
  readonly initContainers?: readonly ContainerInput[];
}
interface MetricInput {
  readonly pod: string;
  readonly valueMilli?: number;
  readonly ageSeconds?: number;
  readonly windowSeconds?: number;
  readonly containers?: Readonly<Record<string, number>>;
  readonly incomplete?: boolean;
}
interface Input {
  readonly controller: { readonly cpuInitializationPeriodSeconds: number; readonly delayOfInitialReadinessStatusSeconds: number };
  readonly tolerance: { readonly scaleDown: number; readonly scaleUp: number };
  readonly resource?: string;
  readonly container?: string | null;
  readonly currentReplicas: number;
  readonly target: {
    readonly averageUtilizationPercent?: number;
    readonly averageValueMilli?: number | string;
    readonly valueMilli?: number | string;
  };
  readonly pods: readonly PodInput[];
  readonly metrics: readonly MetricInput[];
  readonly valuesMilli: readonly (number | string)[];
}

const inputOf = (entry: Case): Input => entry as unknown as Input;

const requestsOf = ({
  name,
  containers = [],
  initContainers = [],
}: Pick<PodInput, "name" | "containers" | "initContainers">): PodRequests => ({
  name,
  containers,
  initContainers: initContainers.map((container) => ({
    ...container,
    isRestartable: container.restartable ?? container.restartPolicyAlways ?? container.restartPolicy === "Always",
  })),
});

const podOf = (pod: PodInput): Pod => ({
  name: pod.name,
  phase: pod.phase,
  isDeleting: pod.deleting,
  isReady: pod.ready,
  readyChangedAt: NOW - (pod.readyTransitionAgeSeconds ?? 0),
  startedAt: pod.startAgeSeconds === null ? null : NOW - pod.startAgeSeconds,
  requests: requestsOf(pod),
});

const circumstancesOf = ({ pods, tolerance, controller }: Input): Circumstances => ({
  pods: (pods ?? []).map(podOf),
  now: NOW,
  tolerance: { down: tolerance.scaleDown, up: tolerance.scaleUp },
  readiness: readinessOf(controller),
});

const readinessOf = (controller: Input["controller"]): NonNullable<Circumstances["readiness"]> => ({
  cpuInitializationPeriod: controller.cpuInitializationPeriodSeconds,
  initialReadinessDelay: controller.delayOfInitialReadinessStatusSeconds,
});

/** A sample by container is put together as the metrics client does; an incomplete one has a nameless container without usage. */
const samplesOf = (metrics: readonly MetricInput[], container: string | null): Map<string, Sample> => {
  const samples = new Map<string, Sample>();
  for (const { pod, valueMilli, ageSeconds = 0, windowSeconds = 60, containers, incomplete } of metrics) {
    const at = NOW - ageSeconds;
    const used: { name: string; milli: number | null }[] = Object.entries(containers ?? {}).map(([name, milli]) => ({ name, milli }));
    if (incomplete === true) used.push({ name: "", milli: null });
    const sample =
      valueMilli === undefined
        ? podSample({ containers: used, at, window: windowSeconds }, container)
        : { milli: valueMilli, at, window: windowSeconds };
    if (sample !== null) samples.set(pod, sample);
  }
  return samples;
};

/** What a proposal says, by the names that cases give to it. */
const expectProposal = (entry: Case, proposal: Proposal, usage: string): void => {
  const expected = entry.expected ?? {};
  if (typeof expected["error"] === "string") {
    expect(proposal.kind).toBe("failed");
    if (proposal.kind === "failed") expect(proposal.because).toContain(expected["error"]);
    return;
  }
  if (proposal.kind === "failed") expect.fail(proposal.because);
  const { replicas, usageMilli, utilizationPercent } = proposal;
  expectFields(expected, { replicas, [usage]: usageMilli, ...(utilizationPercent === undefined ? {} : { utilizationPercent }) });
};

export const calculatorCases: Readonly<Record<string, (entry: Case) => void>> = {
  resource(entry) {
    const input = inputOf(entry);
    const { resource = "cpu", container = null, currentReplicas, target } = input;
    const samples = samplesOf(input.metrics, container);
    const { averageUtilizationPercent, averageValueMilli } = target;
    expectProposal(
      entry,
      input.metrics.length === 0
        ? { kind: "failed", because: `unable to get metrics for resource ${resource}: no metrics returned from resource metrics API` }
        : averageUtilizationPercent === undefined
          ? averageValueReplicas(currentReplicas, whole(averageValueMilli!), samples, circumstancesOf(input), resource)
          : utilizationReplicas(currentReplicas, averageUtilizationPercent, samples, resource, circumstancesOf(input), container),
      "rawAverageMilli",
    );
  },
  pods(entry) {
    const input = inputOf(entry);
    const samples = samplesOf(input.metrics, null);
    const proposal = averageValueReplicas(input.currentReplicas, whole(input.target.averageValueMilli!), samples, circumstancesOf(input));
    expectProposal(entry, proposal, "averageUsageMilli");
  },
  object(entry) {
    const input = inputOf(entry);
    const values = input.valuesMilli.map(whole);
    expectProposal(
      entry,
      valueReplicas(input.currentReplicas, whole(input.target.valueMilli!), values, circumstancesOf(input)),
      "usageMilli",
    );
  },
  external(entry) {
    calculatorCases["object"]!(entry);
  },
  objectPerPod(entry) {
    perPod(entry, false);
  },
  externalPerPod(entry) {
    perPod(entry, true);
  },
  groupPods(entry) {
    const { pods, metrics, resource, controller } = inputOf(entry);
    const samples = samplesOf(metrics, null);
    const groups = groupPods(pods.map(podOf), samples, resource ?? null, NOW, readinessOf(controller));
    const { readyCount: readyPodCount, unready: unreadyPods, missing: missingPods, ignored: ignoredPods } = groups;
    expectFields(entry.expected ?? {}, { readyPodCount, unreadyPods, missingPods, ignoredPods });
  },
  podRequests(entry) {
    const { pod, container, podLevelResourcesEnabled, resource } = entry as unknown as {
      readonly pod: PodInput & { readonly podLevelRequestMilli: number | null };
      readonly container: string | null;
      readonly podLevelResourcesEnabled: boolean;
      readonly resource?: string;
    };
    const level = pod.podLevelRequestMilli === null ? {} : { podLevelMilli: pod.podLevelRequestMilli };
    const sum = podRequest({ ...requestsOf(pod), ...level }, resource ?? "cpu", container, podLevelResourcesEnabled);
    const error = entry.expected?.["error"];
    if (typeof error === "string") {
      expect(sum.kind).toBe("failed");
      if (sum.kind === "failed") expect(sum.because).toContain(error);
    } else {
      expectFields(entry.expected ?? {}, sum.kind === "failed" ? { failure: sum.because } : { requestMilli: sum.milli });
    }
  },
  perPodUsage(entry) {
    const { usageMilli, statusReplicas } = entry as unknown as { readonly usageMilli: number | string; readonly statusReplicas: number };
    expectFields(entry.expected ?? {}, { usagePerReplicaMilli: usagePerReplica(whole(usageMilli), statusReplicas) });
  },
};

const perPod = (entry: Case, isExternal: boolean): void => {
  const { currentReplicas, target, valuesMilli, tolerance } = inputOf(entry);
  const proposal = perReplicaValueReplicas(
    currentReplicas,
    whole(target.averageValueMilli!),
    valuesMilli.map(whole),
    { down: tolerance.scaleDown, up: tolerance.scaleUp },
    isExternal,
  );
  expectProposal(entry, proposal, "usagePerReplicaMilli");
};
