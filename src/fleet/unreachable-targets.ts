import { toleranceOf, type Behavior } from "../autoscaler/hpa/behavior.ts";
import type { HpaMetric } from "../autoscaler/hpa/spec.ts";
import type { Trigger } from "../autoscaler/keda/spec.ts";
import type { FleetMetric, FleetQuery } from "../autoscaler/metrics.ts";
import { parseQuery } from "../autoscaler/query.ts";
import type { FleetConfig } from "./config.ts";
import { containerConcurrency, initialReplicas, limitsOf, policyInWords, type Policy } from "./policy.ts";

/** One metric that a policy follows, and what it aims at. */
interface Aim {
  readonly query: FleetQuery;
  /** As it stands where it was written. */
  readonly name: string;
  readonly target: number;
  /** Whether the target is for each replica, not for all of them. */
  readonly isPerReplica: boolean;
}

/**
 * Targets that the metric they are for cannot pass by more than the tolerance, however much comes: an autoscaler that follows nothing else never
 * scales up. A sentence each.
 *
 * What a metric can show is bounded by the server's settings and the metric's own scale; which requests come plays no part. Knative aims at
 * no more than its container concurrency, and is left out.
 */
export const unreachableTargets = (config: Pick<FleetConfig, "policy" | "replica" | "concurrencyLimit">): string[] => {
  const { policy } = config;
  const [least, most] = limitsOf(policy);
  if (least === most) return [];
  const { aims, behavior, isAlone } = aimsOf(policy);
  const passing = 1 + toleranceOf(behavior).up;
  // A value for all grows with the replicas: a metric that is followed alone never sees more than there are at the start.
  const sizes = [Math.max(1, least), isAlone ? Math.max(1, least, initialReplicas(policy)) : most];
  return aims.flatMap((aim) => {
    const bound = boundOf(aim.query.metric, config);
    if (bound === null) return [];
    const highest = Math.max(...sizes.map((replicas) => highestAt(replicas, bound.value, aim) / aim.target));
    if (highest > passing) return [];
    const each = aim.isPerReplica ? "a replica" : "for all together";
    const above = Number((aim.target * passing).toPrecision(6));
    return [
      `${policyInWords(policy)}: ${aim.name} never asks for more replicas${least === 0 ? " than one" : ""}. The target is ${aim.target} ${each}, and one is added above ${above}; a server shows ${bound.value} at most (${bound.because}). Lower the target, or follow what grows with the load, such as vllm:num_requests_waiting.`,
    ];
  });
};

/** What a policy follows; `isAlone`: nothing but one metric changes the number of replicas. */
const aimsOf = (policy: Policy): { readonly aims: readonly Aim[]; readonly behavior: Behavior | null; readonly isAlone: boolean } => {
  if (policy.kind === "hpa") {
    const query: FleetQuery = { aggregate: "sum", metric: policy.metric };
    return { aims: [{ query, name: policy.metric, target: policy.target_average, isPerReplica: true }], behavior: null, isAlone: true };
  }
  if (policy.kind !== "manifest" || policy.autoscaler.kind === "knative") return { aims: [], behavior: null, isAlone: true };
  const { autoscaler } = policy;
  return autoscaler.kind === "hpa"
    ? {
        aims: autoscaler.spec.metrics.flatMap(hpaAim),
        behavior: autoscaler.spec.behavior,
        isAlone: autoscaler.spec.metrics.length === 1,
      }
    : {
        aims: autoscaler.spec.triggers.flatMap(triggerAim),
        behavior: autoscaler.spec.behavior,
        isAlone: autoscaler.spec.triggers.length === 1,
      };
};

const hpaAim = (metric: HpaMetric): Aim[] => {
  if (metric.type === "Resource" || metric.type === "ContainerResource") return [];
  const { metric: name, target } = metric;
  const query = parseQuery(name, `metric ${name}`);
  return target.type === "Value"
    ? [{ query, name, target: Number(target.milli) / 1000, isPerReplica: false }]
    : [{ query, name, target: Number(target.averageMilli) / 1000, isPerReplica: true }];
};

const triggerAim = (trigger: Trigger): Aim[] =>
  trigger.type === "cron"
    ? []
    : [
        {
          query: parseQuery(trigger.query, "query"),
          name: trigger.query,
          target: trigger.threshold,
          isPerReplica: trigger.metricType === "AverageValue",
        },
      ];

/** The most that one server can show, and why; null: it grows without limit, or what it shows is not known. */
const boundOf = (
  metric: FleetMetric,
  { policy, replica, concurrencyLimit = containerConcurrency(policy) }: Parameters<typeof unreachableTargets>[0],
): { readonly value: number; readonly because: string } | null => {
  const limit = concurrencyLimit === Infinity ? null : { value: concurrencyLimit, because: "the limit of requests a replica" };
  switch (metric) {
    case "vllm:num_requests_running":
      return limit !== null && limit.value < replica.maxNumSeqs ? limit : { value: replica.maxNumSeqs, because: "max_num_seqs" };
    case "vllm:num_requests_waiting":
    case "requests_in_flight":
      return limit;
    case "vllm:kv_cache_usage_perc":
      return { value: 1, because: "all KV blocks" };
    case "DCGM_FI_DEV_GPU_UTIL":
      return { value: 100, because: "percent" };
    case "requests_per_second":
    case "requests_queued":
      return null;
    default:
      return metric satisfies never;
  }
};

/** What a metric shows, as its target counts it, where every one of so many replicas shows the most that it can. */
const highestAt = (replicas: number, bound: number, { query: { aggregate }, isPerReplica }: Aim): number => {
  const total = aggregate === "sum" ? bound * replicas : aggregate === "count" ? replicas : bound;
  return isPerReplica ? total / replicas : total;
};
