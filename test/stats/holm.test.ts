import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holm } from "../../src/stats/holm.ts";
import { runs } from "../runs.ts";

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

describe("Holm's correction", () => {
  it.each([
    [[], []],
    [[0.03], [0.03]],
    // 4·0.005, 3·0.01, 2·0.03; the last is raised to the one before.
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.03, 0.06, 0.06, 0.02],
    ],
    [
      [0.5, 0.5],
      [1, 1],
    ],
  ])("makes %j into %j", (given, adjusted) => {
    expect(holm(given)).toEqual(adjusted);
  });

  it("lies between the p-value and Bonferroni's, and keeps the order", () => {
    fc.assert(
      fc.property(pValues, (given) => {
        const adjusted = holm(given);
        given.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * given.length));
          const greater = given.flatMap((other, j) => (other > p ? [adjusted[j]!] : []));
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, ...greater));
        });
      }),
      runs(200),
    );
  });
});
