import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectivesInWords, textOf } from "../../src/plan/objectives/in-words.ts";
import { objectivesOf } from "../../src/plan/objectives/objectives.ts";
import { parseObjectives } from "../../src/plan/objectives/parse-objectives.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { candidateOf, replicate, resultsOf } from "../../src/plan/search/replications.ts";
import { nameOf } from "../../src/report/objective-words.ts";
import { withObjectives, withoutOverruledDefaults, type Objectives } from "../../src/scenario/objectives.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

const limits = { ttft_p99_s: 2, tpot_p99_s: 0.1 };

/** Every third request is of priority 1, which a priority scheduler serves last. */
const mixed = (objectives: Objectives, requestsPerSecond = 20): Question => {
  const { setup } = question();
  return question({
    objectives,
    setup: { ...setup, replica: { ...setup.replica, maxNumSeqs: 32, schedulingPolicy: "priority" } },
    requestsOf: (seed) =>
      chat(requestsPerSecond, 60)(seed).map((request) => (request.id % 3 === 0 ? { ...request, priority: 1 } : request)),
  });
};

describe("objectives of a class", () => {
  it("take its requests out of those for all on the same latency, and of no other", () => {
    const objectives = { ...limits, classes: [{ priority: 1, ttft_p50_s: 30, goodput: 0.5 }] };
    expect(objectivesOf(objectives).map(textOf)).toEqual([
      "ttft.p99[others]<=2s",
      "ttft.p50[priority=1]<=30s",
      "tpot.p99<=100ms",
      "goodput[priority=1]>=50%",
    ]);
    expect(objectivesInWords(objectives)).toBe(
      "TTFT p99 of the other priorities ≤ 2 s, TTFT p50 of priority 1 ≤ 30 s, TPOT p99 ≤ 100 ms and goodput of priority 1 ≥ 50 %",
    );
  });

  it("are written as they are read, and read as they are written", () => {
    const asked = {
      ...limits,
      goodput: 0.99,
      classes: [
        { priority: 1, ttft_p99_s: 30, rejected: 0.1 },
        { priority: -2, itl_p90_s: 0.2, goodput: 0.999 },
      ],
    };
    expect(parseObjectives(objectivesOf(asked).map(textOf).join(" "), "--slo")).toEqual(asked);
  });

  it.each([
    ["survive[priority=1]=1", "expected survive of all requests"],
    ["ttft.p99[priority=1]<=1s ttft.p99[priority=1]<=2s", "expected ttft.p99 once, got it twice"],
    ["ttft.p99[interactive]<=1s", "expected one of ttft.p50"],
  ])("as %s are refused", (text, message) => {
    expect(() => parseObjectives(text, "--slo")).toThrow(message);
  });

  it("are added to those that a scenario has, class by class", () => {
    const written = { ...limits, classes: [{ priority: 1, ttft_p99_s: 30 }] };
    const given = parseObjectives("ttft.p99[priority=1]<=20s itl.p99[priority=1]<=1s ttft.p99[priority=2]<=60s", "--slo");
    expect(withObjectives(written, given).classes).toEqual([
      { priority: 1, ttft_p99_s: 20, itl_p99_s: 1 },
      { priority: 2, ttft_p99_s: 60 },
    ]);
    expect(withObjectives(limits, { goodput: 0.9 })).toEqual({ ...limits, goodput: 0.9 });
  });

  it("do away with the default on the same latency, and with nothing that was written", () => {
    const asked = { ...limits, classes: [{ priority: 0, ttft_p99_s: 1 }] };
    const textsWhere = (isGiven: boolean) => objectivesOf(withoutOverruledDefaults(asked, () => isGiven)).map(textOf);
    expect(textsWhere(false)).toEqual(["ttft.p99[priority=0]<=1s", "tpot.p99<=100ms"]);
    expect(textsWhere(true)).toEqual(["ttft.p99[others]<=2s", "ttft.p99[priority=0]<=1s", "tpot.p99<=100ms"]);
  });

  it("are named so in a table", () => {
    const asked = mixed({ ...limits, goodput: 0.9, classes: [{ priority: 1, ttft_p99_s: 30, goodput: 0.5 }] });
    const results = resultsOf([replicate(asked, { kind: "fixed", replicas: 1 }, 1)], asked.objectives);
    expect(results.map(nameOf)).toEqual([
      "TTFT p99 of other priorities",
      "TTFT p99 of priority 1",
      "TPOT p99",
      "goodput of other priorities",
      "goodput of priority 1",
    ]);
  });

  it("count each request in one group: the groups of an objective add up to all", () => {
    fc.assert(
      fc.property(fc.double({ min: 5, max: 40, noNaN: true }), fc.nat(100), (rate, seed) => {
        const objectives = { ...limits, itl_p99_s: 0.1, goodput: 0.9, rejected: 0.1, window_s: 20 };
        const own = { ttft_p99_s: 2, tpot_p99_s: 0.1, itl_p99_s: 0.1, goodput: 0.9, rejected: 0.1 };
        const replications = [objectives, { ...objectives, classes: [{ priority: 1, ...own }] }].map((asked) =>
          replicate(mixed(asked, rate), { kind: "fixed", replicas: 2 }, seed),
        );
        const [whole, byClass] = replications.map(({ counts }) => counts);
        const paired = (counts: readonly { bad: number; of: number }[]) =>
          [0, 2, 4, 6, 8].map((i) => ({ bad: counts[i]!.bad + counts[i + 1]!.bad, of: counts[i]!.of + counts[i + 1]!.of }));
        expect(paired(byClass!.whole)).toEqual(whole!.whole);
        expect(byClass!.byWindow.map(paired)).toEqual(whole!.byWindow);
      }),
      runs(10),
    );
  });

  it("tell of a scheduler by priority what a percentile of all hides: who comes first is served in time", () => {
    const asked = mixed({ ttft_p99_s: 1, tpot_p99_s: 1, classes: [{ priority: 1, ttft_p99_s: 1 }] }, 30);
    const { objectives } = candidateOf([replicate(asked, { kind: "fixed", replicas: 2 }, 1)], asked.objectives);
    const [first, last] = objectives.map(({ value }) => value!);
    expect(last!).toBeGreaterThan(2 * first!);
  });
});
