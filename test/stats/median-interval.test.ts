import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { medianInterval, relativeNoise } from "../../src/stats/median-interval.ts";
import { runs } from "../runs.ts";

const samples = fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });

describe("the interval of a median", () => {
  it.each([
    [[3], { median: 3, low: 3, high: 3 }],
    [[3, 1, 2], { median: 2, low: 1, high: 3 }],
    // Ranks 2 and 9 of 10 hold the median with 97.9 %, ranks 3 and 8 with 89.1 % (binomial table).
    [[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], { median: 5.5, low: 2, high: 9 }],
  ])("of %j is %j", (values, interval) => {
    expect(medianInterval(values)).toEqual(interval);
  });

  it("refuses an empty sample", () => {
    expect(() => medianInterval([])).toThrowErrorMatchingInlineSnapshot(`[RangeError: expected at least one sample, got none]`);
  });

  it("encloses the median, lies within the samples, and does not depend on their order", () => {
    fc.assert(
      fc.property(samples, (values) => {
        const { median, low, high } = medianInterval(values);
        expect(low).toBeLessThanOrEqual(median);
        expect(high).toBeGreaterThanOrEqual(median);
        expect(values).toContain(low);
        expect(values).toContain(high);
        expect(medianInterval([...values].reverse())).toEqual({ median, low, high });
      }),
      runs(200),
    );
  });

  it("holds the true median of a uniform distribution at least 95 % of the time", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        let state = seed >>> 0;
        const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
        const held = Array.from({ length: 400 }, () => medianInterval(Array.from({ length: 20 }, uniform))).filter(
          ({ low, high }) => low <= 0.5 && 0.5 <= high,
        );
        // 400 trials at 95 %: below 365 has a chance of about 2 in 10 000.
        expect(held.length).toBeGreaterThanOrEqual(365);
      }),
      runs(10),
    );
  });

  it("is the wider relative to the median, the noisier the samples", () => {
    const around = (spread: number) => Array.from({ length: 30 }, (_, i) => 1 + spread * ((i % 10) / 10 - 0.45));
    expect(relativeNoise(medianInterval(around(0.1)))).toBeGreaterThan(relativeNoise(medianInterval(around(0.01))));
    expect(relativeNoise(medianInterval([0, 0, 0]))).toBe(Infinity);
  });
});
