import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Policy } from "../../../src/fleet/policy.ts";
import { smallestFixed } from "../../../src/plan/search/fixed-capacity.ts";
import { Optimizer } from "../../../src/plan/levers/optimizer.ts";
import { missesOf } from "../../../src/plan/levers/figures.ts";
import type { Question } from "../../../src/plan/search/question.ts";
import { leversOf, type LeversRequest } from "../../../src/plan/levers/levers.ts";
import type { Intervention } from "../../../src/plan/levers/intervention.ts";
import { LEVERS, leversSchema, type Lever, type LeverName, type Levers } from "../../../src/plan/levers/schema.ts";
import { runs } from "../../runs.ts";
import { chat, question, questions } from "../questions.ts";

const hpa = { kind: "hpa", min_replicas: 1, max_replicas: 8, metric: "requests_in_flight", target_average: 8 } as const;

const worth = (asked: Question, policy: Policy | null = hpa, fields: Partial<LeversRequest> = {}): Levers => {
  const found = smallestFixed(asked);
  if (found.kind !== "found") throw new Error(found.because);
  const fixed = { replicas: found.replicas, sustained: 12 * found.replicas, meanRate: 20 };
  const levers = leversOf({ question: asked, isTrace: false, fixed, policy, isOwn: true, ...fields });
  if (levers === null) throw new Error("expected levers");
  return levers;
};
const pulled = ({ levers }: Levers, name: LeverName): Extract<Lever, { kind: "pulled" }> => {
  const found = levers.find(({ lever }) => lever === name);
  if (found?.kind !== "pulled") throw new Error(`expected ${name} to be pulled: ${JSON.stringify(found)}`);
  return found;
};
const met = (outcome: Levers["together"]) => {
  if (outcome?.kind !== "meets") throw new Error(`expected it to meet the objectives: ${JSON.stringify(outcome)}`);
  return outcome;
};
/** A start in phases, as a scenario's is. */
const startingIn = (asked: Question): Question => ({
  ...asked,
  setup: {
    ...asked.setup,
    coldStart: [
      { name: "provision", state: "provisioning", duration: 10 },
      { name: "weights", state: "loading", duration: 4 },
      { name: "initialise", state: "warming", duration: 6 },
    ],
  },
});

describe("levers", () => {
  const busy = startingIn(question({ requestsOf: chat(12, 30) }));

  const told: string[] = [];
  const answer = worth({ ...busy, onProgress: (what) => told.push(what) });

  it("are all in the answer, in their order, as its schema says, and the same bytes again", () => {
    expect(leversSchema.parse(answer)).toEqual(answer);
    expect(answer.levers.map(({ lever }) => lever)).toEqual(LEVERS);
    expect(JSON.stringify(worth(busy))).toBe(JSON.stringify(answer));
  });

  it("that change nothing are worth exactly nothing, and a pool that nobody wakes costs what it is paid", () => {
    // One request every two seconds never makes a second replica worthwhile.
    const calm = startingIn(question({ requestsOf: chat(0.5, 120) }));
    const levers = worth(calm, { ...hpa, initial_replicas: 1 });
    expect(levers.reference.scale_events).toBe(0);
    for (const name of ["baseline", "smoothing", "admission", "churn", "faster-load"] as const) {
      expect([name, met(pulled(levers, name).alone).change]).toEqual([name, { gpu_hours: 0, low: 0, high: 0 }]);
    }
    expect(levers.levers.find(({ lever }) => lever === "placement")).toMatchObject({ kind: "no-effect" });
    // A second GPU for as long as the first one.
    expect(met(pulled(levers, "warm-pool").alone).gpu_hours).toBeCloseTo(2 * levers.reference.gpu_hours, 12);
  });

  it("of a fleet that nothing scales leave only those that a fixed fleet feels", () => {
    const levers = worth(busy, null);
    const names = levers.levers.filter(({ kind }) => kind === "pulled").map(({ lever }) => lever);
    expect(names).toEqual(["smoothing", "admission"]);
    expect(levers.reference).toMatchObject({ autoscaler: null, scale_events: 0 });
    expect(levers.reference.policy).toMatch(/^fixed, \d+ replicas?$/);
  });

  it("are held against the smallest fixed fleet where no target of the autoscaler meets the objectives", () => {
    const late: Policy = { ...hpa, max_replicas: 1 };
    const levers = worth(busy, late);
    expect(levers.reference.policy).toMatch(/^fixed, \d+ replicas$/);
    expect(levers.reference.autoscaler?.misses.length).toBeGreaterThan(0);
    // What scales cannot help: the fixed fleet is the cheapest with it too, and the very same.
    expect(met(pulled(levers, "faster-load").alone).change).toEqual({ gpu_hours: 0, low: 0, high: 0 });
  });

  it("at the least cost: a floor never costs more than none", () => {
    fc.assert(
      fc.property(questions(), (asked) => {
        const found = smallestFixed(asked);
        fc.pre(found.kind === "found");
        const levers = leversOf({
          question: asked,
          isTrace: false,
          fixed: { replicas: found.replicas, sustained: 0, meanRate: 1 },
          policy: hpa,
          isOwn: true,
        });
        fc.pre(levers !== null);
        const baseline = met(pulled(levers, "baseline").alone);
        expect(baseline.gpu_hours).toBeLessThanOrEqual(levers.reference.gpu_hours);
        expect(baseline.change.gpu_hours).toBeCloseTo(baseline.gpu_hours - levers.reference.gpu_hours, 12);
      }),
      runs(2, 40),
    );
  });

  it("are each held against what nothing pulled takes, and all but one too", () => {
    const { gpu_hours: usual } = answer.reference;
    const interventions = answer.levers.filter((each) => each.kind === "pulled");
    const outcomes = [...interventions.flatMap(({ alone, all_but: allBut }) => [alone, allBut]), answer.together].filter(
      (each) => each?.kind === "meets",
    );
    expect(outcomes.length).toBeGreaterThan(2);
    for (const { gpu_hours: hours, change } of outcomes) expect(change.gpu_hours).toBeCloseTo(hours - usual, 12);
    const savers = interventions.filter(({ alone }) => alone.kind === "meets" && alone.change.gpu_hours < 0).map(({ lever }) => lever);
    expect(answer.saving?.levers ?? savers).toEqual(savers);
  });

  it("of a trace are compared on resamples of it, and say so", () => {
    const levers = worth(question({ seeds: [1], requestsOf: chat(10, 20) }), hpa, { isTrace: true });
    expect([levers.replications, levers.replicated]).toEqual([12, "resamples"]);
    expect(levers.notes.join(" ")).toContain("resamples of the trace in blocks");
  });

  it("name what a fixed fleet misses where a lever has no number of replicas meet the objectives", () => {
    const optimizer = new Optimizer({ question: busy, policy: null, begins: null, replicas: 1 });
    const slow: Intervention = {
      lever: "admission",
      from: "it serves",
      to: "it crawls",
      isForFixed: true,
      setup: (each) => ({ ...each, stepTime: { stepTime: () => 1e9, isExtrapolated: () => false } }),
    };
    expect(optimizer.cheapestOrNull([slow], "it")).toBeNull();
    const misses = missesOf(optimizer.safest([slow], "it"), busy);
    expect(misses).toMatchObject({ policy: "fixed, 4 replicas" });
    expect(misses.misses.length).toBeGreaterThan(0);
  });

  it("leave out replicas that may be gone and ceilings on GPUs and cost, and say so", () => {
    const asked = question({
      requestsOf: chat(10, 20),
      objectives: { ttft_p99_s: 1, tpot_p99_s: 0.05, survive: 1, gpu_hours_per_h: 1000, cost_per_h: 1000 },
    });
    expect(worth(asked).notes).toContainEqual(
      "The levers leave out replicas that may be gone, the ceiling on GPUs and the ceiling on cost.",
    );
  });

  it("tell what they are about to simulate", () => {
    expect(told).toContainEqual(
      expect.stringMatching(/^levers, nothing pulled, HPA on requests_in_flight, target [\d.]+ a pod, .*, seed 1$/),
    );
    expect(told).toContainEqual(expect.stringMatching(/^levers, all but smoothing, /));
  });
});
