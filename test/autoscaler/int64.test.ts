import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ceilToInt32, MAX_INT64, multiplyDivide, saturatingSum, sum } from "../../src/autoscaler/int64.ts";

describe("whole numbers as Go computes them", () => {
  it("a share in percent is not rounded on the way", () => {
    // In doubles the product rounds up, and the quotient is 58.
    expect(multiplyDivide(664_263_791_256_067, 100, 1_145_282_398_717_357)).toBe(57);
    expect(Math.trunc((664_263_791_256_067 * 100) / 1_145_282_398_717_357)).toBe(58);
  });

  it("quotients go toward zero", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1 }), (a, b, c) => {
        expect(multiplyDivide(a, b, c)).toBe(Number((BigInt(a) * BigInt(b)) / BigInt(c)) + 0);
      }),
    );
  });

  it("sums are exact, however large", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }))), (values) => {
        expect(BigInt(sum(values))).toBe(values.reduce<bigint>((total, value) => total + BigInt(value), 0n));
      }),
    );
  });

  it.each([
    [[MAX_INT64, 1], false, MAX_INT64, "the largest int64 is the most"],
    [[MAX_INT64 - 1n, 1], false, MAX_INT64, "which may be reached"],
    [[-5, 3], false, -2n, "a negative sum is one"],
    [[-5, 3], true, MAX_INT64, "or an overflow"],
    [[], true, 0n, "of nothing"],
  ])("%o saturates (negative is overflow: %s) to %s: %s", (values, isNegativeOverflow, total) => {
    expect(saturatingSum(values, isNegativeOverflow)).toBe(total);
  });

  it.each([
    [2.1, 3],
    [-0.3, 0],
    [1e300, 2_147_483_647],
    [Infinity, 2_147_483_647],
  ])("%f replicas are %i", (replicas, whole) => {
    expect(ceilToInt32(replicas)).toBe(whole);
  });
});
