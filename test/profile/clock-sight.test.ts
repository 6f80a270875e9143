import { describe, expect, it } from "vitest";
import { isBelowClock } from "../../src/profile/clock-sight.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";

/** A tick of 1 µs, a step of 5 µs, and round trips of 2 to 3 ms. */
const clock: MeasurementOf<"clock"> = {
  id: "clock",
  kind: "clock",
  timestamp_tick_s: 1e-6,
  performance_now_step_s: 5e-6,
  empty_submit_s: [1e-4],
  small_submit_s: Array.from({ length: 101 }, (_, i) => 2e-3 + i * 1e-5),
};
const steady = { ...clock, small_submit_s: [2e-3, 2e-3, 2e-3] };

describe("a clock cannot see", () => {
  it.each([
    ["a sample under 20 ticks", "gpu-timestamp", 1.9e-6, 10, clock, true],
    ["and can see one of 20", "gpu-timestamp", 2e-6, 10, clock, false],
    ["a difference of round trips smaller than the middle 90 % of them differ", "wall-clock", 8.9e-5, 10, clock, true],
    ["and can see a larger one", "wall-clock", 9.1e-5, 10, clock, false],
    ["a difference under 20 of its steps, however steady the round trips", "wall-clock", 9.9e-6, 10, steady, true],
    ["and can see 20", "wall-clock", 1.01e-5, 10, steady, false],
    ["nothing where it was not measured itself, so nothing is marked", "wall-clock", 1e-9, 1, undefined, false],
  ] as const)("%s", (_, kind, run, runs_per_sample, seen, isBelow) => {
    expect(isBelowClock(run, { kind, runs_per_sample }, seen)).toBe(isBelow);
  });
});
