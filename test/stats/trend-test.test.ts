import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import { midRanks } from "../../src/stats/mid-ranks.ts";
import { trendTest } from "../../src/stats/trend-test.ts";
import { runs } from "../runs.ts";

/** Thirty independent draws, on a straight line. */
const drawn = (trial: number, slope: number): number[] => {
  const stream = createStreams(trial).named("series");
  return Array.from({ length: 30 }, (_, i) => stream.normal() + slope * i);
};
const firedOf400 = (slope: number): number =>
  Array.from({ length: 400 }, (_, trial) => trendTest(drawn(trial, slope))).filter((p) => p < 0.05).length;

/** Few values, so that many are tied. */
const series = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 0, maxLength: 40 });

describe("the trend test", () => {
  it("fires by chance on one of twenty series of independent draws: on 20 of 400, give or take three standard deviations of 4.4", () => {
    const fired = firedOf400(0);
    expect(fired).toBeGreaterThanOrEqual(7);
    expect(fired).toBeLessThanOrEqual(33);
  });

  it("fires on a clear trend: two standard deviations over the thirty draws are seen in most, six in all", () => {
    expect(firedOf400(2 / 29)).toBeGreaterThan(200);
    expect(firedOf400(6 / 29)).toBe(400);
  });

  it("takes a series that only wanders for one with a trend less often than Kendall's variance alone does", () => {
    const ofWalk = Array.from({ length: 100 }, (_, trial) => {
      let at = 0;
      return trendTest(drawn(trial, 0).map((step) => (at = 0.8 * at + step)));
    });
    // Kendall's variance alone calls 37 of these a trend.
    expect(ofWalk.filter((p) => p < 0.05).length).toBeLessThan(34);
  });

  it("is Kendall's where nothing is left beside the trend: by hand, S = 45 pairs, variance 10·9·25/18 = 125, z = 44/√125 = 3.9355", () => {
    expect(trendTest([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBeCloseTo(8.303e-5, 7);
  });

  it("sees only the order of the values", () => {
    fc.assert(
      fc.property(series, (values) => {
        const p = trendTest(values);
        expect(trendTest(values.map((value) => 3 * value - 7))).toBe(p);
        expect(trendTest(values.map((value) => value ** 3))).toBe(p);
        expect(trendTest(values.map((value) => 2 ** value))).toBe(p);
      }),
      runs(50),
    );
  });

  it("is the same of a series that runs backwards, or upside down", () => {
    fc.assert(
      fc.property(series, (values) => {
        const p = trendTest(values);
        expect(trendTest(values.toReversed())).toBeCloseTo(p, 9);
        expect(trendTest(values.map((value) => -value))).toBeCloseTo(p, 9);
      }),
      runs(50),
    );
  });

  it("is a probability, whatever the series, and 1 of fewer than ten values", () => {
    fc.assert(
      fc.property(series, (values) => {
        const p = trendTest(values);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(p === 1 || values.length >= 10).toBe(true);
      }),
      runs(100),
    );
    expect([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]].map(trendTest)).toEqual([1, 1, 1, 1, 1]);
    expect(trendTest([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBeLessThan(0.001);
  });

  it("is 1 of values that are all one, and sees a trend in steps", () => {
    expect(trendTest(Array<number>(30).fill(4))).toBe(1);
    const steps = Array.from({ length: 30 }, (_, i) => Math.floor(i / 10));
    expect(trendTest(steps)).toBeLessThan(0.05);
  });
});

describe("mid-ranks", () => {
  it("share the mean of what tied values take", () => {
    expect(midRanks([5, 2, 5, 9, 5])).toEqual({ ranks: [3, 1, 3, 5, 3], groups: [1, 3, 1] });
    expect(midRanks([])).toEqual({ ranks: [], groups: [] });
  });
});
