import { describe, expect, it } from "vitest";
import { distributionSchema, drawDuration, typicalDuration, type Duration } from "../../../src/replica/cold-start/duration.ts";
import { createStreams } from "../../../src/sim/streams.ts";

const draws = (duration: Duration, count: number): number[] => {
  const stream = createStreams(11).named("test");
  return Array.from({ length: count }, () => drawDuration(duration, () => stream)).sort((a, b) => a - b);
};
const quantile = (sorted: readonly number[], p: number): number => sorted[Math.floor(p * sorted.length)]!;

describe("a drawn time", () => {
  it.each<[string, Duration]>([
    ["seconds", 4],
    ["a constant", { kind: "constant", seconds: 4 }],
    ["a list of one", { kind: "empirical", seconds: [4] }],
  ])("of %s draws nothing", (_, duration) => {
    const noStream = (): never => {
      throw new Error("a draw");
    };
    expect([drawDuration(duration, noStream), typicalDuration(duration)]).toEqual([4, 4]);
  });

  it("that is uniform lies evenly between its ends", () => {
    const sorted = draws({ kind: "uniform", min_s: 10, max_s: 30 }, 4000);
    expect(sorted[0]).toBeGreaterThanOrEqual(10);
    expect(sorted.at(-1)).toBeLessThan(30);
    for (const p of [0.25, 0.5, 0.75]) expect(Math.abs(quantile(sorted, p) - (10 + 20 * p))).toBeLessThan(1);
  });

  it("that is log-normal has the median and the 99th percentile it was given", () => {
    const sorted = draws({ kind: "log-normal", p50_s: 40, p99_s: 200 }, 40_000);
    expect(Math.abs(quantile(sorted, 0.5) / 40 - 1)).toBeLessThan(0.03);
    expect(Math.abs(quantile(sorted, 0.99) / 200 - 1)).toBeLessThan(0.08);
  });

  it("that was seen is one of those seen, each as often", () => {
    const sorted = draws({ kind: "empirical", seconds: [7, 5, 6] }, 3000);
    for (const seconds of [5, 6, 7]) expect(Math.abs(sorted.filter((draw) => draw === seconds).length - 1000)).toBeLessThan(110);
  });

  it.each<[Duration, number]>([
    [{ kind: "uniform", min_s: 10, max_s: 30 }, 20],
    [{ kind: "log-normal", p50_s: 40, p99_s: 200 }, 40],
    [{ kind: "empirical", seconds: [9, 1, 2] }, 2],
    [{ kind: "empirical", seconds: [9, 1, 2, 3] }, 2.5],
  ])("%j is typically its median, %d s", (duration, median) => {
    expect(typicalDuration(duration)).toBe(median);
  });

  it.each([
    { kind: "uniform", min_s: 3, max_s: 2 },
    { kind: "uniform", min_s: -1, max_s: 2 },
    { kind: "log-normal", p50_s: 3, p99_s: 2 },
    { kind: "log-normal", p50_s: 0, p99_s: 2 },
    { kind: "empirical", seconds: [] },
    { kind: "empirical", seconds: [1, -1] },
  ])("%j is refused", (duration) => {
    expect(distributionSchema.safeParse(duration).success).toBe(false);
  });
});
