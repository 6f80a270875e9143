import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { falseDiscovery } from "../../src/stats/false-discovery.ts";
import { runs } from "../runs.ts";

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

describe("Benjamini and Hochberg's correction", () => {
  it.each([
    [[], []],
    [[0.03], [0.03]],
    // 4/1·0.005, 4/2·0.01, 4/3·0.03, 4/4·0.04; the third is lowered to the one after.
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.02, 0.04, 0.04, 0.02],
    ],
    [
      [0.5, 0.5],
      [0.5, 0.5],
    ],
  ])("makes %j into %j", (given, adjusted) => {
    falseDiscovery(given).forEach((p, i) => expect(p).toBeCloseTo(adjusted[i]!, 12));
    expect(falseDiscovery(given)).toHaveLength(adjusted.length);
  });

  it("lies between the p-value and Bonferroni's, and keeps the order", () => {
    fc.assert(
      fc.property(pValues, (given) => {
        const adjusted = falseDiscovery(given);
        given.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p - 1e-12);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * given.length) + 1e-12);
          const greater = given.flatMap((other, j) => (other > p ? [adjusted[j]!] : []));
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, ...greater) + 1e-12);
        });
      }),
      runs(200),
    );
  });

  it("rejects as many as the step-up rule does: the largest k with k values at or below k/n of the level", () => {
    fc.assert(
      fc.property(pValues, fc.constantFrom(0.01, 0.05, 0.2), (given, level) => {
        const sorted = given.toSorted((a, b) => a - b);
        const byRule = sorted.findLastIndex((p, i) => p * given.length <= level * (i + 1)) + 1;
        expect(falseDiscovery(given).filter((p) => p <= level * (1 + 1e-12)).length).toBeGreaterThanOrEqual(byRule);
        expect(falseDiscovery(given).filter((p) => p <= level * (1 - 1e-12)).length).toBeLessThanOrEqual(byRule);
      }),
      runs(200),
    );
  });
});
