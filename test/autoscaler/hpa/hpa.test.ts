import { describe, expect, it } from "vitest";
import { createHpa, createHpaFrom, type HpaPolicy } from "../../../src/autoscaler/hpa/hpa.ts";
import type { HpaMetric } from "../../../src/autoscaler/hpa/spec.ts";
import { messageOf } from "../../message-of.ts";
import { observed, serving, starting } from "../observations.ts";

const policy: HpaPolicy = { min_replicas: 1, max_replicas: 10, metric: "requests_in_flight", target_average: 8 };

describe("an HPA's pass", () => {
  it.each<[HpaPolicy["metric"], number | null]>([
    ["vllm:num_requests_running", null],
    ["vllm:num_requests_waiting", 3],
    ["requests_in_flight", 4],
  ])("on %s asks for %j replicas", (metric, replicas) => {
    const decision = createHpa({ ...policy, metric }, 2).decide(observed(15, 2, [serving(0, 8, 12), serving(1, 8, 12)]));
    expect(decision?.replicas ?? null).toBe(replicas);
  });

  it("says in words what led to it", () => {
    const decide = (current: number, running: number, limits: Partial<HpaPolicy> = {}) =>
      createHpa({ ...policy, ...limits }, 1).decide(
        observed(
          1000,
          current,
          Array.from({ length: current }, (_, id) => serving(id, running)),
        ),
      )?.because;
    expect([decide(2, 12), decide(2, 90), decide(8, 16), decide(4, 0), decide(12, 1), decide(1, 1, { min_replicas: 2 })])
      .toMatchInlineSnapshot(`
      [
        "requests_in_flight averaged 12 a pod, target 8: 3 wanted",
        "requests_in_flight averaged 90 a pod, target 8: 23 wanted, at most doubled in one pass",
        "requests_in_flight averaged 16 a pod, target 8: 16 wanted, max_replicas 10",
        "requests_in_flight averaged 0 a pod, target 8: 0 wanted, min_replicas 1",
        "max_replicas 10, the fleet had 12",
        "min_replicas 2, the fleet had 1",
      ]
    `);
  });

  it("scales down only to the highest wish of the last five minutes", () => {
    const hpa = createHpa(policy, 4);
    const idle = [0, 1, 2, 3].map((id) => serving(id, 0));
    const decisions = [15, 285, 300, 315].map((now) => hpa.decide(observed(now, 4, idle))?.replicas ?? null);
    // At time 0 it recorded the 4 it found: at 300 s they are exactly one window old.
    expect(decisions).toEqual([null, null, null, 1]);
  });

  it("says when an earlier wish holds a scale-down back", () => {
    const hpa = createHpa(policy, 6);
    const six = Array.from({ length: 6 }, (_, id) => serving(id, 4));
    expect([
      hpa.decide(observed(150, 6, six)),
      hpa.decide(
        observed(
          301,
          6,
          six.map(({ id }) => serving(id, 1)),
        ),
      ),
    ]).toEqual([null, { replicas: 3, because: "requests_in_flight averaged 1 a pod, target 8: 1 wanted, 3 in the last 300 s" }]);
  });

  it("scales up at once, but counts the replicas that still start", () => {
    const hpa = createHpa(policy, 2);
    expect(hpa.decide(observed(15, 2, [serving(0, 20), serving(1, 20)]))?.replicas).toBe(4);
    // The mean is far over the target, and with the two that start counted as idle still 25 % over it.
    expect(hpa.decide(observed(30, 4, [serving(0, 20), serving(1, 20), starting(2), starting(3)]))?.replicas).toBe(5);
  });

  it("leaves the replicas as they are while no server exports its metrics", () => {
    expect(createHpa(policy, 2).decide(observed(15, 2, [starting(0), starting(1)]))).toBeNull();
  });

  it.each<[number, number | undefined, string]>([
    [12, 10, "above maxReplicas"],
    [1, 2, "below minReplicas"],
    [0, undefined, "at 0, where scaling is disabled unless the HPA itself went there"],
  ])("brings %i replicas straight to %j, whatever the metric: %s", (current, replicas) => {
    const replicasThere = current === 0 ? [] : [serving(0, 8)];
    expect(createHpa({ ...policy, min_replicas: 2 }, 2).decide(observed(15, current, replicasThere))?.replicas).toBe(replicas);
  });
});

describe("an HPA as a manifest says it", () => {
  const withMetric = (metric: HpaMetric, behavior: object | null = null): ReturnType<typeof createHpaFrom> =>
    createHpaFrom({ minReplicas: 1, maxReplicas: 20, metrics: [metric], behavior }, 1);

  it("follows the fleet's total, or a share of it", () => {
    const fleet = observed(15, 2, [serving(0, 8, 12), serving(1, 8, 12)], { requestsQueued: 30 });
    const external = (metric: string, target: Extract<HpaMetric, { type: "External" }>["target"]): string | undefined =>
      withMetric({ type: "External", metric, target }).decide(fleet)?.because;
    expect([
      external("vllm:num_requests_waiting", { type: "Value", milli: 8000 }),
      external("vllm:num_requests_waiting", { type: "AverageValue", averageMilli: 8000 }),
      external("max(vllm:num_requests_running)", { type: "Value", milli: 2000 }),
      external("requests_queued", { type: "AverageValue", averageMilli: 10_000 }),
    ]).toMatchInlineSnapshot(`
      [
        "vllm:num_requests_waiting is 24, target 8: 6 wanted, at most doubled in one pass",
        "vllm:num_requests_waiting averaged 12 a pod, target 8: 3 wanted",
        "max(vllm:num_requests_running) is 8, target 2: 8 wanted, at most doubled in one pass",
        "requests_queued averaged 15 a pod, target 10: 3 wanted",
      ]
    `);
  });

  it("says what held it back", () => {
    const behavior = { scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } };
    const hpa = withMetric(
      { type: "Pods", metric: "vllm:num_requests_waiting", target: { type: "AverageValue", averageMilli: 1000 } },
      behavior,
    );
    expect(hpa.decide(observed(15, 2, [serving(0, 8, 9), serving(1, 8, 9)]))?.because).toMatchInlineSnapshot(
      `"vllm:num_requests_waiting averaged 9 a pod, target 1: 18 wanted, as fast as scaleUp.policies allow"`,
    );
  });

  it("is refused where it follows what no server exports", () => {
    expect([
      messageOf(() => withMetric({ type: "Resource", resource: "cpu", target: { type: "Utilization", averagePercent: 80 } })),
      messageOf(() => withMetric({ type: "Pods", metric: "http_requests", target: { type: "AverageValue", averageMilli: 1 } })),
      messageOf(() => withMetric({ type: "Pods", metric: "requests_queued", target: { type: "AverageValue", averageMilli: 1 } })),
      messageOf(() => withMetric({ type: "External", metric: "sum(http_requests)", target: { type: "Value", milli: 1 } })),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: Resource metric: expected a metric that the servers export, got "cpu". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second.",
        "InputError: Pods metric: expected a metric that the servers export, got "http_requests". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second.",
        "InputError: Pods metric: expected a metric that the servers export, got "requests_queued". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second.",
        "InputError: metric sum(http_requests): expected a metric that the servers export, got "http_requests". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second, requests_queued.",
      ]
    `);
  });
});
