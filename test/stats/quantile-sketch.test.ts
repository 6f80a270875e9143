import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantileOfSorted } from "../../src/fleet/latency.ts";
import { QuantileSketch, SKETCH_ERROR } from "../../src/stats/quantile-sketch.ts";
import { runs } from "../runs.ts";

const sketchOf = (values: readonly number[], exactUpTo: number): QuantileSketch => {
  const sketch = new QuantileSketch(exactUpTo);
  for (const value of values) sketch.add(value);
  return sketch;
};
/** Latencies from a microsecond to an hour, in nanoseconds. */
const times = fc.array(
  fc.double({ min: 3, max: 12.5, noNaN: true }).map((power) => Math.round(10 ** power)),
  { minLength: 1, maxLength: 300 },
);
const SHARES = [0, 0.01, 0.5, 0.9, 0.99, 1];
const told = (sketch: QuantileSketch) => [sketch.count, sketch.max, sketch.relativeError, ...SHARES.map((p) => sketch.quantile(p))];

describe("a sketch of quantiles", () => {
  it("is exact up to its limit", () => {
    fc.assert(
      fc.property(times, (values) => {
        const sketch = sketchOf(values, values.length);
        const sorted = Float64Array.from(values).sort();
        expect(SHARES.map((p) => sketch.quantile(p))).toEqual(SHARES.map((p) => quantileOfSorted(sorted, p)));
        expect(sketch.relativeError).toBe(0);
      }),
      runs(100),
    );
  });

  it("is within its stated error beyond", () => {
    fc.assert(
      fc.property(times, (values) => {
        const sketch = sketchOf(values, values.length - 1);
        const sorted = Float64Array.from(values).sort();
        for (const p of SHARES) {
          const exact = quantileOfSorted(sorted, p);
          expect(Math.abs(sketch.quantile(p) - exact)).toBeLessThanOrEqual(SKETCH_ERROR * exact);
        }
        expect(sketch.relativeError).toBe(SKETCH_ERROR);
      }),
      runs(200),
    );
  });

  it("says the same whatever the order, and however it was put together from parts", () => {
    fc.assert(
      fc.property(times, times, fc.integer({ min: 1, max: 700 }), (a, b, exactUpTo) => {
        const whole = sketchOf([...b, ...a], exactUpTo);
        const merged = sketchOf(a, exactUpTo);
        merged.merge(sketchOf(b, exactUpTo));
        expect(told(merged)).toEqual(told(whole));
        expect(merged.sum).toBeCloseTo(whole.sum, 3);
      }),
      runs(200),
    );
  });

  it.each([0, 0.1, 1e-9])("takes %f", (value) => {
    expect(sketchOf([value, value, value], 1).quantile(0.5)).toBeCloseTo(value, 9);
  });
});
