import { describe, expect, it } from "vitest";
import { latencyOf, quantileOfSorted } from "../../src/fleet/latency.ts";
import { coarseningFor, SHORTEST_WINDOW } from "../../src/fleet/window.ts";

describe("percentiles of type 7", () => {
  it.each([
    [[5], 0.99, 5],
    [[1, 2, 3, 4], 0.25, 1.75],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 1, 4],
    [[10, 20], 0.5, 15],
  ])("of %j at %f is %f", (values, p, expected) => {
    expect(quantileOfSorted(Float64Array.from(values), p)).toBe(expected);
  });

  it("times in any order, in nanoseconds, are told in seconds", () => {
    const times = Array.from({ length: 101 }, (_, i) => (100 - i) * 1e9);
    expect(latencyOf(times)).toEqual({ count: 101, mean: 50, p50: 50, p90: 90, p95: 95, p99: 99, max: 100 });
  });

  it("of nothing are null", () => {
    expect(latencyOf([])).toBeNull();
  });
});

it.each([
  [0, 1],
  [359, 1],
  [360, 5],
  [3599, 10],
  [86_400, 300],
  [1e6, 3600],
  [1e7, 8 * 3600],
])("traffic of %f s has windows of %i s, however they became so long", (span, length) => {
  let window = SHORTEST_WINDOW;
  for (const share of [0.001, 0.01, 0.3, 1]) window *= coarseningFor(share * span * 1e9, window);
  expect(window).toBe(length * 1e9);
});
