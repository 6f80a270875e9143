import { describe, expect, it } from "vitest";
import { tableOf, tableSeconds } from "../../src/calibration/table.ts";

describe("a table of measured times", () => {
  it.each([
    [
      "comes in order",
      [
        [4, 2],
        [1, 1],
      ],
      { at: [1, 4], seconds: [1, 2] },
    ],
    [
      "keeps the smallest of several times at one point",
      [
        [1, 3],
        [1, 2],
      ],
      { at: [1], seconds: [2] },
    ],
    [
      "never falls: a time above a later one and that one are both noise, and take their mean",
      [
        [32, 0.1],
        [64, 0.2],
        [128, 0.19],
      ],
      { at: [32, 64, 128], seconds: [0.1, expect.closeTo(0.195, 12), expect.closeTo(0.195, 12)] },
    ],
  ] as const)("%s", (_, points, table) => {
    expect(tableOf(points)).toEqual(table);
  });

  it.each([
    [0.5, 10],
    [1, 10],
    [2, 15],
    [3, 20],
    [5, 35],
    [7, 50],
    [9, 80],
    [11, 110],
  ])("is straight between its points, flat below the first and goes on above the last: at %s it is %s", (x, seconds) => {
    expect(tableSeconds({ at: [1, 3, 7, 9], seconds: [10, 20, 50, 80] }, x)).toBeCloseTo(seconds, 12);
  });
});
