import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interleave } from "../../../harness/measure/sampling/interleave.ts";
import { Sampling, type Turn } from "../../../harness/measure/sampling/sampling.ts";
import type { StoppingRule } from "../../../harness/measure/sampling/stopping-rule.ts";
import { runs } from "../../runs.ts";

const rule: StoppingRule = { fewest: 6, most: 60, noise: 0.02, shortest: 0.1, timeLimit: 2 };

/** Cases on a clock of their own, each turn as long as its case says. */
const group = (
  cases: readonly { readonly turn: (index: number) => Turn | null; readonly takes: number; readonly rule?: StoppingRule }[],
) => {
  let time = 0;
  const turns: number[] = [];
  const ends = new Map<number, string | null>();
  const entrants = cases.map(({ turn, takes, rule: own = rule }, number) => {
    let taken = 0;
    return {
      sampling: new Sampling(own, 0),
      take: () => {
        time += takes;
        turns.push(number);
        return Promise.resolve(turn(taken++));
      },
      end: (reason: string | null) => ends.set(number, reason),
    };
  });
  return { entrants, turns, ends, now: () => time };
};

const quiet = () => ({ samples: [1, 1], dropped: 0 });
const noisy = (index: number) => ({ samples: [1 + (index % 2), 1 + (index % 3)], dropped: 0 });
/** A generator for the order of turns. */
const lcg = (seed: number) => {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
};

const until = Infinity;

describe("cases that are measured together", () => {
  it("each take one turn a round, in an order that changes, until each has stopped by its own rule", async () => {
    const { entrants, turns, ends, now } = group([
      { turn: quiet, takes: 0.05 },
      { turn: noisy, takes: 0.05 },
      { turn: noisy, takes: 0.05, rule: { ...rule, timeLimit: 0.5 } },
    ]);
    await interleave(entrants, { now, until, random: lcg(1) });
    expect([...ends].sort(([a], [b]) => a - b)).toEqual([
      [0, "noise"],
      [1, "most-samples"],
      [2, "time-out"],
    ]);
    const rounds = [0, 3, 6, 9].map((first) => turns.slice(first, first + 3));
    for (const round of rounds) expect(new Set(round)).toEqual(new Set([0, 1, 2]));
    expect(new Set(rounds.map((round) => round.join())).size).toBeGreaterThan(1);
  });

  it("share the time: each one's turns lie between those of the others", async () => {
    const { entrants, now } = group([
      { turn: noisy, takes: 0.1 },
      { turn: noisy, takes: 0.1 },
    ]);
    await interleave(entrants, { now, until, random: lcg(2) });
    const [a, b] = entrants.map(({ sampling }) => sampling.finished("time-out").visits);
    expect(a!.at(0)!.at_s).toBeLessThan(b!.at(-1)!.at_s);
    expect(b!.at(0)!.at_s).toBeLessThan(a!.at(-1)!.at_s);
  });

  it("lose one that is out, and go on", async () => {
    const { entrants, turns, ends, now } = group([
      { turn: quiet, takes: 0.05 },
      { turn: (index) => (index === 1 ? null : quiet()), takes: 0.05 },
    ]);
    await interleave(entrants, { now, until, random: lcg(3) });
    expect([...ends]).toEqual([[0, "noise"]]);
    expect(turns.filter((number) => number === 1)).toHaveLength(2);
  });

  it("end when the time of all is over: what has enough samples counts as timed out, the rest has no result", async () => {
    const { entrants, ends, now } = group([
      { turn: noisy, takes: 0.1 },
      { turn: () => ({ samples: [1], dropped: 0 }), takes: 0.1 },
    ]);
    await interleave(entrants, { now, until: 0.75, random: lcg(4) });
    expect([...ends].sort(([a], [b]) => a - b)).toEqual([
      [0, "time-out"],
      [1, null],
    ]);
  });

  it("all end exactly once, or are out, whatever they give", async () => {
    const turn = fc.option(
      fc.record({ samples: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 4 }), dropped: fc.nat(2) }),
      {
        freq: 20,
      },
    );
    const turns = fc.record({
      turns: fc.array(turn, { minLength: 1, maxLength: 5 }),
      takes: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(turns, { maxLength: 5 }),
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.integer(),
        async (cases, limit, seed) => {
          const { entrants, ends, now } = group(cases.map(({ turns: given, takes }) => ({ turn: (i) => given[i % given.length]!, takes })));
          await interleave(entrants, { now, until: limit, random: lcg(seed) });
          const mayBeOut = cases.filter(({ turns: given }) => given.includes(null)).length;
          expect(ends.size).toBeGreaterThanOrEqual(cases.length - mayBeOut);
          expect(now()).toBeLessThanOrEqual(limit + 1);
        },
      ),
      runs(100),
    );
  });
});

describe("the samples of one case", () => {
  const taken = (...turns: readonly (readonly number[])[]) => {
    const sampling = new Sampling(rule, 0);
    for (const [at, samples] of turns.entries()) sampling.add({ samples, dropped: 0 }, at, 0.05);
    return sampling;
  };

  it.each([
    ["quiet, turns enough", [[1], [1], [1], [1], [1], [1]], "noise"],
    ["quiet, samples enough and turns too few", [[1, 1], [1, 1], [1], [1], [1]], null],
    ["quiet, one sample too few", [[1], [1], [1], [1], [1]], null],
    ["noisy", [[1], [2], [1], [2], [1], [2]], null],
  ])("%s", (_, turns, reason) => {
    expect(taken(...turns).reasonOrNull()).toBe(reason);
  });

  it("settle by entropy where they are noisy and their distribution is known", () => {
    const sampling = new Sampling({ ...rule, most: 4000, noise: 0.001, timeLimit: 1000 }, 0.25);
    const random = lcg(5);
    let turns = 0;
    for (; sampling.reasonOrNull() === null; turns++) {
      sampling.add({ samples: Array<number>(4).fill(1 + random()), dropped: 0 }, turns, 0.05);
    }
    expect(sampling.reasonOrNull()).toBe("entropy");
    expect(turns * 4).toBeGreaterThanOrEqual(100);
  });

  it("are given twice their time where the fewest are not there when it is over", () => {
    const sampling = new Sampling(rule, 0);
    sampling.add({ samples: [1], dropped: 0 }, 0, 3);
    expect(sampling.reasonOrNull()).toBeNull();
    sampling.add({ samples: [1], dropped: 0 }, 3, 1);
    expect(sampling.reasonOrNull()).toBe("time-out");
  });

  it("say how they were taken", () => {
    const sampling = new Sampling(rule, 0);
    sampling.add({ samples: [1, 3], dropped: 2 }, 0.5, 0.1);
    sampling.add({ samples: [], dropped: 4 }, 0.7, 0.1);
    sampling.add({ samples: [2], dropped: 0 }, 0.9, 0.2);
    expect(sampling.finished("time-out")).toEqual({
      samples_s: [1, 3, 2],
      dropped: 6,
      throttled: 0,
      visits: [
        { samples: 2, at_s: 0.5, took_s: 0.1, process: 0 },
        { samples: 1, at_s: 0.9, took_s: 0.2, process: 0 },
      ],
      process_noise: null,
      stopping: { reason: "time-out", noise: 0.5, noise_limit: 0.02 },
    });
  });

  it("that are no durations are dropped with as many of the longest, so that the median stays", () => {
    const { samples_s, dropped, visits } = taken([-1, 4], [5, 0], [6, 90], [7, 80], [8], [-3]).finished("time-out");
    expect(samples_s).toEqual([4, 5, 6, 7]);
    expect(dropped).toBe(6);
    expect(visits.map(({ samples }) => samples)).toEqual([1, 1, 1, 1]);
  });

  it("that are mostly no durations cannot be told from nothing", () => {
    expect(() => taken([-1, 2], [0, 3]).finished("time-out")).toThrowErrorMatchingInlineSnapshot(
      `[LeftOut: all 4 samples were zero or negative: it is too short for the clock here]`,
    );
  });
});
