import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changePoints, steadyFrom } from "../../src/stats/change-point.ts";
import { runs } from "../runs.ts";

/** `count` durations around `level`, off by up to 2 % in a fixed but irregular way. */
const around = (level: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => level * (1 + 0.02 * Math.sin(7.3 * (i + from) ** 1.5)));

describe("the run of dispatches until steady", () => {
  it.each([
    ["steady from the start", around(10, 40), 0],
    ["one slow beginning", [...around(20, 8), ...around(10, 40)], 8],
    ["two levels before the last", [...around(40, 6), ...around(20, 6), ...around(10, 30)], 12],
    ["a single outlier in the middle", [...around(10, 20), 60, ...around(10, 20)], 0],
    ["a disturbance that passes", [...around(10, 20), ...around(30, 4), ...around(10, 20)], 0],
    ["a beginning that was faster", [...around(8, 10), ...around(10, 30)], 0],
    ["fewer runs than two segments have", [30, 10, 10, 10], 0],
  ])("%s", (_, durations, from) => {
    expect(steadyFrom(durations)).toBe(from);
  });

  it("a level within the tolerance counts as steady, one beyond it does not", () => {
    const before = (level: number) => [...Array<number>(20).fill(level), ...Array<number>(20).fill(10)];
    expect(steadyFrom(before(10.4), 0.05)).toBe(0);
    expect(steadyFrom(before(10.6), 0.05)).toBe(20);
  });

  it("segments start at 0, rise, and are never shorter than asked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 0, maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (series, shortest) => {
          const starts = changePoints(series, shortest);
          expect(starts[0]).toBe(0);
          const lengths = starts.map((start, i) => (starts[i + 1] ?? series.length) - start);
          expect(starts.length === 1 || Math.min(...lengths) >= shortest).toBe(true);
        },
      ),
      runs(100),
    );
  });
});
