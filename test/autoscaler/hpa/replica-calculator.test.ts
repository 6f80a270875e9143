import { describe, expect, it } from "vitest";
import type { Pod, Samples } from "../../../src/autoscaler/hpa/pods.ts";
import {
  averageValueReplicas,
  perReplicaValueReplicas,
  utilizationReplicas,
  valueReplicas,
  type Proposal,
} from "../../../src/autoscaler/hpa/replica-calculator.ts";

/** Pods by a letter each: r(unning), p(ending), d(eleting). */
const pods = (letters: string): Pod[] =>
  Array.from(letters, (letter, i) => ({
    name: `${i}`,
    phase: letter === "p" ? "Pending" : "Running",
    isDeleting: letter === "d",
    isReady: letter === "r",
    readyChangedAt: -1e6,
    startedAt: -1e6,
    requests: { name: `${i}`, containers: [{ name: "main", requestMilli: 1000 }] },
  }));

/** Samples in milli-units by place; null for a pod without one. */
const samples = (...values: readonly (number | null)[]): Samples =>
  new Map(values.flatMap((milli, i) => (milli === null ? [] : [[`${i}`, { milli, at: 0, window: 60 }] as const])));

const average = (current: number, letters: string, values: readonly (number | null)[]): Proposal =>
  averageValueReplicas(current, 1000, samples(...values), { pods: pods(letters), now: 0 });

describe("replicas for an average value", () => {
  it.each([
    ["exactly on target", 2, [1000, 1000], 2],
    ["10 % above is within tolerance", 2, [1100, 1100], 2],
    ["a milli-unit more is not", 2, [1101, 1101], 3],
    ["10 % below is within tolerance", 3, [900, 900, 900], 3],
    ["a milli-unit less is not, but rounding up keeps the replicas", 3, [899, 899, 899], 3],
    ["far below", 4, [250, 250, 250, 250], 1],
    ["rounded up", 3, [1500, 1500, 1500], 5],
    ["the mean is truncated to milli-units, here into the tolerance", 3, [1100, 1100, 1102], 3],
    ["nothing at all to do", 3, [0, 0, 0], 0],
    ["proposes for the pods it has seen, not for those that are wanted", 5, [1500, 1500, 1500], 5],
  ])("%s", (_, current, values, replicas) => {
    expect(average(current, "r".repeat(values.length), values)).toMatchObject({ replicas });
  });

  it.each([
    ["a pending pod counts as idle on the way up", 2, "rp", [3000, null], 3],
    ["and may hold the scale-up back altogether", 2, "rp", [2000, null], 2],
    ["a starting pod without a sample counts as idle on the way up", 2, "rr", [3000, null], 3],
    ["a starting pod counts as on target on the way down", 4, "rrrr", [200, 200, 200, null], 2],
    ["a pending pod is left out on the way down", 3, "rrp", [200, 200, null], 1],
    ["what was left out or assumed may not turn the direction", 2, "rrp", [1500, 1000, null], 2],
    ["a draining pod and its sample do not count", 2, "rrd", [2000, 2000, 9000], 4],
    ["a scale-up that comes out below the current number is not made", 5, "rrr", [1800, 1800, null], 5],
  ])("%s", (_, current, letters, values, replicas) => {
    expect(average(current, letters, values)).toMatchObject({ replicas });
  });

  it("a scale-down that comes out above the current number, since samples of unknown pods count, is not made", () => {
    const values = [500, 500, 500, 500, null];
    expect(averageValueReplicas(2, 1000, samples(...values), { pods: pods("rr").concat(pods("rrrrr").slice(4)), now: 0 })).toMatchObject({
      replicas: 2,
    });
  });

  it.each([
    ["no pod has a sample", "rr", [null, null]],
    ["only pending and draining pods have", "pd", [500, 500]],
  ])("fails where %s", (_, letters, values) => {
    expect(average(2, letters, values).kind).toBe("failed");
  });
});

const utilization = (current: number, targetPercent: number, letters: string, values: readonly (number | null)[]): Proposal =>
  utilizationReplicas(current, targetPercent, samples(...values), "cpu", { pods: pods(letters), now: 0 });

describe("replicas for a utilization of the request", () => {
  it.each([
    ["exactly on target", 2, 50, [500, 500], 2],
    ["exactly 10 % above is within tolerance", 2, 50, [550, 550], 2],
    ["whole percents: 55.9 % is 55 %", 2, 50, [559, 559], 2],
    ["the next whole percent is not", 2, 50, [560, 560], 3],
    ["exactly 10 % below is within tolerance", 10, 50, Array.from({ length: 10 }, () => 450), 10],
    ["and a percent less is not", 10, 50, Array.from({ length: 10 }, () => 449), 9],
    ["doubles, in the order that Kubernetes computes in", 25, 50, Array.from({ length: 25 }, () => 560), 29],
  ])("%s", (_, current, target, values, replicas) => {
    expect(utilization(current, target, "r".repeat(values.length), values)).toMatchObject({ replicas });
  });

  it("a pod without a sample is assumed to use its whole request on the way down, or the target where that is more", () => {
    expect(utilization(3, 50, "rrr", [100, 100, null])).toMatchObject({ replicas: 3 });
    expect(utilization(4, 300, "rrrr", [100, 100, 100, null])).toMatchObject({ replicas: 2 });
  });

  it("pods that are not ready are left out on the way down, and not put back", () => {
    expect(utilization(5, 50, "rrrpp", [300, 300, 300, null, null])).toMatchObject({ replicas: 2 });
    expect(utilization(5, 50, "rrrpp", [100, 100, 100, null, null])).toMatchObject({ replicas: 1 });
  });

  it("memory of many large pods is added up without rounding", () => {
    const bytes = 80 * 2 ** 30;
    const large = Array.from({ length: 100 }, (_, i): Pod => ({
      ...pods("r")[0]!,
      name: `${i}`,
      requests: { name: `${i}`, containers: [{ name: "main", requestMilli: bytes * 1000 }] },
    }));
    const half = new Map(large.map(({ name }) => [name, { milli: bytes * 500, at: 0, window: 60 }]));
    expect(utilizationReplicas(100, 50, half, "memory", { pods: large, now: 0 })).toMatchObject({ utilizationPercent: 50, replicas: 100 });
  });
});

describe("replicas for a value of an object or from outside", () => {
  it.each([
    [3, 1000, [1100], "rrr", 3, "within tolerance"],
    [3, 1000, [2000], "rrr", 6, "times the ready pods"],
    [3, 1000, [2000], "rru", 4, "not those that are not ready"],
    [3, 1000, [1000, 1000], "rrr", 6, "all series together"],
    [0, 1000, [1050], "", 2, "from 0 on there is no tolerance"],
    [0, 1000, [0], "", 0, "and nothing without load"],
  ])("%i replicas, target %i, value %j, pods %s: %i, %s", (current, target, values, letters, replicas) => {
    expect(valueReplicas(current, target, values, { pods: pods(letters), now: 0 })).toMatchObject({ replicas });
  });

  it.each([
    [3, 1000, [3300], 3, "within tolerance of the replicas that are there"],
    [3, 1000, [3301], 4, "one milli-unit more is not"],
    [0, 1000, [20], 1, "from 0 on there is no tolerance"],
    [0, 1000, [0], 0, "and nothing without load"],
    [5, 1000, [0], 0, "down to nothing"],
  ])("%i replicas there, %i each, value %j: %i, %s", (status, target, values, replicas) => {
    expect(perReplicaValueReplicas(status, target, values)).toMatchObject({ replicas });
  });
});
