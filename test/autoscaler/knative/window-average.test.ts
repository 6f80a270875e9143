import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowAverage } from "../../../src/autoscaler/knative/window-average.ts";

describe("a linear average over a window", () => {
  it.each([
    [[[0, 8]], 0, 8, "the first second alone"],
    [
      [
        [0, 8],
        [1, 4],
      ],
      1,
      6,
      "a window that has just begun is not diluted",
    ],
    [
      [
        [0, 8],
        [3, 4],
      ],
      3,
      3,
      "silent seconds in between count as 0",
    ],
    [
      [
        [0, 8],
        [0.9, 4],
      ],
      0,
      12,
      "a second holds the sum of what was recorded in it",
    ],
    [
      [
        [0, 8],
        [1, 4],
      ],
      3,
      6,
      "seconds after the last one are left out",
    ],
    [
      [
        [0, 8],
        [1, 4],
      ],
      5,
      4,
      "the oldest leave the window even so",
    ],
    [
      [
        [0, 8],
        [1, 4],
      ],
      6,
      0,
      "nothing for a window is 0",
    ],
    [
      [
        [0, 8],
        [9, 4],
      ],
      9,
      4,
      "after a silent window it begins anew",
    ],
    [
      [
        [0, 1],
        [1, 1],
        [2, 0],
      ],
      2,
      0.666666,
      "cut after six decimals",
    ],
  ] as [[number, number][], number, number, string][])("%j at %i s is %f: %s", (records, at, average) => {
    const window = new WindowAverage(5);
    for (const [time, value] of records) window.record(100 + time, value);
    expect(window.average(100 + at)).toBe(average);
  });

  it("of the same value in every second is that value", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 1e6 }),
        (size, seconds, value) => {
          const window = new WindowAverage(size);
          for (let at = 0; at < seconds; at += 1) window.record(at, value);
          return window.average(seconds - 1) === value;
        },
      ),
    );
  });

  it.each<[number, number | null, string]>([
    [5, 4, "a window after the last record it still knows something"],
    [6, null, "later it has no data"],
  ])("%i s after its only record it has %j: %s", (after, average) => {
    const window = new WindowAverage(5);
    window.record(100, 4);
    expect(window.averageOrNull(100 + after)).toBe(average === null ? null : 0);
  });
});

describe("a weighted average", () => {
  // The two windows of Knative's own documentation, with the figures it prints.
  it.each([
    [10, 15.430728028666296],
    [3, 19.530732247258655],
  ])("of ten seconds over %i s is what Knative's documentation says", (size, average) => {
    const window = new WindowAverage(size, "weighted-exponential");
    [1, 3, 5, 4, 6, 7, 2, 8, 10, 20].forEach((value, i) => window.record(i + 1, value));
    expect(window.average(10)).toBeCloseTo(average, 12);
  });

  it("fades by the weight's complement with every silent second", () => {
    const window = new WindowAverage(60, "weighted-exponential");
    window.record(0, 10);
    expect([window.average(0), window.average(1), window.average(2)].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([2, 1.6, 1.28]);
  });
});
