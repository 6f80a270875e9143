import { describe, expect, it } from "vitest";
import type { Pod } from "../../../src/autoscaler/hpa/pods.ts";
import type { MetricSource } from "../../../src/autoscaler/hpa/proposals.ts";
import { newHpaState, reconcile, type HpaState, type Pass } from "../../../src/autoscaler/hpa/reconcile.ts";
import type { HpaMetric, HpaSpec } from "../../../src/autoscaler/hpa/spec.ts";

const external = (metric: string, milli = 1000): HpaMetric => ({
  type: "External",
  metric,
  target: { type: "AverageValue", averageMilli: milli },
});
const spec = (parts: Partial<HpaSpec> = {}): HpaSpec => ({
  minReplicas: 1,
  maxReplicas: 20,
  metrics: [external("a")],
  behavior: null,
  ...parts,
});

/** Values by the name of the metric; one that is not there fails. */
const showing = (values: Readonly<Record<string, number>>): MetricSource => ({
  samples: () => "none",
  values: (metric) =>
    "metric" in metric && values[metric.metric] !== undefined ? [values[metric.metric]! * 1000] : `no ${metric.type} metric`,
});

const pass = (
  hpa: HpaSpec,
  current: number,
  values: Readonly<Record<string, number>>,
  state: HpaState = newHpaState(),
  now = 1000,
): Pass => {
  const pods = Array.from({ length: current }, (_, i): Pod => ({ name: `${i}`, phase: "Running", isDeleting: false, isReady: true }));
  return reconcile(hpa, state, { specReplicas: current, statusReplicas: current }, pods, showing(values), now);
};

describe("several metrics", () => {
  const two = spec({ metrics: [external("a"), external("b")] });
  it.each<[Readonly<Record<string, number>>, number, boolean, string]>([
    [{ a: 6, b: 4 }, 6, false, "the highest wins"],
    [{ a: 4, b: 6 }, 6, false, "in any order"],
    [{ a: 6 }, 6, true, "one that fails does not hold a scale-up back"],
    [{ a: 5 }, 5, true, "nor no change"],
    [{ a: 2 }, 5, true, "but a scale-down"],
    [{}, 5, true, "all fail"],
  ])("5 replicas, %j: %i, error %j: %s", (values, replicas, hasError) => {
    const result = pass(two, 5, values, { ...newHpaState(), recommendations: [] });
    expect([result.replicas, result.error !== null]).toEqual([replicas, hasError]);
  });

  it.each([
    [{ a: 5 }, "ValidMetricFound"],
    [{ a: 4 }, "FailedGetExternalMetric"],
  ])("at 5 replicas one that fails beside %j is reported as %s", (values, reason) => {
    expect(pass(two, 5, values).conditions.scalingActive).toBe(reason);
  });

  it("a share for each replica is of those that are there, not of those that are wanted", () => {
    const scale = { specReplicas: 8, statusReplicas: 4 };
    // 4.2 for 4 is within the tolerance, for 8 it is not.
    expect(reconcile(spec(), { ...newHpaState(), recommendations: [] }, scale, [], showing({ a: 4.2 }), 0).metrics).toMatchObject({
      replicas: 4,
    });
  });

  it("a pass that fails leaves no recommendation behind", () => {
    const state = { ...newHpaState(), recommendations: [] };
    pass(two, 5, { a: 2 }, state);
    expect(state.recommendations).toEqual([]);
  });
});

describe("the first pass", () => {
  it("records the replicas it finds, which hold a scale-down back for a window", () => {
    const state = newHpaState();
    expect(pass(spec(), 5, { a: 2 }, state, 0).replicas).toBe(5);
    expect(pass(spec(), 5, { a: 2 }, state, 300).replicas).toBe(5);
    expect(pass(spec(), 5, { a: 2 }, state, 300.001).replicas).toBe(2);
  });
});

describe("behavior", () => {
  it("limits by what was done before: 2 pods a minute", () => {
    const hpa = spec({ behavior: { scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] } } });
    const state = newHpaState();
    let current = 2;
    const seen = [0, 15, 30, 45, 60, 75].map((now) => (current = pass(hpa, current, { a: 20 }, state, now).replicas));
    expect(seen).toEqual([4, 4, 4, 4, 6, 6]);
  });

  it("remembers jumps to the limits too", () => {
    const hpa = spec({ minReplicas: 6, behavior: { scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] } } });
    const state = newHpaState();
    expect(pass(hpa, 2, { a: 20 }, state, 0).replicas).toBe(6);
    expect(pass(hpa, 6, { a: 20 }, state, 15).replicas).toBe(6);
    expect(pass(hpa, 6, { a: 20 }, state, 60).replicas).toBe(8);
  });

  it("gives a tolerance of its own in each direction", () => {
    const eager = spec({ behavior: { scaleUp: { tolerance: 0 } } });
    expect([pass(eager, 10, { a: 10.5 }).replicas, pass(spec(), 10, { a: 10.5 }).replicas]).toEqual([11, 10]);
  });
});

describe("zero", () => {
  const toZero = spec({ minReplicas: 0 });

  it("is reached and left again on a metric that needs no pods", () => {
    const state = { ...newHpaState(), recommendations: [] };
    expect(pass(toZero, 1, { a: 0 }, state, 0)).toMatchObject({ replicas: 0, isRescaled: true });
    expect(pass(toZero, 0, { a: 0 }, state, 15)).toMatchObject({ replicas: 0, isRescaled: false });
    expect(pass(toZero, 0, { a: 3 }, state, 30)).toMatchObject({ replicas: 3, isRescaled: true });
  });

  it("that somebody else set is left alone", () => {
    expect(pass(toZero, 0, { a: 3 })).toMatchObject({ replicas: 0, conditions: { scalingActive: "ScalingDisabled" } });
  });

  it("that a metric of pods led to is not left again, whatever minReplicas becomes", () => {
    const perPod: HpaMetric = { type: "Pods", metric: "p", target: { type: "AverageValue", averageMilli: 1000 } };
    const state = { ...newHpaState(), recommendations: [] };
    const idle: MetricSource = { ...showing({}), samples: () => new Map([["0", { milli: 0, at: 0, window: 0 }]]) };
    const pods: Pod[] = [{ name: "0", phase: "Running", isDeleting: false }];
    const scale = { specReplicas: 1, statusReplicas: 1 };
    expect(reconcile(spec({ minReplicas: 0, metrics: [perPod] }), state, scale, pods, idle, 0).replicas).toBe(0);
    const later = reconcile(spec({ minReplicas: 2, metrics: [perPod] }), state, { specReplicas: 0, statusReplicas: 0 }, [], idle, 15);
    expect(later).toMatchObject({ replicas: 0, conditions: { scalingActive: "ScalingDisabled" } });
  });

  it("is left for minReplicas when that was raised meanwhile", () => {
    expect(pass(spec({ minReplicas: 4 }), 0, { a: 1 }, { ...newHpaState(), recommendations: [], isScaledToZero: true }).replicas).toBe(4);
  });
});
