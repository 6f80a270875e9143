import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BY_DEFAULT, canDiffer, OTHERS, withBehavior } from "../../src/plan/search/behaviors.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import { frontierOf, type Named } from "../../src/plan/frontier.ts";
import { hybrids } from "../../src/plan/search/hybrid.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { hpaOf } from "../../src/plan/search/targets.ts";
import { otherPools, withPool } from "../../src/plan/search/pools.ts";
import { candidateOf, replicate, verdictOf } from "../../src/plan/search/replications.ts";
import type { FrontierPoint } from "../../src/plan/schema.ts";
import { sustainedRateOrNull } from "../../src/plan/search/sustained-rate.ts";
import { candidate } from "../report/samples.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

/** Policies whose TTFT p99 is from 1 to 3 s, against a limit of 2 s. */
const policies = fc
  .array(
    fc.record({ hours: fc.integer({ min: 1, max: 5 }), half: fc.integer({ min: 1, max: 5 }), events: fc.integer({ min: 0, max: 3 }) }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) =>
    all.map(({ hours, half, events }, i): Named => ({
      name: `${i}`,
      family: "autoscaler",
      candidate: candidate(1, 0.5 + half / 2, { gpu_hours: hours, scale_events: events }),
    })),
  );

const isAsGood = (one: FrontierPoint, other: FrontierPoint): boolean =>
  one.gpu_hours <= other.gpu_hours && (one.tail ?? Infinity) <= (other.tail ?? Infinity) && one.scale_events <= other.scale_events;

/** What a title says is the least; the knee is not the least in anything. */
const MEASURES: Readonly<Record<string, (point: FrontierPoint) => number>> = {
  "cheapest that meets": ({ gpu_hours }) => gpu_hours,
  "shortest tail": ({ tail }) => tail ?? Infinity,
  "least churn": ({ scale_events }) => scale_events,
};

describe("the frontier", () => {
  it("marks just those that another beats: as good in all three and better in one", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const frontier = frontierOf(all);
        expect(frontier.some(({ is_dominated }) => !is_dominated)).toBe(true);
        for (const point of frontier) {
          expect(point.is_dominated).toBe(frontier.some((other) => isAsGood(other, point) && !isAsGood(point, other)));
        }
      }),
      runs(100),
    );
  });

  it("has the cheapest first, and each policy or one that nothing tells from it", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const frontier = frontierOf(all);
        const hours = frontier.map(({ gpu_hours }) => gpu_hours);
        expect(hours).toEqual([...hours].sort((a, b) => a - b));
        const key = (values: readonly unknown[]): string => JSON.stringify(values);
        const given = all.map(({ candidate: one }) => key([one.gpu_hours, one.scale_events, one.objectives[0]?.value]));
        const kept = frontier.map(({ gpu_hours, scale_events, tail }) => key([gpu_hours, scale_events, (tail ?? 0) * 2]));
        expect(new Set(kept)).toEqual(new Set(given));
        expect(new Set(kept).size).toBe(kept.length);
      }),
      runs(100),
    );
  });

  it("names only such as meet the objectives and no other that meets them beats, each title once", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const frontier = frontierOf(all);
        const meeting = frontier.filter(({ verdict }) => verdict === "meets");
        const titles = frontier.flatMap((point) => (point.titles ?? []).map((title) => ({ title, point })));
        expect(new Set(titles.map(({ title }) => title)).size).toBe(titles.length);
        expect(titles.some(({ title }) => title === "cheapest that meets")).toBe(meeting.length > 0);
        for (const { title, point } of titles) {
          expect(point.verdict).toBe("meets");
          expect(meeting.some((other) => isAsGood(other, point) && !isAsGood(point, other))).toBe(false);
          const by = MEASURES[title] ?? (() => 0);
          for (const other of meeting) expect(by(other)).toBeGreaterThanOrEqual(by(point));
        }
      }),
      runs(100),
    );
  });

  it("keeps what runs today, also where it is the answer itself", () => {
    const same = candidate(6, 1.42);
    const named = [
      { name: "fixed 6", family: "fixed", candidate: same } as const,
      { name: "today", family: "today", candidate: same } as const,
    ];
    expect(frontierOf(named).map(({ name, titles }) => [name, titles])).toEqual([
      ["fixed 6", ["cheapest that meets", "shortest tail", "least churn"]],
      ["today", []],
    ]);
  });

  it("has its knee where cost begins to buy little, and none on a straight line", () => {
    const line = (tails: readonly number[]): Named[] =>
      tails.map((ttft, i) => ({ name: `${i}`, family: "fixed", candidate: candidate(i + 1, ttft, { gpu_hours: i + 1 }) }));
    const kneeOf = (tails: readonly number[]) => frontierOf(line(tails)).find(({ titles }) => titles?.includes("knee"))?.name;
    expect(kneeOf([2, 1.2, 1.1, 1])).toBe("1");
    expect(kneeOf([2, 1.9, 1.1, 1])).toBe("2");
    expect(kneeOf([1.6, 1.4, 1.2, 1])).toBeUndefined();
    expect(kneeOf([2])).toBeUndefined();
  });
});

const answered = (asked: Question) => {
  const found = smallestFixed(asked);
  if (found.kind !== "found") throw new Error(found.because);
  return { replicas: found.replicas, sustained: sustainedRateOrNull(asked, found.replicas, 20) ?? 0, meanRate: 20 };
};

describe("a floor with an autoscaler on top", () => {
  it("is below the fixed answer, and what is said to meet the objectives does", () => {
    const asked = question({ seeds: [1, 2, 3, 4] });
    const fixed = answered(asked);
    const all = hybrids(asked, fixed);
    expect(all.some(({ verdict }) => verdict === "meets")).toBe(true);
    for (const { floor } of all) {
      expect(floor).toBeLessThan(fixed.replicas);
      expect(floor).toBeGreaterThanOrEqual(1);
    }
    for (const { replications } of all.filter(({ verdict }) => verdict === "meets")) {
      const counts = replications.map((one) => one.counts);
      expect(verdictOf(counts, asked.objectives)).toBe("meets");
    }
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it("searched in short has the same floors with Kubernetes' default behavior, and no other behavior", () => {
    const asked = question({ seeds: [1, 2] });
    const fixed = answered(asked);
    const [short, whole] = [hybrids(asked, fixed, false), hybrids(asked, fixed)];
    expect(whole.slice(0, short.length).map(({ name }) => name)).toEqual(short.map(({ name }) => name));
    expect(short.every(({ policy }) => policy.kind === "hpa")).toBe(true);
  });
});

describe("an HPA's behavior", () => {
  const hpa = hpaOf({ replicas: 4, sustained: 40, meanRate: 20 }, 0.8, 6, 1);
  const figures = (policy: ReturnType<typeof withBehavior>) => {
    const { gpu_hours, scale_events, ttft_s } = candidateOf([replicate(question(), policy, 1)], question().objectives);
    return { gpu_hours, scale_events, ttft_s };
  };
  const [slow, fast] = OTHERS;

  it("that says nothing is the HPA itself; written down as a manifest it does the same", () => {
    expect(withBehavior(hpa, BY_DEFAULT)).toBe(hpa);
    expect(figures(withBehavior(hpa, { name: "as it is", behavior: {} }))).toEqual(figures(hpa));
  });

  it("that scales up faster differs only where the defaults need more than one pass to the most", () => {
    expect(canDiffer(slow!, hpa)).toBe(true);
    expect(canDiffer(fast!, hpa)).toBe(true);
    const small = { ...hpa, max_replicas: 5 };
    expect(canDiffer(fast!, small)).toBe(false);
    expect(figures(withBehavior(small, fast!))).toEqual(figures(small));
  });

  it("that waits longer before a replica goes has no more scale events", () => {
    expect(figures(withBehavior(hpa, slow!)).scale_events).toBeLessThanOrEqual(figures(hpa).scale_events);
  });
});

describe("warm pools of other sizes", () => {
  const pool = { size: 3, prepared: 1, kind: "node", wake: 2, paidShare: 1 } as const;
  const { setup } = question();
  const pooled = question({ setup: { ...setup, startUp: { keepNode: 0, warmPool: pool } } });

  it("are none, half and twice the scenario's, at most what may be asked for, and only where it has one", () => {
    expect(otherPools(pooled, 20)).toEqual([0, 2, 6]);
    expect(otherPools(pooled, 4)).toEqual([0, 2, 4]);
    expect(otherPools(question(), 20)).toEqual([]);
  });

  it("replace the scenario's", () => {
    expect(withPool(pooled, 6).setup.startUp?.warmPool).toEqual({ ...pool, size: 6 });
    expect(withPool(pooled, 0).setup.startUp?.warmPool).toBeNull();
  });

  it("are searched, and named", () => {
    const asked = { ...pooled, requestsOf: chat(20, 60) };
    const names = hybrids(asked, answered(asked)).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith(", no pool")).length).toBeGreaterThan(0);
    expect(names.every((name) => name.includes("pool"))).toBe(true);
  });
});
