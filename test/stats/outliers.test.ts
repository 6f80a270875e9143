import { describe, expect, it } from "vitest";
import { outliersOf } from "../../src/stats/outliers.ts";

/** Quartiles 10 and 20: fences at -5 and 35, and at -20 and 50. */
const within = [10, 10, 10, 15, 20, 20, 20];
const none = { lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 };

describe("outliers", () => {
  it.each([
    ["none", [], none],
    ["on a fence, which is inside", [35, -5], none],
    ["just beyond the inner fences", [35.1, -5.1], { ...none, highMild: 1, lowMild: 1 }],
    ["just beyond the outer fences", [50.1, -20.1], { ...none, highSevere: 1, lowSevere: 1 }],
  ])("%s", (_, extremes, expected) => {
    // Twice the body, so that the extremes do not move its quartiles.
    expect(outliersOf([...within, ...extremes, ...within])).toEqual(expected);
  });

  it.each([[[]], [[1]], [[1, 1, 900]]])("are not told from so few as %j", (few) => {
    expect(outliersOf(few)).toEqual(none);
  });
});
