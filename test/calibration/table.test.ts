import { describe, expect, it } from "vitest";
import { tableOf } from "../../src/calibration/table.ts";

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
      "never falls: a time above a later one gives way to it",
      [
        [32, 0.1],
        [64, 0.2],
        [128, 0.19],
      ],
      { at: [32, 64, 128], seconds: [0.1, 0.19, 0.19] },
    ],
  ] as const)("%s", (_, points, table) => {
    expect(tableOf(points)).toEqual(table);
  });
});
