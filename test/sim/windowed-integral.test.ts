import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowedIntegral } from "../../src/sim/windowed-integral.ts";
import { runs } from "../runs.ts";

describe("an integral by window", () => {
  it("splits an interval at the windows' boundaries", () => {
    const integral = new WindowedIntegral(10);
    integral.add(3, 5, 27);
    expect([0, 1, 2, 3].map((i) => integral.of(i))).toEqual([15, 30, 21, 0]);
    expect(integral.total()).toBe(66);
  });

  it("an interval that ends at a boundary leaves nothing in the next window", () => {
    const integral = new WindowedIntegral(10);
    integral.add(1, 0, 10);
    expect([integral.of(0), integral.of(1)]).toEqual([10, 0]);
  });

  it("is exact, in whatever order and pieces it is added", () => {
    const piece = fc.record({
      count: fc.integer({ min: 0, max: 2 ** 26 - 1 }),
      from: fc.integer({ min: 0, max: 2e13 }),
      cut: fc.integer({ min: 0, max: 9e12 }),
      length: fc.integer({ min: 0, max: 9e12 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const window = 3.6e12;
        const whole = new WindowedIntegral(window);
        const split = new WindowedIntegral(window);
        let exact = 0n;
        for (const { count, from, cut, length } of pieces) {
          whole.add(count, from, from + cut + length);
          exact += BigInt(count) * BigInt(cut + length);
        }
        for (const { count, from, cut, length } of pieces.toReversed()) {
          split.add(count, from + cut, from + cut + length);
          split.add(count, from, from + cut);
        }
        for (let i = 0; i < 12; i += 1) expect(split.of(i)).toBe(whole.of(i));
        expect(split.total()).toBe(whole.total());
        expect(whole.total()).toBe(Number(exact));
      }),
      runs(200),
    );
  });
});
