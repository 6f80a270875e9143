import { describe, expect, it } from "vitest";
import { KEDA_DEFAULTS } from "../../src/autoscaler/keda/spec.ts";
import type { HpaMetric } from "../../src/autoscaler/hpa/spec.ts";
import type { Policy } from "../../src/fleet/policy.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { unreachableTargets } from "../../src/fleet/unreachable-targets.ts";
import { evenStepTime, fleetConfig, requestsOf, roomyReplica } from "./configs.ts";

const replica = { ...roomyReplica, maxNumSeqs: 4 };
/** More than eight replicas could run at once, from the first second on. */
const flood = requestsOf(...Array.from({ length: 200 }, () => [1, 10, 200] as const));

const hpa = (metric: HpaMetric, up = 0.1): Policy => ({
  kind: "manifest",
  name: "HorizontalPodAutoscaler llama",
  autoscaler: { kind: "hpa", spec: { minReplicas: 1, maxReplicas: 4, metrics: [metric], behavior: { scaleUp: { tolerance: up } } } },
  initial_replicas: 1,
  startsAt: 0,
});
const pods = (metric: string, milli: number, up?: number): Policy =>
  hpa({ type: "Pods", metric, target: { type: "AverageValue", averageMilli: milli } }, up);
const total = (metric: string, milli: number): Policy => hpa({ type: "External", metric, target: { type: "Value", milli } });
const keda = (query: string, threshold: number, metricType: "AverageValue" | "Value" = "AverageValue"): Policy => ({
  kind: "manifest",
  name: "ScaledObject llama",
  autoscaler: {
    kind: "keda",
    spec: {
      ...KEDA_DEFAULTS,
      minReplicaCount: 1,
      maxReplicaCount: 4,
      triggers: [{ type: "prometheus", query, threshold, activationThreshold: 0, metricType, ignoreNullValues: true }],
    },
  },
  initial_replicas: 1,
  startsAt: 0,
});

describe("a target that its metric cannot pass", () => {
  it.each([
    ["running requests, as many as a server runs", pods("vllm:num_requests_running", 4000), true],
    ["the same within the tolerance", pods("vllm:num_requests_running", 3640), true],
    ["just outside of it", pods("vllm:num_requests_running", 3630), false],
    ["the same without a tolerance", pods("vllm:num_requests_running", 3640, 0), false],
    ["running requests of all, as many as the first replica runs", total("vllm:num_requests_running", 4000), true],
    ["of all, less than that", total("vllm:num_requests_running", 3000), false],
    ["a KEDA trigger on the sum", keda("sum(vllm:num_requests_running)", 4), true],
    ["a KEDA trigger on the sum, lower", keda("sum(vllm:num_requests_running)", 3), false],
    ["a KEDA trigger on the average of all", keda("avg(vllm:num_requests_running)", 4, "Value"), true],
  ])("%s", (_, policy, isUnreachable) => {
    const { scale_events: events, cautions = [] } = simulate(fleetConfig({ policy, replica, stepTime: evenStepTime, requests: flood }));
    expect(cautions).toHaveLength(isUnreachable ? 1 : 0);
    // Whether it is so, in the run: what is said never scales up, and its control does.
    expect(events.some(({ from, to }) => to > from)).toBe(!isUnreachable);
  });

  it.each([
    ["KV use above 1", pods("vllm:kv_cache_usage_perc", 1000), 1],
    ["KV use", pods("vllm:kv_cache_usage_perc", 800), 0],
    ["more duty than a GPU has", pods("DCGM_FI_DEV_GPU_UTIL", 95_000), 1],
    ["GPU duty", pods("DCGM_FI_DEV_GPU_UTIL", 90_000), 0],
    ["waiting requests, which grow without limit", pods("vllm:num_requests_waiting", 1_000_000), 0],
    ["a fixed number", { kind: "fixed", replicas: 2 } as const, 0],
  ])("%s: %#", (_, policy, cautions) => {
    expect(unreachableTargets(fleetConfig({ policy, replica }))).toHaveLength(cautions);
  });

  it("is a limit of requests a replica too, which also bounds what waits there", () => {
    const policy = pods("requests_in_flight", 8000);
    expect(unreachableTargets(fleetConfig({ policy, replica }))).toEqual([]);
    expect(unreachableTargets(fleetConfig({ policy, replica, concurrencyLimit: 8 }))).toHaveLength(1);
  });

  it("is said in a sentence", () => {
    const policy = { kind: "hpa", metric: "vllm:num_requests_running", target_average: 300, min_replicas: 1, max_replicas: 8 } as const;
    expect(unreachableTargets(fleetConfig({ policy }))).toMatchInlineSnapshot(`
      [
        "HPA on vllm:num_requests_running, target 300 a pod, 1 to 8 replicas: vllm:num_requests_running never asks for more replicas. The target is 300 a replica, and one is added above 330; a server shows 64 at most (max_num_seqs). Lower the target, or follow what grows with the load, such as vllm:num_requests_waiting.",
      ]
    `);
  });
});
