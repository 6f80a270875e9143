import { describe, expect, it } from "vitest";
import { groupPods, podRequest, podSample, type Pod, type PodRequests } from "../../../src/autoscaler/hpa/pods.ts";

const rules = { cpuInitializationPeriod: 300, initialReadinessDelay: 30 };
const NOW = 10_000;
const pod = (parts: Partial<Pod>): Pod => ({
  name: "a",
  phase: "Running",
  isDeleting: false,
  isReady: true,
  readyChangedAt: 0,
  startedAt: 0,
  ...parts,
});
const groupOf = (parts: Partial<Pod>, resource: string | null, sampledAt: number | null): string => {
  const samples = new Map(sampledAt === null ? [] : [["a", { milli: 1, at: sampledAt, window: 60 }]]);
  const { readyCount, unready, missing } = groupPods([pod(parts)], samples, resource, NOW, rules);
  return readyCount > 0 ? "ready" : unready.length > 0 ? "unready" : missing.length > 0 ? "missing" : "ignored";
};

describe("a pod's CPU sample", () => {
  it.each<[Partial<Pod>, number, string, string]>([
    [{ startedAt: NOW - 299, readyChangedAt: NOW - 200 }, NOW - 140, "ready", "a whole window since it became ready, to the second"],
    [{ startedAt: NOW - 299, readyChangedAt: NOW - 200 }, NOW - 141, "unready", "a second less"],
    [{ startedAt: NOW - 299, isReady: false }, NOW, "unready", "it is not ready while it may still start"],
    [{ startedAt: NOW - 300, readyChangedAt: NOW - 200 }, NOW - 141, "ready", "no longer new: exactly the initialization period old"],
    [
      { startedAt: NOW - 900, readyChangedAt: NOW - 870, isReady: false },
      NOW,
      "ready",
      "was ready once: it changed exactly the delay after its start",
    ],
    [{ startedAt: NOW - 900, readyChangedAt: NOW - 871, isReady: false }, NOW, "unready", "was never ready"],
    [{ isReady: null }, NOW, "unready", "has no Ready condition"],
    [{ startedAt: null }, NOW, "unready", "has not started"],
  ])("%j sampled at %i is %s: %s", (parts, sampledAt, group) => {
    expect(groupOf(parts, "cpu", sampledAt)).toBe(group);
  });

  it.each<[Partial<Pod>, number | null, string]>([
    [{ isReady: false, startedAt: NOW }, NOW, "ready"],
    [{ phase: "Pending" }, NOW, "unready"],
    [{ isReady: false }, null, "missing"],
    [{ phase: "Succeeded" }, NOW, "ignored"],
    [{ phase: "Failed" }, NOW, "ignored"],
    [{ phase: "Pending", isDeleting: true }, NOW, "ignored"],
  ])("for another metric readiness plays no part: %j sampled at %j is %s", (parts, sampledAt, group) => {
    expect(groupOf(parts, "memory", sampledAt)).toBe(group);
  });
});

describe("a pod's request", () => {
  const containers = [
    { name: "main", requestMilli: 500 },
    { name: "helper", requestMilli: 100 },
  ];
  const init = (isRestartable: boolean): { name: string; requestMilli: number; isRestartable: boolean }[] => [
    { name: "init", requestMilli: 30, isRestartable },
  ];
  it.each<[Partial<PodRequests>, string | null, number, string]>([
    [{ initContainers: init(true) }, null, 630, "sidecars run beside the containers"],
    [{ initContainers: init(false) }, null, 600, "others are gone by then"],
    [{ initContainers: init(true) }, "init", 30, "a sidecar may be the one that is named"],
    [{}, "helper", 100, "the named one alone"],
    [{ podLevelMilli: 800 }, null, 800, "the pod's own"],
    [{ podLevelMilli: 800 }, "main", 500, "but not for a named container"],
  ])("%j of %j is %i: %s", (parts, container, milli) => {
    expect(podRequest({ name: "a", containers, ...parts }, "cpu", container, true)).toEqual({ kind: "sum", milli });
  });

  it("beyond 2⁵³ is exact", () => {
    const large = { name: "main", requestMilli: 2 ** 53 - 1 };
    expect(podRequest({ name: "a", containers: [large, { ...large, name: "b" }] }, "memory", null)).toEqual({
      kind: "sum",
      milli: 18_014_398_509_481_982n,
    });
  });
});

describe("a pod's sample", () => {
  const at = { at: 0, window: 60 };
  it.each<[[string, number | null][], string | null, number | null, string]>([
    [
      [
        ["main", 5],
        ["helper", 7],
      ],
      null,
      12,
      "the sum of its containers",
    ],
    [
      [
        ["main", 5],
        ["helper", null],
      ],
      null,
      null,
      "incomplete",
    ],
    [[], null, null, "empty"],
    [
      [
        ["main", 5],
        ["helper", null],
      ],
      "main",
      5,
      "the named one alone",
    ],
    [[["helper", 7]], "main", null, "which is not there"],
  ])("of %j for %j is %j: %s", (usage, container, milli) => {
    const sample = podSample({ containers: usage.map(([name, value]) => ({ name, milli: value })), ...at }, container);
    expect(sample?.milli ?? null).toBe(milli);
  });
});
