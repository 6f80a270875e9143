import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelWidth, linearTicks, logTicks, sizeAxis, valueAxis } from "../../src/report/html/axes.ts";
import { runs } from "../runs.ts";

describe("ticks", () => {
  it.each([
    [9, [0, 2, 4, 6, 8, 10]],
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.03, [0, 0.01, 0.02, 0.03]],
    [0, [0, 1]],
  ])("of a linear axis to %d", (most, ticks) => expect(linearTicks(most)).toEqual(ticks));

  it.each([
    [1, 8, [1, 2, 5, 10]],
    [0.3, 30, [0.2, 0.5, 1, 2, 5, 10, 20, 50]],
    [1e-3, 9, [1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10]],
    [1, 1e6, [1, 10, 100, 1000, 1e4, 1e5, 1e6]],
  ])("of a logarithmic axis from %d to %d", (least, most, ticks) => expect(logTicks(least, most)).toEqual(ticks));

  it("enclose all values, on either kind of axis", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), { minLength: 1, maxLength: 9 }), (values) => {
        const { domain, ticks } = valueAxis("", values, String);
        expect(domain[0]).toBeLessThanOrEqual(Math.min(...values) * 1.001);
        expect(domain[1]).toBeGreaterThanOrEqual(Math.max(...values) * 0.999);
        expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
      }),
      runs(200),
    );
  });

  it("at measured sizes never overlap, and the largest size always has one", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 2, maxLength: 30 }), (sizes) => {
        const { ticks, domain } = sizeAxis("", sizes, String, 350);
        const at = (value: number): number => (Math.log(value / domain[0]) / Math.log(domain[1] / domain[0])) * 350;
        expect(ticks.at(-1)).toBe(Math.max(...sizes));
        ticks.slice(1).forEach((tick, i) => {
          const before = ticks[i] ?? 0;
          expect(at(tick) - at(before)).toBeGreaterThan((labelWidth(String(tick)) + labelWidth(String(before))) / 2);
        });
      }),
      runs(200),
    );
  });
});
