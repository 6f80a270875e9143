import { describe, expect, it } from "vitest";
import { timingInterval } from "../../src/profile/timing-interval.ts";
import { createStreams, type Stream } from "../../src/sim/streams.ts";
import { runs } from "../runs.ts";

const visitsOf = (count: number, samples: number) =>
  Array.from({ length: count }, (_, at_s) => ({ samples, at_s, took_s: 0.1, process: 0 }));

/** Share of intervals that hold the truth, and their mean width over it. */
const coverage = (name: string, visits: number, samples: number, turn: (stream: Stream) => () => number, truth: number) => {
  const stream = createStreams(runs(0).seed).named(name);
  const trials = runs(400).numRuns;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    const samples_s = Array.from({ length: visits }, () => turn(stream)).flatMap((draw) => Array.from({ length: samples }, draw));
    const { low, high } = timingInterval({ samples_s, visits: visits === 1 ? [] : visitsOf(visits, samples) });
    if (low <= truth && truth <= high) held++;
  }
  return held / trials;
};

/** 400 trials at 95 %: two in a thousand lie below 91.6 %. */
const AT_LEAST = 0.915;

describe("the interval of a timing's median", () => {
  it.each<[string, number, number, (stream: Stream) => () => number, number]>([
    ["20 samples of a normal", 1, 20, (s) => () => 10 + s.normal(), 10],
    ["8 samples of a normal", 1, 8, (s) => () => 10 + s.normal(), 10],
    ["25 samples of an exponential", 1, 25, (s) => () => 1 + s.exponential(1), 1 + Math.LN2],
    ["40 samples of a log-normal", 1, 40, (s) => () => s.logNormal(0, 1), 1],
    [
      "10 turns of 8 samples that share what the turn is like",
      10,
      8,
      (s) => {
        const mood = 0.3 * s.normal();
        return () => 10 + mood + 0.3 * s.normal();
      },
      10,
    ],
    [
      "25 turns of 4 samples, little noise but between the turns",
      25,
      4,
      (s) => {
        const mood = 0.3 * s.normal();
        return () => 10 + mood + 0.03 * s.normal();
      },
      10,
    ],
  ])("holds the true one 19 times in 20: %s", (name, visits, samples, turn, truth) => {
    expect(coverage(name, visits, samples, turn, truth)).toBeGreaterThanOrEqual(AT_LEAST);
  });

  it("would be too narrow were the samples of a turn taken as independent", () => {
    const stream = createStreams(3).named("turns");
    const samples_s = Array.from({ length: 12 }, () => 10 + stream.normal()).flatMap((mood) =>
      Array.from({ length: 20 }, () => mood + 0.01 * stream.normal()),
    );
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    const byVisit = timingInterval({ samples_s, visits: visitsOf(12, 20) });
    expect(width(byVisit)).toBeGreaterThan(2 * width(timingInterval({ samples_s, visits: [] })));
  });

  it.each([
    ["one sample", [3], { median: 3, low: 3, high: 3 }],
    ["equal samples", [2, 2, 2, 2, 2, 2, 2], { median: 2, low: 2, high: 2 }],
    ["two samples", [1, 2], { median: 1.5, low: 1, high: 2 }],
  ])("of %s", (_, samples_s, interval) => {
    expect(timingInterval({ samples_s, visits: [] })).toEqual(interval);
  });

  it("goes by samples where there are fewer than 6 turns, or they do not account for the samples", () => {
    const samples_s = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const bySample = timingInterval({ samples_s, visits: [] });
    expect(timingInterval({ samples_s, visits: visitsOf(5, 2) })).toEqual(bySample);
    expect(timingInterval({ samples_s, visits: visitsOf(9, 1) })).toEqual(bySample);
  });

  it("is the same every time, and does not change what it is given", () => {
    const samples_s = Array.from({ length: 40 }, (_, i) => 1 + ((i * 7919) % 41) / 41);
    const given = [...samples_s];
    const first = timingInterval({ samples_s, visits: [] });
    expect(timingInterval({ samples_s: [...samples_s], visits: [] })).toEqual(first);
    expect(samples_s).toEqual(given);
  });

  it("refuses a timing without samples", () => {
    expect(() => timingInterval({ samples_s: [], visits: [] })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: expected at least one unit to draw from, got 0]`,
    );
  });
});
