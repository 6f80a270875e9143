import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startInterval, startNoiseOrNull } from "../../src/profile/start-interval.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { runs } from "../runs.ts";

const times = fc.array(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 12 });

describe("what starts took", () => {
  it("is their median, with Student's interval about their geometric mean", () => {
    const { median, interval } = startInterval([Math.exp(1), Math.exp(2), Math.exp(3)], null);
    expect(median).toBeCloseTo(Math.exp(2), 9);
    // A standard deviation of 1 in three values: 4.303 / √3 to each side.
    expect(Math.log(interval!.low)).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 2);
    expect(Math.log(interval!.high)).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 2);
  });

  it("has no interval where one start was made, where nothing tells how much two differ, and where one took no time", () => {
    const noise = { deviation: 0.1, degrees: 10 };
    expect(startInterval([2], noise)).toEqual({ median: 2, interval: null });
    expect(startInterval([2, 3], null)).toEqual({ median: 2.5, interval: null });
    expect(startInterval([0, 1, 2], noise)).toEqual({ median: 1, interval: null });
  });

  it("has of two starts the interval by what is most alike, and of three their own", () => {
    const noise = { deviation: 0.1, degrees: 1000 };
    const { interval } = startInterval([1, 1], noise);
    expect(Math.log(interval!.high)).toBeCloseTo((1.962 * 0.1) / Math.SQRT2, 3);
    expect(startInterval([1, 2, 4], noise)).toEqual(startInterval([1, 2, 4], null));
  });

  it("scales with the unit of time", () => {
    fc.assert(
      fc.property(times, (values) => {
        const [one, thousand] = [values, values.map((value) => value * 1000)].map((scaled) => startInterval(scaled, null).interval!);
        expect(thousand!.low / one!.low).toBeCloseTo(1000, 6);
        expect(thousand!.high / one!.high).toBeCloseTo(1000, 6);
      }),
    );
  });

  it.each([3, 6])("of %i starts holds the true time 19 times in 20", (count) => {
    const stream = createStreams(3).named(`starts-${count}`);
    const repeats = 40 * runs(60).numRuns;
    let held = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const { low, high } = startInterval(
        Array.from({ length: count }, () => Math.exp(0.2 * stream.normal())),
        null,
      ).interval!;
      if (low <= 1 && 1 <= high) held++;
    }
    expect(held / repeats).toBeGreaterThan(0.93);
    expect(held / repeats).toBeLessThan(0.97);
  });
});

describe("the noise of starts", () => {
  it("is pooled over things, each about its own mean, and unknown where none was timed twice", () => {
    expect(startNoiseOrNull([[1], [2]])).toBeNull();
    const { deviation, degrees } = startNoiseOrNull([[1, Math.E], [10, 10 * Math.E], [5]])!;
    expect(degrees).toBe(2);
    expect(deviation).toBeCloseTo(Math.SQRT1_2, 9);
  });
});
