import { describe, expect, it } from "vitest";
import { smallestStep } from "../../src/stats/smallest-step.ts";

describe("the smallest step of a clock", () => {
  it.each([
    [[0, 130, 65, 195], 65],
    [[7, 7, 7], 0],
    [[], 0],
    [[-3, 4, 0], 3],
  ])("of readings %j is %i", (readings, step) => {
    expect(smallestStep(readings)).toBe(step);
  });
});
