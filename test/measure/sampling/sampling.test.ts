import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runsPerSample } from "../../../harness/measure/sampling/run-count.ts";
import { sampleUntil, stopReasonOrNull, type StoppingRule } from "../../../harness/measure/sampling/sampler.ts";
import { durationOrNull } from "../../../harness/measure/sampling/timestamps.ts";
import { runs } from "../../runs.ts";

const rule: StoppingRule = { fewest: 5, most: 20, noise: 0.02, shortest: 0.1, timeLimit: 1 };
const quiet = (count: number) => Array<number>(count).fill(1);
const noisy = (count: number) => Array.from({ length: count }, (_, i) => 1 + (i % 2));

describe("sampling stops", () => {
  it.each([
    ["quiet samples, one too few", quiet(4), 0.5, null],
    ["quiet samples, just enough", quiet(5), 0.5, "precise"],
    ["quiet samples, too early", quiet(5), 0.09, null],
    ["quiet samples, no longer too early", quiet(5), 0.1, "precise"],
    ["noisy samples, time left", noisy(19), 0.5, null],
    ["as many as allowed", noisy(20), 0.01, "enough"],
    ["noisy samples, time is up", noisy(6), 1, "time is up"],
    ["no sample came, time is up", [], 1, "time is up"],
    ["no sample came, time left", [], 0.5, null],
  ] as const)("%s", (_, samples, elapsed, reason) => {
    expect(stopReasonOrNull(samples, elapsed, rule)).toBe(reason);
  });

  it("and gives every sample it took, in order", async () => {
    let time = 0;
    const taken: number[] = [];
    const take = () => {
      time += 0.04;
      const batch = [time, time + 0.001];
      taken.push(...batch);
      return Promise.resolve(batch);
    };
    expect(await sampleUntil(take, rule, () => time)).toEqual(taken);
    expect(taken).toHaveLength(20);
  });

  it("even where every sample is dropped", async () => {
    let time = 0;
    const take = () => {
      time += 0.3;
      return Promise.resolve([]);
    };
    expect(await sampleUntil(take, rule, () => time)).toEqual([]);
  });
});

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
