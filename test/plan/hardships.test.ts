import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientsSchema } from "../../src/fleet/admission/settings.ts";
import { churnSchema } from "../../src/fleet/churn/settings.ts";
import type { Policy } from "../../src/fleet/policy.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { breakingRateOrNull } from "../../src/plan/stress/breaking-rate.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import { frontierOf } from "../../src/plan/frontier.ts";
import { busiestPeriod, hardships, questionsUnderHardship } from "../../src/plan/search/hardships.ts";
import { measuresOf } from "../../src/plan/search/measures.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { Race } from "../../src/plan/search/racing.ts";
import { candidateOf, replicate, verdictOf } from "../../src/plan/search/replications.ts";
import { worst } from "../../src/plan/objectives/verdict.ts";
import type { Request } from "../../src/traffic/request.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

const fixed = (replicas: number): Policy => ({ kind: "fixed", replicas });
const hpa = (least: number): Policy => ({
  kind: "hpa",
  min_replicas: least,
  max_replicas: 8,
  metric: "requests_in_flight",
  target_average: 6,
  initial_replicas: least,
});
const surviving = (survive: number, fields: Partial<Question> = {}): Question => {
  const asked = question(fields);
  return { ...asked, objectives: { ...asked.objectives, survive } };
};
const [GONE, LOST, UPDATED] = [0, 1, 2];
const under = (asked: Question, hardship: number): Question => questionsUnderHardship(asked)[hardship]!;

describe("the busiest period", () => {
  const at = (second: number, tokens: number): Request => ({ id: 0, arrivedAt: second * 1e9, promptTokens: tokens - 1, outputTokens: 1 });
  const coldStart = [{ name: "all of it", state: "loading" as const, duration: 100 }];

  it.each([
    ["has most tokens, not most requests", [at(0, 10), at(1, 10), at(500, 100)], 500],
    ["is as long as a cold start", [at(0, 40), at(150, 30), at(249, 30), at(400, 50)], 150],
    ["is the first of equals", [at(7, 10), at(200, 10)], 7],
  ])("%s", (_, requests, from) => {
    expect(busiestPeriod(requests, { coldStart })).toEqual({ from, until: from + 100 });
  });

  it("lasts a minute where a start takes no time", () => {
    expect(busiestPeriod([at(0, 1), at(61, 5)], { coldStart: [] })).toEqual({ from: 61, until: 121 });
  });
});

describe("replicas that are gone from the beginning", () => {
  it("leave a fixed fleet to serve as one without them does, and to be paid for in full", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.nat(100), (gone, left, seed) => {
        const struck = replicate(under(surviving(gone), GONE), fixed(left + gone), seed);
        const calm = replicate(question(), fixed(left), seed);
        expect(struck.latencies).toEqual(calm.latencies);
        expect(struck.run.gpu_hours / calm.run.gpu_hours).toBeCloseTo((left + gone) / left, 9);
        expect(struck.run.paid_s.failed).toBeCloseTo(gone * struck.run.ended_at_s, 6);
      }),
      runs(10),
    );
  });

  it("are missing whatever number an autoscaler wants, and after a rolling update", () => {
    const asked = surviving(1, { requestsOf: chat(20, 400) });
    const { setup } = asked;
    const churn = {
      drain: { kind: "finish" },
      victim: "kubernetes",
      rolling_update: { at_s: 100, max_surge: 1, max_unavailable: 0 },
    } as const;
    for (const [fleet, policy] of [
      [setup, hpa(2)],
      [{ ...setup, churn }, fixed(3)],
    ] as const) {
      const { run } = replicate({ ...under(asked, GONE), setup: fleet }, policy, 1);
      expect(run.paid_s.failed).toBeCloseTo(run.ended_at_s, 6);
      expect(run.requests.finished).toBe(run.requests.arrived);
    }
  });
});

describe("replicas that are lost when it is busiest", () => {
  const asked = surviving(1, { requestsOf: chat(30, 300) });

  it("take with them what they hold, once, in the middle of the period, and are replaced after a cold start", () => {
    const { run } = replicate(under(asked, LOST), fixed(3), 1);
    const { from, until } = busiestPeriod(asked.requestsOf(1), asked.setup);
    expect(run.disruptions).toMatchObject([{ kind: "failure", at_s: expect.closeTo((from + until) / 2, 6) as number }]);
    expect(run.disruptions![0]!.lost).toBeGreaterThan(0);
    expect(run.requests.lost).toBe(run.disruptions![0]!.lost);
  });

  it("come back as the scenario says: 300 s and a cold start by default, a restart where it has one", () => {
    const long = surviving(1, { requestsOf: chat(10, 900) });
    const churn = churnSchema.parse({ failures: { replica: { between: { kind: "exponential", mean_s: 1e9 } } } });
    const early: Question = {
      ...long,
      requestsOf: (seed) => long.requestsOf(seed).map((each, i) => (i < 100 ? { ...each, promptTokens: 9000 } : each)),
    };
    const after = (each: Question) => replicate(under(each, LOST), fixed(3), 1).run.disruptions![0]!.recovered_after_s;
    expect(after(early)).toBeCloseTo(330, 6);
    expect(after({ ...early, setup: { ...early.setup, churn } })).toBeCloseTo(30, 6);
  });

  it("have their requests sent again where clients do so", () => {
    const { setup } = asked;
    const patient = { ...asked, setup: { ...setup, clients: clientsSchema.parse({ retry: {} }) } };
    const { run } = replicate(under(patient, LOST), fixed(3), 1);
    expect(run.disruptions![0]!.lost).toBeGreaterThan(0);
    expect(run.requests.finished).toBe(run.requests.arrived);
  });
});

it("a rolling update replaces every replica, beginning with the busiest period", () => {
  const asked = surviving(1, { requestsOf: chat(20, 400) });
  const { run } = replicate(under(asked, UPDATED), fixed(4), 1);
  const { from } = busiestPeriod(asked.requestsOf(1), asked.setup);
  expect(run.disruptions).toMatchObject([{ kind: "rolling_update", at_s: from }]);
  expect(run.paid_s.loading).toBeGreaterThan(0);
});

describe("a policy that has to survive something", () => {
  it("is judged by the worst of what it goes through, on the same requests", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.boolean(), fc.double({ min: 5, max: 60, noNaN: true }), (replicas, isFixed, rate) => {
        const asked = surviving(1, { requestsOf: chat(rate, 60), seeds: [1] });
        const policy = isFixed ? fixed(replicas) : hpa(replicas);
        const verdicts = questionsUnderHardship(asked).map((each) => verdictOf([replicate(each, policy, 1).counts], asked.objectives));
        const race = new Race(asked);
        expect(race.settle(policy, "it")).toBe(worst(verdicts));
        const [decisive] = race.replicationsOf(policy, "it");
        expect(decisive!.meets).toBe(worst(verdicts) === "meets");
        expect(hardships(1).map(({ name }) => name)).toContain(decisive!.hardship);
      }),
      runs(12),
    );
  });

  it("is compared with others under the same for all: nothing of what it goes through", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.boolean(), fc.double({ min: 5, max: 60, noNaN: true }), (replicas, isFixed, rate) => {
        const asked = surviving(1, { requestsOf: chat(rate, 60), seeds: [1] });
        const policy = isFixed ? fixed(replicas) : hpa(replicas);
        const race = new Race(asked);
        race.settle(policy, "it");
        const struck = candidateOf(race.replicationsOf(policy, "it"), asked.objectives);
        const calm = candidateOf([replicate(asked, policy, 1)], asked.objectives);
        expect(measuresOf(struck)).toEqual(measuresOf(calm));
        expect(struck.replicas).toEqual(calm.replicas);
        expect(struck.compared?.under).toBe("nothing");
        const [point] = frontierOf([{ name: "it", family: "today", candidate: struck }]);
        expect(point).toMatchObject({ ...measuresOf(calm), under: "nothing", verdict: struck.verdict });
      }),
      runs(8),
    );
  });

  it("is decided by lost requests where more goodput is asked for than they leave", () => {
    const patient = { ttft_p99_s: 30, tpot_p99_s: 1, goodput: 0.9999 };
    const asked = surviving(1, { objectives: patient, requestsOf: chat(20, 120), seeds: [1] });
    const race = new Race({ ...asked, objectives: { ...patient, survive: 1 } });
    expect(race.settle(fixed(4), "it")).toBe("misses");
    expect(race.replicationsOf(fixed(4), "it")[0]!.hardship).toBe("1 replica lost when it is busiest");
  });

  it("needs no fewer than without, and breaks at no more traffic", () => {
    const asked = question({ seeds: [1] });
    const [calm, struck] = [asked, surviving(1, { seeds: [1] })].map((each) => smallestFixed(each));
    if (calm?.kind !== "found" || struck?.kind !== "found") throw new Error("expected an answer");
    expect(struck.replicas).toBeGreaterThan(calm.replicas);
    expect(struck.tried.every(({ replicas }) => replicas > 1)).toBe(true);
    const rates = [asked, surviving(1, { seeds: [1] })].map((each) => breakingRateOrNull(each, struck.replicas)!);
    expect(rates[1]!).toBeLessThanOrEqual(rates[0]!);
  });

  it("without anything to survive is raced as it is", () => {
    expect(questionsUnderHardship(question())).toEqual([expect.objectContaining({ seeds: [1, 2] })]);
    expect(simulate({ ...question().setup, policy: fixed(1), seed: 1, requests: chat(5, 20)(1) }).disruptions).toBeUndefined();
  });
});
