import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runsPerSample } from "../../../harness/measure/sampling/run-count.ts";
import { durationOrNull } from "../../../harness/measure/sampling/timestamps.ts";
import { runs } from "../../runs.ts";

describe("runs of a kernel in one sample", () => {
  const length = { aim: 200e-6, limit: 0.25 };

  it.each([
    [3e-6, 67],
    [199e-6, 2],
    [200e-6, 1],
    [0.3, 1],
    [0, 4096],
    [1e-9, 4096],
  ])("for a run of %f s: %i", (oneRun, expected) => {
    expect(runsPerSample(oneRun, length)).toBe(expected);
  });

  it("reach the aim unless that breaks the limit, and are never none", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-7, max: 10, noNaN: true }), (oneRun) => {
        const count = runsPerSample(oneRun, length);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count === 1 || count * oneRun <= length.limit).toBe(true);
        expect(count === 4096 || count * oneRun >= length.aim * (1 - 1e-12)).toBe(true);
      }),
      runs(300),
    );
  });
});

describe("two timestamps of one pass", () => {
  it.each([
    ["rising", 1000n, 3500n, 2.5e-6],
    ["equal", 1000n, 1000n, null],
    ["backwards", 3500n, 1000n, null],
    ["not written", 0n, 0n, null],
    ["only the end written", 0n, 3500n, null],
  ])("%s", (_, begin, end, seconds) => {
    expect(durationOrNull(begin, end)).toBe(seconds);
  });
});
