import { describe, expect, it } from "vitest";
import type { ReplicaObservation } from "../../../src/fleet/autoscaler.ts";
import { createHpa } from "../../../src/fleet/hpa/hpa.ts";
import type { HpaPolicy } from "../../../src/fleet/hpa/hpa.ts";

const policy: HpaPolicy = { kind: "hpa", min_replicas: 1, max_replicas: 10, metric: "requests_in_flight", target_average: 8 };

const serving = (id: number, requestsRunning: number, requestsWaiting = 0): ReplicaObservation => ({
  id,
  state: "serving",
  isDraining: false,
  requestsRunning,
  requestsWaiting,
});
const starting = (id: number): ReplicaObservation => ({ ...serving(id, 0), state: "starting" });

describe("an HPA's pass", () => {
  it.each<[HpaPolicy["metric"], number | null]>([
    ["vllm:num_requests_running", null],
    ["vllm:num_requests_waiting", 3],
    ["requests_in_flight", 4],
  ])("on %s asks for %j replicas", (metric, replicas) => {
    const decision = createHpa({ ...policy, metric }, 2).decide(15, 2, [serving(0, 8, 12), serving(1, 8, 12)]);
    expect(decision?.replicas ?? null).toBe(replicas);
  });

  it("says in words what led to it", () => {
    const decide = (current: number, running: number, limits: Partial<HpaPolicy> = {}) =>
      createHpa({ ...policy, ...limits }, 1).decide(
        1000,
        current,
        Array.from({ length: current }, (_, id) => serving(id, running)),
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
    const decisions = [15, 285, 300, 315].map((now) => hpa.decide(now, 4, idle)?.replicas ?? null);
    // At time 0 it recorded the 4 it found: at 300 s they are exactly one window old.
    expect(decisions).toEqual([null, null, null, 1]);
  });

  it("says when an earlier wish holds a scale-down back", () => {
    const hpa = createHpa(policy, 6);
    const six = Array.from({ length: 6 }, (_, id) => serving(id, 4));
    expect([
      hpa.decide(150, 6, six),
      hpa.decide(
        301,
        6,
        six.map(({ id }) => serving(id, 1)),
      ),
    ]).toEqual([null, { replicas: 3, because: "requests_in_flight averaged 1 a pod, target 8: 1 wanted, 3 in the last 300 s" }]);
  });

  it("scales up at once, but counts the replicas that still start", () => {
    const hpa = createHpa(policy, 2);
    expect(hpa.decide(15, 2, [serving(0, 20), serving(1, 20)])?.replicas).toBe(4);
    // The mean is far over the target, and with the two that start counted as idle still 25 % over it.
    expect(hpa.decide(30, 4, [serving(0, 20), serving(1, 20), starting(2), starting(3)])?.replicas).toBe(5);
  });

  it("leaves the replicas as they are while no server exports its metrics", () => {
    expect(createHpa(policy, 2).decide(15, 2, [starting(0), starting(1)])).toBeNull();
  });

  it.each([
    [12, 10],
    [0, 1],
  ])("brings %i replicas straight to %i, whatever the metric", (current, replicas) => {
    expect(createHpa(policy, 2).decide(15, current, [serving(0, 8)])?.replicas).toBe(replicas);
  });
});
