import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankTest, smallestP } from "../../src/stats/rank-test.ts";
import { runs } from "../runs.ts";

const value = fc.double({ min: -1, max: 1, noNaN: true });
const sample = fc.array(value, { minLength: 1, maxLength: 40 });

describe("the rank test", () => {
  it("is exact for few values without ties: U = 14 of 15 pairs has 2 of 56 arrangements at or above it", () => {
    // 1 < 2 < 4 on the left, 3 5 6 7 8 on the right: of the 15 pairs only (4, 3) has the left one greater.
    const test = rankTest([1, 2, 4], [3, 5, 6, 7, 8]);
    expect(test).toMatchObject({ u: 14, isExact: true });
    expect(test.pGreater).toBeCloseTo(2 / 56, 12);
    expect(test.pLess).toBeCloseTo(55 / 56, 12);
  });

  it("counts every arrangement: exact tails are those of brute force", () => {
    const [n, m] = [4, 5];
    const us = Array.from({ length: 1 << (n + m) }, (_, bits) => bits)
      .map((bits) => Array.from({ length: n + m }, (_, i) => (bits >> i) & 1))
      .filter((sides) => sides.reduce((a, b) => a + b, 0) === m)
      .map((sides) => sides.flatMap((side, i) => (side === 1 ? [sides.slice(0, i).filter((other) => other === 0).length] : [])))
      .map((below) => below.reduce((a, b) => a + b, 0));
    expect(us).toHaveLength(126);
    const first = [0.1, 0.4, 0.5, 0.9];
    const second = [0.2, 0.3, 0.6, 0.7, 1];
    const { u, pGreater, pLess } = rankTest(first, second);
    expect(pGreater).toBeCloseTo(us.filter((other) => other >= u).length / us.length, 12);
    expect(pLess).toBeCloseTo(us.filter((other) => other <= u).length / us.length, 12);
  });

  it("corrects for ties and for continuity where it is approximate", () => {
    // n = m = 4, ties {2,2,2} and {3,3}: Σ(t³−t) = 24 + 6, variance 16/12·(9 − 30/56); U = 2 + 3½ + 4 + 4, z = (13.5 − 8 − 0.5)/3.3594 = 1.4884.
    const { u, pGreater, isExact } = rankTest([1, 2, 2, 3], [2, 3, 4, 5]);
    expect(isExact).toBe(false);
    expect(u).toBe(13.5);
    expect(pGreater).toBeCloseTo(0.0683, 4);
  });

  it("finds nothing where all values are one", () => {
    expect(rankTest([1, 1, 1], [1, 1])).toMatchObject({ pGreater: 1, pLess: 1 });
  });

  it("is least where the samples lie wholly apart", () => {
    expect(smallestP(5, 5)).toBeCloseTo(1 / 252, 12);
    expect(rankTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).pGreater).toBeCloseTo(smallestP(5, 5), 12);
    expect(smallestP(1, 1)).toBe(0.5);
  });

  it("changes sides with its samples, and depends on ranks alone", () => {
    fc.assert(
      fc.property(sample, sample, (first, second) => {
        const test = rankTest(first, second);
        const swapped = rankTest(second, first);
        expect(swapped.pLess).toBeCloseTo(test.pGreater, 9);
        expect(swapped.u + test.u).toBeCloseTo(first.length * second.length, 9);
        const stretched = (values: readonly number[]) => values.map((x) => 8 * x);
        expect(rankTest(stretched(first), stretched(second))).toEqual(test);
        expect(test.pGreater).toBeGreaterThanOrEqual(0);
        expect(test.pGreater).toBeLessThanOrEqual(1);
      }),
      runs(200),
    );
  });

  it("joins the exact and the approximate: at 30 and 31 values a side they agree", () => {
    const values = (count: number, shift: number) => Array.from({ length: count }, (_, i) => ((i * 7919) % 1009) / 1009 + shift);
    const exact = rankTest(values(30, 0), values(30, 0.2001));
    const approximate = rankTest(values(31, 0), values(30, 0.2001));
    expect([exact.isExact, approximate.isExact]).toEqual([true, false]);
    expect(Math.abs(exact.pGreater - approximate.pGreater)).toBeLessThan(0.02);
  });

  it("refuses an empty side", () => {
    expect(() => rankTest([], [1])).toThrowErrorMatchingInlineSnapshot(`[RangeError: expected values on both sides, got 0 and 1]`);
  });
});
