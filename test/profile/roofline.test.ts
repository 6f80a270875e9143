import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Cache } from "../../src/profile/measurements/timing.ts";
import { aboveRoofs, isRoofFamily, kernelShares, roofsOf, shareOf } from "../../src/profile/roofline.ts";
import type { Measurement, MeasurementOf, Profile } from "../../src/profile/schema.ts";
import { gpuProfile } from "../report/samples.ts";
import { runs } from "../runs.ts";

interface Given {
  readonly family: string;
  readonly variant?: string;
  readonly dtype?: "f32" | "f16";
  readonly operations?: number;
  readonly bytes?: number;
  readonly cache?: Cache;
  readonly samples: readonly number[];
}

const steady = (seconds: number): number[] => Array.from({ length: 20 }, () => seconds);
/** ± share around the seconds, evenly. */
const spread = (seconds: number, share: number): number[] => Array.from({ length: 21 }, (_, i) => seconds * (1 + (share * (i - 10)) / 10));

const kernel = ({ family, variant = `${family}/one`, dtype = "f32", operations = 0, bytes = 0, cache = "cold", samples }: Given) =>
  ({
    kind: "kernel",
    id: `${variant} ${cache} ${operations} ${bytes}`,
    family,
    variant,
    version: 1,
    dtype,
    shape: { m: operations, n: bytes },
    operations,
    bytes,
    cache,
    rotated_bytes: 0,
    power_w: null,
    timing: {
      kind: "gpu-timestamp",
      samples_s: [...samples],
      runs_per_sample: 1,
      dropped: 0,
      throttled: 0,
      visits: [],
      process_noise: null,
      stopping: null,
    },
  }) satisfies MeasurementOf<"kernel">;

const profileOf = (measurements: readonly Measurement[]): Profile => ({ ...gpuProfile(), measurements: [...measurements] });

/** 1 TB/s by copying, 10 TFLOP/s in f32, 20 in f16, 100 in matrix units. */
const copy = kernel({ family: "copy", bytes: 1e9, samples: steady(1e-3) });
const f32 = kernel({ family: "multiply-add", operations: 1e12, cache: "hot", samples: steady(0.1) });
const f16 = kernel({ family: "multiply-add", dtype: "f16", operations: 1e12, cache: "hot", samples: steady(0.05) });
const matrix = kernel({ family: "matrix-multiply-add", dtype: "f16", operations: 1e12, cache: "hot", samples: steady(0.01) });
const roofs = [copy, f32];

const shareIn = (measured: MeasurementOf<"kernel">, others: readonly Measurement[] = roofs) => {
  const profile = profileOf([...others, measured]);
  return shareOf(measured, roofsOf(profile), profile);
};

describe("the roofs of a profile", () => {
  it("are the highest rates of any variant and size, with how many there were", () => {
    const found = roofsOf(
      profileOf([
        copy,
        kernel({ family: "copy", variant: "copy/two", bytes: 1e9, samples: steady(2e-3) }),
        kernel({ family: "read", bytes: 3e9, samples: steady(2e-3) }),
        f32,
        kernel({ family: "multiply-add", variant: "multiply-add/two", operations: 1e12, cache: "hot", samples: steady(0.08) }),
      ]),
    );
    expect(found.memory).toMatchObject({ rate: 1.5e12, tried: 3, reachedBy: { family: "read" } });
    expect(found.arithmetic.f32).toMatchObject({ rate: 1.25e13, tried: 2, reachedBy: { variant: "multiply-add/two" } });
    expect(Object.keys(found.arithmetic)).toEqual(["f32"]);
  });

  it("have the interval of the median that reached them", () => {
    const { memory } = roofsOf(profileOf([kernel({ family: "copy", bytes: 1e9, samples: spread(1e-3, 0.1) })]));
    expect(memory?.rate).toBeCloseTo(1e12, -3);
    expect(memory?.low).toBeLessThan(1e12);
    expect(memory?.high).toBeGreaterThan(1e12);
  });

  it("take memory cold where it was measured so, since a hot copy may be a cache's", () => {
    const hot = kernel({ family: "copy", bytes: 1e9, cache: "hot", samples: steady(1e-4) });
    expect(roofsOf(profileOf([hot, copy])).memory?.rate).toBeCloseTo(1e12, -3);
    expect(roofsOf(profileOf([hot])).memory?.rate).toBeCloseTo(1e13, -3);
  });

  it("count no measurement that its clock could not see", () => {
    const clock: Measurement = {
      id: "clock",
      kind: "clock",
      timestamp_tick_s: 1e-3,
      performance_now_step_s: 1e-6,
      empty_submit_s: [1e-4],
      small_submit_s: [1e-3],
    };
    expect(roofsOf(profileOf([clock, copy])).memory).toBeNull();
    expect(roofsOf(profileOf([clock, f32])).arithmetic.f32?.rate).toBeCloseTo(1e13, -4);
  });
});

describe("which roof binds, and the share of it", () => {
  // The ridge is at 10 operations per byte.
  it.each([
    ["a byte with few operations: memory", { operations: 9e9, bytes: 1e9 }, "memory", 1e-3],
    ["a byte with many: arithmetic", { operations: 11e9, bytes: 1e9 }, "arithmetic", 1.1e-3],
    ["no operations at all: memory", { operations: 0, bytes: 1e9 }, "memory", 1e-3],
  ])("%s", (_, work, binding, bound) => {
    const share = shareIn(kernel({ family: "matmul", ...work, samples: steady(2 * bound) }));
    expect(share).toMatchObject({ kind: "judged", binding });
    expect(share).toMatchObject({ bound: expect.closeTo(bound, 12), share: expect.closeTo(0.5, 9), low: expect.closeTo(0.5, 9) });
  });

  it("hot data may come from a cache: arithmetic alone binds, and memory is no limit", () => {
    const hot = kernel({ family: "rotary", operations: 1e9, bytes: 1e9, cache: "hot", samples: steady(5e-4) });
    expect(shareIn(hot)).toMatchObject({ kind: "judged", binding: "arithmetic", share: expect.closeTo(0.2, 9) });
    const cold = { ...hot, cache: "cold" } as const;
    expect(shareIn(cold)).toMatchObject({ kind: "judged", binding: "memory", share: expect.closeTo(2, 9) });
  });

  it("f16 is held against what computes it fastest", () => {
    const half = kernel({ family: "matmul", dtype: "f16", operations: 1e12, bytes: 1, samples: steady(0.1) });
    expect(shareIn(half, [copy, f32, f16])).toMatchObject({ share: expect.closeTo(0.5, 9) });
    expect(shareIn(half, [copy, f32, f16, matrix])).toMatchObject({ share: expect.closeTo(0.1, 9) });
    const slowHalf = { ...f16, timing: { ...f16.timing, samples_s: steady(0.2) } };
    expect(shareIn(half, [copy, f32, slowHalf])).toMatchObject({ share: expect.closeTo(1, 9) });
  });

  it("the share is at most 1 exactly where the time is at least the bound", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e6, max: 1e12, noNaN: true }),
        fc.double({ min: 1e6, max: 1e12, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (operations, bytes, slowness) => {
          const bound = Math.max(operations / 1e13, bytes / 1e12);
          const share = shareIn(kernel({ family: "matmul", operations, bytes, samples: steady(slowness * bound) }));
          const binding = operations / 1e13 > bytes / 1e12 ? "arithmetic" : "memory";
          expect(share).toMatchObject({ kind: "judged", binding, share: expect.closeTo(1 / slowness, 6) });
        },
      ),
      runs(200),
    );
  });

  it.each([
    ["no memory roof", { operations: 1, bytes: 1 }, [f32], "no memory roof was measured"],
    ["no f32 roof", { operations: 1, bytes: 1 }, [copy, f16], "no f32 arithmetic roof was measured"],
    ["no roof of f16's own", { operations: 1, bytes: 1, dtype: "f16" as const }, [copy, f32], "no f16 arithmetic roof was measured"],
    ["nothing computed, hot", { bytes: 1, cache: "hot" as const }, roofs, "it computes nothing, and hot data may lie in a cache"],
  ])("%s: no share, and why", (_, given, others, because) => {
    expect(shareIn(kernel({ family: "matmul", samples: steady(1), ...given }), others)).toEqual({ kind: "unjudged", because });
  });

  it("a kernel on matrix units has no share without their roof", () => {
    const variant = "matrix-multiply-add/4x2-f16";
    const user = kernel({ family: "matmul", variant, dtype: "f16", operations: 1e12, bytes: 1, samples: steady(0.02) });
    expect(shareIn(user, [copy, f32, f16])).toEqual({ kind: "unjudged", because: "no roof of matrix units was measured" });
    expect(shareIn(user, [copy, f32, f16, matrix])).toMatchObject({ share: expect.closeTo(0.5, 9) });
  });

  it("roofs are not held against themselves", () => {
    expect(["copy", "read", "multiply-add", "matrix-multiply-add"].every(isRoofFamily)).toBe(true);
    expect(kernelShares(profileOf([...roofs, kernel({ family: "matmul", bytes: 1e9, samples: steady(1) })]))).toHaveLength(1);
  });
});

describe("significantly above the roof", () => {
  const above = (samples: readonly number[], roof: readonly number[] = steady(1e-3)) =>
    aboveRoofs(
      kernelShares(
        profileOf([kernel({ family: "copy", bytes: 1e9, samples: roof }), f32, kernel({ family: "matmul", bytes: 1e9, samples })]),
      ),
    ).length;

  it.each([
    ["at the roof", steady(1e-3), steady(1e-3), 0],
    ["below it", steady(1.01e-3), steady(1e-3), 0],
    ["above it by what one process may have for itself", steady(0.97e-3), steady(1e-3), 0],
    ["above it by more than one process may have for itself", steady(0.9e-3), steady(1e-3), 1],
    ["above it by less than its own noise", spread(0.99e-3, 0.1), steady(1e-3), 0],
    ["above it by less than the roof's noise", steady(0.99e-3), spread(1e-3, 0.1), 0],
    ["above it by more than both", spread(0.5e-3, 0.1), spread(1e-3, 0.1), 1],
    ["twice as fast, in too few samples to tell", steady(0.5e-3).slice(0, 5), steady(1e-3), 0],
    ["twice as fast, against a roof of too few samples", steady(0.5e-3), steady(1e-3).slice(0, 5), 0],
    ["twice as fast, in just enough samples", steady(0.5e-3).slice(0, 6), steady(1e-3), 1],
  ])("%s", (_, samples, roof, count) => {
    expect(above(samples, roof)).toBe(count);
  });

  it("is enough by a hundredth where several processes agree", () => {
    const inProcesses = [1e-3, 0.99e-3].map((seconds, i) => {
      const each = kernel({ family: ["copy", "matmul"][i]!, bytes: 1e9, samples: steady(seconds) });
      return { ...each, timing: { ...each.timing, process_noise: { processes: 3, common: 0, own: 0 } } };
    });
    expect(aboveRoofs(kernelShares(profileOf([...inProcesses, f32])))).toHaveLength(1);
  });

  it("a hot kernel that beats memory is none", () => {
    const hot = kernel({ family: "swiglu", operations: 1, bytes: 1e9, cache: "hot", samples: steady(1e-5) });
    expect(aboveRoofs(kernelShares(profileOf([...roofs, hot])))).toEqual([]);
    expect(aboveRoofs(kernelShares(profileOf([...roofs, { ...hot, cache: "cold" }])))).toHaveLength(1);
  });
});
