import type { Autoscaler, ReplicaObservation } from "../autoscaler.ts";
import type { Policy } from "../settings.ts";
import { DOWNSCALE_STABILIZATION, limit, stabilise } from "./normalise.ts";
import type { LimitReason, Recommendation } from "./normalise.ts";
import { averageValueReplicas } from "./replica-calculator.ts";
import type { Pod } from "./replica-calculator.ts";

export type HpaPolicy = Extract<Policy, { kind: "hpa" }>;

/** `--horizontal-pod-autoscaler-sync-period`, the controller's default. */
const SYNC_PERIOD_S = 15;

/**
 * A Kubernetes HorizontalPodAutoscaler on one Pods metric with `averageValue`, without `behavior`.
 *
 * One pass of the controller a decision. The metric's own delay (scraping, adapter) is not modelled: a pass sees the servers as they
 * are at that instant.
 *
 * @param initialReplicas recorded as the first recommendation, as the controller does when it first sees an HPA
 */
export const createHpa = (policy: HpaPolicy, initialReplicas: number): Autoscaler => {
  const { min_replicas: min, max_replicas: max, metric, target_average: target } = policy;
  const targetMilli = Math.round(target * 1000);
  const log: Recommendation[] = [{ replicas: initialReplicas, at: 0 }];
  return {
    period: SYNC_PERIOD_S,
    decide(now, current, replicas) {
      if (current > max) return { replicas: max, because: `max_replicas ${max}, the fleet had ${current}` };
      if (current < min) return { replicas: min, because: `min_replicas ${min}, the fleet had ${current}` };
      const samples = new Map<string, number>();
      for (const replica of replicas) {
        if (replica.state === "serving") samples.set(`${replica.id}`, metricValue(replica, metric) * 1000);
      }
      const proposal = averageValueReplicas(current, targetMilli, samples, replicas.map(toPod));
      if (proposal.kind === "failed") return null;
      const stable = stabilise(proposal.replicas, log, now);
      const limited = limit(stable, current, min, max);
      if (limited.replicas === current) return null;
      const wish = `${metric} averaged ${proposal.averageMilli / 1000} a pod, target ${target}: ${proposal.replicas} wanted`;
      const held = stable > proposal.replicas ? `, ${stable} in the last ${DOWNSCALE_STABILIZATION} s` : "";
      const because = wish + held + limitInWords(limited.reason, policy);
      return { replicas: limited.replicas, because };
    },
  };
};

const metricValue = (replica: ReplicaObservation, metric: HpaPolicy["metric"]): number => {
  switch (metric) {
    case "vllm:num_requests_running":
      return replica.requestsRunning;
    case "vllm:num_requests_waiting":
      return replica.requestsWaiting;
    case "requests_in_flight":
      return replica.requestsRunning + replica.requestsWaiting;
    default:
      return metric satisfies never;
  }
};

const toPod = (replica: ReplicaObservation): Pod => ({
  name: `${replica.id}`,
  phase: replica.state === "pending" ? "Pending" : "Running",
  isDeleting: replica.isDraining,
});

const limitInWords = (reason: LimitReason, policy: HpaPolicy): string => {
  switch (reason) {
    case "DesiredWithinRange":
      return "";
    case "TooFewReplicas":
      return `, min_replicas ${policy.min_replicas}`;
    case "TooManyReplicas":
      return `, max_replicas ${policy.max_replicas}`;
    case "ScaleUpLimit":
      return ", at most doubled in one pass";
    default:
      return reason satisfies never;
  }
};
