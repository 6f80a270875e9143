import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nonNegativeLeastSquares, relativeNonNegativeLeastSquares } from "../../src/stats/least-squares.ts";
import { runs } from "../runs.ts";

const coefficient = () => fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e3, noNaN: true }));
const cells = (rows: number, columns: number) =>
  fc.array(fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  });
const times = (rows: readonly (readonly number[])[], x: readonly number[]) =>
  rows.map((row) => row.reduce((sum, value, i) => sum + value * (x[i] ?? Number.NaN), 0));
const residual = (rows: readonly (readonly number[])[], x: readonly number[], y: readonly number[]) =>
  times(rows, x).reduce((sum, value, i) => sum + (value - (y[i] ?? Number.NaN)) ** 2, 0);

describe("non-negative least squares", () => {
  it("reproduces targets that non-negative coefficients made", () => {
    fc.assert(
      fc.property(cells(8, 3), fc.tuple(coefficient(), coefficient(), coefficient()), (rows, x) => {
        const y = times(rows, x);
        const found = nonNegativeLeastSquares(rows, y);
        const size = Math.hypot(...y);
        expect(Math.sqrt(residual(rows, found, y))).toBeLessThanOrEqual(1e-6 * size);
        expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
      }),
      runs(200),
    );
  });

  it("is never beaten by a non-negative neighbour", () => {
    fc.assert(
      fc.property(
        cells(6, 3),
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.tuple(fc.integer({ min: 0, max: 2 }), fc.double({ min: -1, max: 1, noNaN: true })),
        (rows, y, [column, nudge]) => {
          const x = nonNegativeLeastSquares(rows, y);
          const other = x.map((value, i) => (i === column ? Math.max(0, value + nudge) : value));
          expect(residual(rows, x, y)).toBeLessThanOrEqual(residual(rows, other, y) * (1 + 1e-6) + 1e-9);
        },
      ),
      runs(200),
    );
  });

  it.each([
    [
      "a falling line gets no slope",
      [
        [1, 1],
        [1, 2],
        [1, 3],
      ],
      [3, 2, 1],
      [2, 0],
    ],
    ["one row of two columns gets one coefficient", [[1, 10]], [5], [0, 0.5]],
    [
      "columns that say the same share one coefficient",
      [
        [1, 2],
        [2, 4],
      ],
      [2, 4],
      [0, 1],
    ],
    [
      "all targets below zero give nothing",
      [
        [1, 1],
        [1, 2],
      ],
      [-1, -2],
      [0, 0],
    ],
  ])("%s", (_, rows, y, expected) => {
    const found = nonNegativeLeastSquares(rows, y);
    expect(residual(rows, found, y)).toBeCloseTo(residual(rows, expected, y), 9);
    expect(found.filter((value) => value > 0)).toHaveLength(expected.filter((value) => value > 0).length);
  });

  it("counts errors relative to the target where asked: a far smaller point weighs as much", () => {
    const rows = [[1], [1]];
    expect(nonNegativeLeastSquares(rows, [1, 100])[0]).toBeCloseTo(50.5, 9);
    // Minimum of (x − 1)² + (x/100 − 1)².
    expect(relativeNonNegativeLeastSquares(rows, [1, 100])[0]).toBeCloseTo(1.01 / 1.0001, 9);
  });

  it("refuses rows of unequal length", () => {
    expect(() => nonNegativeLeastSquares([[1, 2], [1]], [1, 2])).toThrow(RangeError);
    expect(() => nonNegativeLeastSquares([[1]], [1, 2])).toThrow(RangeError);
  });
});
