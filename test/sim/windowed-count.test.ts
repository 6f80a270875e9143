import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowedCount } from "../../src/sim/windowed-count.ts";
import { runs } from "../runs.ts";

const sums = (count: WindowedCount, windows: number): number[] => Array.from({ length: windows }, (_, i) => count.of(i));

describe("a count by window", () => {
  it("an instant on a boundary belongs to the window it begins", () => {
    const count = new WindowedCount(10);
    for (const at of [0, 9, 10, 35]) count.add(2, at);
    expect(sums(count, 5)).toEqual([4, 2, 0, 2, 0]);
    expect(count.total).toBe(8);
  });

  it("what comes just before an instant on a boundary belongs to the window it ends", () => {
    const count = new WindowedCount(10);
    count.addBeforeEach(3, Float64Array.of(1, 10, 11, 40, 99), 4);
    expect(sums(count, 5)).toEqual([6, 3, 0, 3, 0]);
    expect(count.total).toBe(12);
  });

  it("law: is the same one by one and all at once, before and after the windows become longer", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ amount: fc.integer({ min: 0, max: 1000 }), gaps: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }) }),
        ),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 10 }),
        (pieces, factor, coarsenAfter) => {
          const single = new WindowedCount(10);
          const together = new WindowedCount(10);
          pieces.forEach(({ amount, gaps }, i) => {
            if (i === coarsenAfter) together.coarsen(factor);
            let at = 0;
            const instants = Float64Array.from(gaps, (gap) => (at += gap));
            for (const instant of instants) single.add(amount, instant - 1);
            together.addBeforeEach(amount, instants, instants.length);
          });
          if (pieces.length <= coarsenAfter) together.coarsen(factor);
          single.coarsen(factor);
          expect(sums(together, 500)).toEqual(sums(single, 500));
          expect(together.total).toBe(single.total);
          expect(sums(single, 500).reduce((a, b) => a + b)).toBe(single.total);
        },
      ),
      runs(200),
    );
  });
});
