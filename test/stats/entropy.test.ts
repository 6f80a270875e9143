import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import { entropyTracker } from "../../src/stats/entropy.ts";

/** Samples until the entropy settles; null where it does not within 2,000. */
const settledAfter = (binWidth: number, draw: (index: number) => number): number | null => {
  const tracker = entropyTracker(binWidth);
  for (let index = 0; index < 2000; index++) {
    tracker.add(draw(index));
    if (tracker.isSettled()) return index + 1;
  }
  return null;
};

const normal = (spread: number) => {
  const stream = createStreams(11).named("samples");
  return () => 1 + spread * stream.normal();
};

describe("the entropy of samples", () => {
  it.each([
    ["one value", [7, 7, 7, 7], 0],
    ["two values alike often", [1, 2, 1, 2], 1],
    ["three times one, once another", [1, 1, 1, 2], 0.811_278],
    ["all different", [1, 2, 3, 4, 5, 6, 7, 8], 3],
  ])("of %s", (_, samples, bits) => {
    const tracker = entropyTracker(0);
    for (const sample of samples) tracker.add(sample);
    expect(tracker.entropy).toBeCloseTo(bits, 6);
  });

  it("counts values within a bin as one", () => {
    const tracker = entropyTracker(0.1);
    for (const sample of [1.01, 1.03, 1.09, 1.11]) tracker.add(sample);
    expect(tracker.entropy).toBeCloseTo(0.811_278, 6);
  });

  it("is settled from 100 equal samples on, and not one earlier", () => {
    expect(settledAfter(0.02, () => 1.5)).toBe(100);
  });

  it("settles for a distribution that stays what it is", () => {
    expect(settledAfter(0.02, normal(0.05))).toBeLessThan(600);
  });

  it("does not settle while the distribution moves", () => {
    const draw = normal(0.01);
    expect(settledAfter(0.02, (index) => draw() * 1.002 ** index)).toBeNull();
  });

  it("would say little of exact values of a fine clock: they are all different, whatever their distribution", () => {
    const tracker = entropyTracker(0);
    const draw = normal(0.05);
    for (let index = 0; index < 256; index++) tracker.add(draw());
    expect(tracker.entropy).toBeCloseTo(8, 9);
  });
});
