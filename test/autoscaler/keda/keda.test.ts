import { describe, expect, it } from "vitest";
import type { Observation, ReplicaObservation } from "../../../src/autoscaler/autoscaler.ts";
import { createKeda } from "../../../src/autoscaler/keda/keda.ts";
import { hpaOf, KEDA_DEFAULTS, type KedaSpec, type Trigger } from "../../../src/autoscaler/keda/spec.ts";
import { parseCron } from "../../../src/autoscaler/simple/cron.ts";
import { observed, serving } from "../observations.ts";

const waiting: Trigger = {
  type: "prometheus",
  query: "sum(vllm:num_requests_waiting)",
  threshold: 5,
  activationThreshold: 0,
  metricType: "AverageValue",
  ignoreNullValues: true,
};
const queued: Trigger = { ...waiting, query: "requests_queued" };
const spec = (parts: Partial<KedaSpec> = {}): KedaSpec => ({ ...KEDA_DEFAULTS, triggers: [waiting], ...parts });

/** What is wanted at each of these times, if replicas serve as soon as they are wanted. */
const run = (
  keda: KedaSpec,
  initial: number,
  times: readonly number[],
  look: (now: number, wanted: number) => Omit<Observation, "now" | "current">,
): number[] => {
  const autoscaler = createKeda(keda, initial);
  let wanted = initial;
  return times.map((now) => {
    wanted = autoscaler.decide({ now, current: wanted, ...look(now, wanted) })?.replicas ?? wanted;
    return wanted;
  });
};
const every15 = (until: number): number[] => Array.from({ length: until / 15 + 1 }, (_, i) => i * 15);
const fleetOf = (count: number, waitingEach: number): ReplicaObservation[] =>
  Array.from({ length: count }, (_, id) => serving(id, 1, waitingEach));

describe("KEDA over a fleet", () => {
  it("lets the HPA decide from one replica on, on the total over the replicas", () => {
    const history = run(spec(), 1, every15(15), (_, wanted) => ({ replicas: fleetOf(wanted, 12 / wanted) }));
    expect(history).toEqual([3, 3]);
  });

  it("goes from 0 to one at a poll, then the HPA goes on", () => {
    const history = run(spec({ triggers: [queued] }), 0, every15(60), (now, wanted) => ({
      replicas: fleetOf(wanted, 0),
      requestsQueued: now >= 15 ? 20 : 0,
    }));
    expect(history).toEqual([0, 0, 1, 4, 4]);
  });

  it("goes to 0 a cooldown after the last poll that saw activity", () => {
    const history = run(spec(), 1, every15(420), (now, wanted) => ({ replicas: fleetOf(wanted, now < 60 ? 2 : 0) }));
    // Active at the poll of 30 s; at 330 s that is exactly one cooldown ago, and the next poll is at 360 s.
    expect(history.indexOf(0) * 15).toBe(360);
  });

  it("holds an activation threshold against its trigger strictly", () => {
    const at = (load: number): number | undefined =>
      run(spec({ triggers: [{ ...queued, activationThreshold: 10 }] }), 0, [0], () => ({ replicas: [], requestsQueued: load }))[0];
    expect([at(10), at(11)]).toEqual([0, 1]);
  });

  it("stands in with the fallback where a trigger failed more often than it may", () => {
    const strict = spec({
      minReplicaCount: 1,
      triggers: [{ ...waiting, query: "avg(vllm:kv_cache_usage_perc)", ignoreNullValues: false }],
      fallback: { failureThreshold: 2, replicas: 6, behavior: "static" },
    });
    const history = run(strict, 2, every15(60), (_, wanted) => ({ replicas: fleetOf(wanted, 0) }));
    expect(history).toEqual([2, 2, 4, 6, 6]);
  });

  it("wants a cron trigger's replicas between its times", () => {
    const cron: Trigger = { type: "cron", start: parseCron("1 0 * * *", ""), end: parseCron("10 0 * * *", ""), desiredReplicas: 4 };
    const history = run(spec({ triggers: [cron], cooldownPeriod: 30 }), 0, every15(1200), (_, wanted) => ({
      replicas: fleetOf(wanted, 0),
    }));
    const at = (now: number): number | undefined => history[now / 15];
    expect([at(0), at(45), at(60), at(75), at(585)]).toEqual([0, 0, 1, 4, 4]);
    // Its end is at 600 s; the poll of 570 s was the last that saw it active, and at 600 s that is exactly one cooldown ago.
    expect(history.indexOf(0, 10) * 15).toBe(630);
  });

  it("creates an HPA from one replica to the maximum with a metric a trigger", () => {
    expect(hpaOf(spec({ triggers: [waiting, { ...waiting, threshold: 0.8, metricType: "Value" }] }))).toEqual({
      minReplicas: 1,
      maxReplicas: 100,
      behavior: null,
      metrics: [
        { type: "External", metric: "s0-prometheus", target: { type: "AverageValue", averageMilli: 5000 } },
        { type: "External", metric: "s1-prometheus", target: { type: "Value", milli: 800 } },
      ],
    });
  });

  it("paused, does nothing", () => {
    const history = run(spec({ paused: { replicas: null } }), 2, every15(30), (_, wanted) => ({ replicas: fleetOf(wanted, 50) }));
    expect(history).toEqual([2, 2, 2]);
  });

  it("says in words what led to it", () => {
    const autoscaler = createKeda(spec(), 1);
    const decide = (now: number, current: number, load: number): string | undefined =>
      autoscaler.decide(observed(now, current, fleetOf(current, load)))?.because;
    expect([decide(0, 1, 12), decide(615, 3, 0), decide(630, 1, 0)]).toMatchInlineSnapshot(`
      [
        "sum(vllm:num_requests_waiting) averaged 12 a pod, target 5: 3 wanted",
        "sum(vllm:num_requests_waiting) averaged 0 a pod, target 5: 0 wanted, minReplicaCount 1",
        "no trigger has been active for 300 s",
      ]
    `);
  });
});
