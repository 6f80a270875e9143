import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { averageValueReplicas, groupPods } from "../../../src/fleet/hpa/replica-calculator.ts";
import type { Pod } from "../../../src/fleet/hpa/replica-calculator.ts";
import { sharedFileOrNull } from "../../data.ts";

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly resource?: string;
  readonly currentReplicas: number;
  readonly tolerance: { readonly scaleDown: number; readonly scaleUp: number };
  readonly target: { readonly averageValueMilli: number };
  readonly pods: readonly { readonly name: string; readonly phase: Pod["phase"]; readonly deleting: boolean }[];
  readonly metrics: readonly { readonly pod: string; readonly valueMilli: number }[];
  readonly expected: {
    readonly replicas: number;
    readonly averageUsageMilli?: number;
    readonly readyPodCount: number;
    readonly unreadyPods: string[];
    readonly missingPods: string[];
    readonly ignoredPods: string[];
  };
}

const file = sharedFileOrNull("cases", "hpa-replica-calculator.json");
const cases = file === null ? [] : (JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] }).cases;
const podsOf = ({ pods }: Case): Pod[] => pods.map(({ name, phase, deleting }) => ({ name, phase, isDeleting: deleting }));
const samplesOf = ({ metrics }: Case): Map<string, number> => new Map(metrics.map(({ pod, valueMilli }) => [pod, valueMilli]));

describe.skipIf(file === null)("the cases of Kubernetes' own tests (skipped where the shared data are absent)", () => {
  it.each(cases.filter(({ kind }) => kind === "pods"))("$id $name", (entry) => {
    const { target, currentReplicas, tolerance, expected } = entry;
    const proposal = averageValueReplicas(currentReplicas, target.averageValueMilli, samplesOf(entry), podsOf(entry), {
      down: tolerance.scaleDown,
      up: tolerance.scaleUp,
    });
    const { replicas, averageUsageMilli } = expected;
    expect(proposal).toMatchObject({
      kind: "replicas",
      replicas,
      ...(averageUsageMilli === undefined ? {} : { averageMilli: averageUsageMilli }),
    });
  });

  it.each(cases.filter(({ kind, resource }) => kind === "groupPods" && resource !== "cpu"))("$id grouping: $name", (entry) => {
    const { readyPodCount, unreadyPods, missingPods, ignoredPods } = entry.expected;
    expect(groupPods(podsOf(entry), samplesOf(entry))).toEqual({
      readyCount: readyPodCount,
      unready: unreadyPods,
      missing: missingPods,
      ignored: ignoredPods,
    });
  });
});

/** Pods by a letter each: r(unning), p(ending), d(eleting). */
const pods = (letters: string): Pod[] =>
  Array.from(letters, (letter, i) => ({ name: `${i}`, phase: letter === "p" ? "Pending" : "Running", isDeleting: letter === "d" }));

/** Samples in milli-units by place; null for a pod without one. */
const samples = (...values: readonly (number | null)[]): Map<string, number> =>
  new Map(values.flatMap((value, i) => (value === null ? [] : [[`${i}`, value] as const])));

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
    expect(averageValueReplicas(current, 1000, samples(...values), pods("r".repeat(values.length)))).toMatchObject({ replicas });
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
    expect(averageValueReplicas(current, 1000, samples(...values), pods(letters))).toMatchObject({ replicas });
  });

  it.each([
    ["no pod has a sample", "rr", [null, null]],
    ["only pending and draining pods have", "pd", [500, 500]],
  ])("fails where %s", (_, letters, values) => {
    expect(averageValueReplicas(2, 1000, samples(...values), pods(letters)).kind).toBe("failed");
  });
});
