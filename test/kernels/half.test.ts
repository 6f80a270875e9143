import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHalf, toHalf } from "../../kernels/half.ts";
import { runs } from "../runs.ts";

describe("f16 as bits", () => {
  it("comes back as the same bits for every f16 there is", () => {
    const all = Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => !Number.isNaN(fromHalf(bits)));
    expect(all.map((bits) => toHalf(fromHalf(bits)))).toEqual(all);
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [-0, 0x8000],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.001, 0x0001],
    // Half-way between two: to the even one, below and above.
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    // Rounding up carries into the exponent.
    [2 - 2 ** -12, 0x4000],
  ])("%d is %i", (value, bits) => {
    expect(toHalf(value)).toBe(bits);
  });

  it("keeps what is not a number", () => {
    expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
  });

  it("rounds to the nearest: no other f16 is nearer", () => {
    fc.assert(
      fc.property(fc.double({ min: -65_519, max: 65_519, noNaN: true }), (value) => {
        const bits = toHalf(value);
        const distances = [bits, bits - 1, bits + 1]
          .map((half) => fromHalf(half & 0xffff))
          .filter(Number.isFinite)
          .map((half) => Math.abs(half - value));
        expect(Math.min(...distances)).toBe(distances[0]);
      }),
      runs(500),
    );
  });
});
