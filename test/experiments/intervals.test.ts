import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, meanOf } from "../../src/experiments/intervals.ts";
import { together, verdictOf, type Verdict } from "../../src/experiments/verdict.ts";
import { runs } from "../runs.ts";

const estimate = (low: number, high: number, seeds = 20) => ({ mean: (low + high) / 2, low, high, seeds });

describe("a mean over seeds", () => {
  it("has Student's interval: 1 to 5 have 3 ± 2.776 · √(2.5 / 5)", () => {
    const { mean, low, high } = meanOf([1, 2, 3, 4, 5])!;
    expect(mean).toBe(3);
    expect(high - 3).toBeCloseTo(2.776 * Math.sqrt(0.5), 1);
    expect(3 - low).toBeCloseTo(high - 3, 12);
  });

  it("of one seed reaches from minus to plus infinity; of none there is none", () => {
    expect(meanOf([7])).toEqual({ mean: 7, low: -Infinity, high: Infinity, seeds: 1 });
    expect(meanOf([])).toBeNull();
  });
});

describe("a comparison", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 });

  it("of equal arms is nothing, exactly, whatever they gave", () => {
    fc.assert(
      fc.property(values, (same) => {
        expect(compare("difference", same, same)).toEqual({ mean: 0, low: 0, high: 0, seeds: same.length });
        for (const as of ["ratio", "ratio-of-means"] as const) {
          expect(compare(as, same, same)).toEqual({ mean: 1, low: 1, high: 1, seeds: same.length });
        }
      }),
      runs(50),
    );
  });

  it("is paired: a common shift of each seed's difficulty leaves differences alone, a common factor ratios", () => {
    const difficulty = [1, 10, 100, 1000];
    expect(
      compare(
        "difference",
        difficulty.map((d) => d + 3),
        difficulty,
      ),
    ).toMatchObject({ mean: 3, low: 3, high: 3 });
    const ratio = compare(
      "ratio",
      difficulty.map((d) => d * 3),
      difficulty,
    )!;
    expect(ratio.low).toBeCloseTo(3, 9);
    expect(ratio.high).toBeCloseTo(3, 9);
  });

  it("leaves out seeds in which one side has no number", () => {
    expect(compare("difference", [1, null, 3], [0, 0, null])?.seeds).toBe(1);
    expect(compare("value", [null, 2, 4], [])).toMatchObject({ mean: 3, seeds: 2 });
  });

  it("as a ratio of means counts zeros, where a mean of ratios cannot", () => {
    const found = compare("ratio-of-means", [0, 2, 0, 2], [4, 4, 4, 4])!;
    expect(found.mean).toBe(0.25);
    expect(found.low).toBeLessThan(0.25);
    expect(found.high).toBeGreaterThan(0.25);
    expect(compare("ratio", [0, 2, 0, 2], [4, 4, 4, 4])?.seeds).toBe(2);
    expect(compare("ratio-of-means", [1, 2, 3], [0, 0, 0])).toBeNull();
  });
});

describe("a verdict", () => {
  it.each<[string, ReturnType<typeof estimate> | null, { atLeast?: number; atMost?: number }, Verdict]>([
    ["all of the interval above", estimate(2.1, 3), { atLeast: 2 }, "holds"],
    ["its low end on the threshold", estimate(2, 3), { atLeast: 2 }, "holds"],
    ["the threshold within", estimate(1.9, 3), { atLeast: 2 }, "undecided"],
    ["its high end on the threshold", estimate(1, 2), { atLeast: 2 }, "undecided"],
    ["all of it below", estimate(1, 1.9), { atLeast: 2 }, "does not hold"],
    ["all of it below a limit", estimate(0.1, 0.4), { atMost: 0.5 }, "holds"],
    ["all of it above a limit", estimate(0.6, 0.9), { atMost: 0.5 }, "does not hold"],
    ["within two thresholds", estimate(0.41, 0.59), { atLeast: 0.4, atMost: 0.6 }, "holds"],
    ["across one of two", estimate(0.41, 0.61), { atLeast: 0.4, atMost: 0.6 }, "undecided"],
    ["beyond one of two", estimate(0.7, 0.8), { atLeast: 0.4, atMost: 0.6 }, "does not hold"],
    ["of one seed", estimate(5, 5, 1), { atLeast: 2 }, "undecided"],
    ["of no seed", null, { atLeast: 2 }, "undecided"],
  ])("%s", (_, found, claimed, verdict) => {
    expect(verdictOf(found, claimed)).toBe(verdict);
  });

  it.each<[Verdict[], Verdict]>([
    [["holds", "holds"], "holds"],
    [["holds", "undecided"], "undecided"],
    [["holds", "undecided", "does not hold"], "does not hold"],
    [[], "undecided"],
  ])("%j together are: %s", (verdicts, verdict) => {
    expect(together(verdicts)).toBe(verdict);
  });
});
