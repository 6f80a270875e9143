import { median } from "simple-statistics";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bcaInterval, weightedMedian } from "../../src/stats/bootstrap.ts";
import { normalCdf, normalQuantile, studentQuantile } from "../../src/stats/normal.ts";
import { runs } from "../runs.ts";

const mean =
  (values: readonly number[]) =>
  (weights: Uint16Array): number => {
    let sum = 0;
    let count = 0;
    values.forEach((value, i) => {
      sum += weights[i]! * value;
      count += weights[i]!;
    });
    return sum / count;
  };

describe("a bootstrap interval", () => {
  it("of the mean of many equally spread values is the textbook's, ±1.96 standard errors", () => {
    const values = Array.from({ length: 400 }, (_, i) => i);
    const { low, high } = bcaInterval(400, mean(values), { seed: 1, resamples: 20_000 });
    const error = Math.sqrt((400 ** 2 - 1) / 12 / 400);
    // The resamples' own noise moves an end by about 2 % of the standard error.
    expect(Math.abs(low - (199.5 - 1.96 * error))).toBeLessThan(0.1 * error);
    expect(Math.abs(high - (199.5 + 1.96 * error))).toBeLessThan(0.1 * error);
  });

  it("reaches further to the side that a skewed sample has its tail on", () => {
    const values = Array.from({ length: 40 }, (_, i) => -Math.log1p(-(i + 0.5) / 40));
    const estimate = mean(values)(new Uint16Array(40).fill(1));
    const { low, high } = bcaInterval(40, mean(values), { seed: 1 });
    expect(high - estimate).toBeGreaterThan(1.15 * (estimate - low));
  });

  it("of one unit is the estimate, of equal units too, and of none is refused", () => {
    expect(bcaInterval(1, mean([3]), { seed: 1 })).toEqual({ low: 3, high: 3 });
    expect(bcaInterval(9, mean(Array<number>(9).fill(4)), { seed: 1 })).toEqual({ low: 4, high: 4 });
    expect(() => bcaInterval(0, mean([]), { seed: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: expected at least one unit to draw from, got 0]`,
    );
  });

  it("of two units is all that they allow", () => {
    expect(bcaInterval(2, mean([3, 5]), { seed: 1 })).toEqual({ low: 3, high: 5 });
  });

  it("is the same for the same seed", () => {
    const values = Array.from({ length: 30 }, (_, i) => (i * 7919) % 31);
    expect(bcaInterval(30, mean(values), { seed: 5 })).toEqual(bcaInterval(30, mean(values), { seed: 5 }));
  });
});

describe("a weighted median", () => {
  it("is the median of the sample in which each unit counts that often", () => {
    const units = fc.array(fc.tuple(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 5 }), fc.nat({ max: 3 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        units.filter((all) => all.some(([, weight]) => weight > 0)),
        (all) => {
          const unitOf = all.flatMap(([values], unit) => values.map(() => unit));
          const statistic = weightedMedian(
            all.flatMap(([values]) => values),
            (index) => unitOf[index]!,
          );
          const expanded = all.flatMap(([values, weight]) => Array<number[]>(weight).fill(values).flat());
          expect(statistic(Uint16Array.from(all, ([, weight]) => weight))).toBe(median(expanded));
        },
      ),
      runs(300),
    );
  });
});

describe("quantiles", () => {
  // NIST/SEMATECH e-Handbook, tables 1.3.6.7.1 and 1.3.6.7.2.
  it.each([
    [0, 0.5],
    [1, 0.841_34],
    [1.96, 0.975],
    [-2.576, 0.005],
  ])("of the normal: %f lies above a share of %f, and back", (z, share) => {
    expect(normalCdf(z)).toBeCloseTo(share, 4);
    expect(normalQuantile(share)).toBeCloseTo(z, 2);
  });

  it.each([
    [2, 4.303, 0.04],
    [5, 2.571, 0.002],
    [10, 2.228, 0.002],
    [60, 2, 0.002],
  ])("of Student's t at 97.5 %% with %i degrees of freedom: %f", (degrees, t, relative) => {
    expect(Math.abs(studentQuantile(1.959964, degrees) / t - 1)).toBeLessThan(relative);
  });
});
