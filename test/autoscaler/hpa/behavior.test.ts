import { describe, expect, it } from "vitest";
import {
  changeWithin,
  limitRate,
  policyLimit,
  recordChange,
  scaleDownRules,
  scaleUpRules,
  stabiliseBothWays,
  type ScaleChange,
} from "../../../src/autoscaler/hpa/behavior.ts";

const change = (size: number, at: number): ScaleChange => ({ change: size, at, isOutdated: false });
const none = { up: [], down: [] };

describe("a policy's limit", () => {
  it.each([
    ["up", "Max", 12],
    ["up", "Min", 11],
    ["up", "Disabled", 10],
    ["down", "Max", 8],
    ["down", "Min", 9],
    ["down", "Disabled", 10],
  ] as const)("going %s from 10 with 1 pod or 20 %%, selectPolicy %s, is %i", (direction, selectPolicy, limit) => {
    const rules = {
      stabilizationWindowSeconds: 0,
      selectPolicy,
      policies: [
        { type: "Pods", value: 1, periodSeconds: 60 },
        { type: "Percent", value: 20, periodSeconds: 60 },
      ],
    } as const;
    expect(policyLimit(direction, 10, none, rules, 0)).toBe(limit);
  });

  it.each<["up" | "down", number, number, number, string]>([
    ["up", 25, 12, 29, "rounded up, of a product that is a hair above 28"],
    ["down", 20, 80, 3, "truncated, of a product that is a hair below 4"],
  ])("going %s from %i by %i %% ends at %i: %s", (direction, current, value, limit) => {
    const rules = {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value, periodSeconds: 60 }],
    } as const;
    expect(policyLimit(direction, current, none, rules, 0)).toBe(limit);
  });

  it("counts from the replicas at the period's start, whichever way the fleet went since", () => {
    const rules = scaleUpRules({ policies: [{ type: "Pods", value: 4, periodSeconds: 60 }] });
    expect(policyLimit("up", 10, { up: [change(3, 50)], down: [] }, rules, 100)).toBe(11);
    expect(policyLimit("up", 10, { up: [], down: [change(3, 50)] }, rules, 100)).toBe(17);
  });

  it.each([
    [40, 0, "exactly one period old no longer counts"],
    [40.001, 3, "younger does"],
  ])("a change at %f s counts as %i at 100 s over 60 s: %s", (at, counted) => {
    expect(changeWithin([change(3, at)], 60, 100)).toBe(counted);
  });
});

describe("minReplicas and maxReplicas", () => {
  it.each<[number, number, number, string, number, string]>([
    [9, 5, 8, "TooManyReplicas", 8, "upwards to maxReplicas"],
    [8, 8, 5, "DesiredWithinRange", 8, "standing still above maxReplicas"],
    [7, 8, 5, "DesiredWithinRange", 7, "downwards, still above maxReplicas"],
    [1, 8, 9, "TooFewReplicas", 2, "downwards to minReplicas"],
  ])("%i wanted from %i with at most %i: %s, %i: %s", (desired, current, max, reason, replicas) => {
    expect(limitRate(desired, current, [2, max], none, scaleUpRules(), scaleDownRules(), 0)).toEqual({ replicas, reason });
  });
});

describe("defaults", () => {
  it("allow 4 pods from one on the way up, where an HPA without behavior allows 3", () => {
    expect(limitRate(99, 1, [1, 99], none, scaleUpRules(), scaleDownRules(), 0)).toEqual({ replicas: 5, reason: "ScaleUpLimit" });
  });

  it("allow everything on the way down, after the controller's window", () => {
    expect(scaleDownRules({}, 300).stabilizationWindowSeconds).toBe(300);
    expect(limitRate(1, 50, [1, 99], none, scaleUpRules(), scaleDownRules(), 0)).toEqual({ replicas: 1, reason: "DesiredWithinRange" });
  });

  it("stand for each field that is left out, on its own", () => {
    const { selectPolicy, policies } = scaleUpRules({ stabilizationWindowSeconds: 60 });
    expect([selectPolicy, policies.length]).toEqual(["Max", 2]);
  });
});

describe("a stabilization window in each direction", () => {
  it.each([
    [8, 5, 60, 0, 5, "the lowest wish of the window holds a scale-up back"],
    [3, 9, 0, 60, 5, "the highest of the window holds a scale-down back: here above the current number"],
    [3, 4, 0, 60, 4, "here below it"],
    [8, 5, 0, 60, 8, "the other direction's window does not matter"],
  ])("%i wanted at 5 replicas, %i half a minute ago, windows %i and %i s: %i, %s", (desired, earlier, up, down, replicas) => {
    expect(stabiliseBothWays(desired, 5, [{ replicas: earlier, at: 70 }], up, down, 100)).toBe(replicas);
  });

  it("a wish exactly one window old no longer counts, and is not overwritten either", () => {
    const log = [{ replicas: 9, at: 40 }];
    expect(stabiliseBothWays(3, 5, log, 60, 60, 100)).toBe(3);
    expect(log).toEqual([
      { replicas: 9, at: 40 },
      { replicas: 3, at: 100 },
    ]);
  });
});

describe("changes that are remembered", () => {
  it("take the place of the last one that is older than the longest period", () => {
    const changes = [change(1, 0), change(2, 39.999), change(3, 40)];
    recordChange(changes, 7, scaleUpRules({ policies: [{ type: "Pods", value: 4, periodSeconds: 60 }] }), 100);
    expect(changes).toEqual([{ change: 1, at: 0, isOutdated: true }, change(7, 100), change(3, 40)]);
  });
});
