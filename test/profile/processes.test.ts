import { describe, expect, it } from "vitest";
import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import { acrossProcesses, inProcess, isFromFirst } from "../../src/profile/processes.ts";
import type { Measurement, MeasurementOf } from "../../src/profile/schema.ts";
import { timingInterval } from "../../src/profile/timing-interval.ts";
import { createStreams } from "../../src/sim/streams.ts";

type Kernel = MeasurementOf<"kernel">;

const kernel = (id: string, process: number, samples_s: readonly number[], changes: Partial<Kernel["timing"]> = {}): Kernel => ({
  kind: "kernel",
  id: inProcess({ id }, process).id,
  family: "matmul",
  variant: "matmul/example-f32",
  version: 1,
  dtype: "f32",
  shape: { m: 1, n: 1, k: 1 },
  operations: 2,
  bytes: 12,
  cache: "cold",
  rotated_bytes: 0,
  power_w: null,
  timing: {
    kind: "gpu-timestamp",
    samples_s: [...samples_s],
    runs_per_sample: 1,
    dropped: 1,
    throttled: 2,
    visits: samples_s.map((_, at_s) => ({ samples: 1, at_s, took_s: 0.1, process: 0 })),
    process_noise: null,
    stopping: { reason: "noise", noise: 0.02, noise_limit: 0.03 },
    ...changes,
  } as Kernel["timing"],
});
const upload = (process: number, first_s: number[]): Measurement => {
  const { id } = inProcess({ id: "upload" }, process);
  const way = { method: "writeBuffer", chunk_bytes: 1, bytes: 1, into_bytes: 1 } as const;
  return { kind: "upload", id, ...way, first_s, repeated_s: [], ...ONE_PROCESS, verified: true };
};

const stream = createStreams(5).named("processes");
/** So many kernels in three processes, whose times differ by this much beside samples that differ by a tenth of it. */
const run = (kernels: number, noise: number): Kernel[] =>
  Array.from({ length: kernels }, (_, k) =>
    [0, 1, 2].map((process) => {
      const level = Math.exp(noise * stream.normal());
      return kernel(
        `kernel ${k}`,
        process,
        Array.from({ length: 12 }, () => level * Math.exp(0.1 * noise * stream.normal())),
      );
    }),
  ).flat();

describe("measurements in several processes", () => {
  it("have ids by which the first is told from the others", () => {
    expect([0, 1, 2].map((process) => inProcess({ id: "a b" }, process))).toEqual([
      { id: "a b", process: 0 },
      { id: "a b process=2", process: 1 },
      { id: "a b process=3", process: 2 },
    ]);
    expect(["a b", "a b process=2"].map((id) => isFromFirst({ id }))).toEqual([true, false]);
  });

  it("become one, with the samples and turns of each in order", () => {
    const [merged, ...others] = acrossProcesses([kernel("a", 0, [1, 2]), kernel("b", 0, [9]), kernel("a", 1, [3])]);
    expect(others.map(({ id }) => id)).toEqual(["b"]);
    expect(merged).toMatchObject({
      id: "a",
      timing: {
        samples_s: [1, 2, 3],
        dropped: 2,
        throttled: 4,
        visits: [{ process: 0 }, { process: 0 }, { process: 1 }],
      },
    });
  });

  it("meet a criterion together that is stricter by the square root of their number, or say what kept one from it", () => {
    const stopped = (noise_limit: number, reason: "noise" | "time-out") => ({ stopping: { reason, noise: 0.02, noise_limit } });
    const same = [1, 1, 1, 1, 1, 1, 1, 1];
    const apart = [1, 2, 1, 2, 1, 2, 1, 2];
    const outcome = (samples: number[]) =>
      acrossProcesses([kernel("a", 0, samples, stopped(0.04, "noise")), kernel("a", 1, samples, stopped(0.04, "time-out"))])[0];
    expect(outcome(same)).toMatchObject({ timing: { stopping: { reason: "noise", noise: 0, noise_limit: 0.04 / Math.SQRT2 } } });
    expect(outcome(apart)).toMatchObject({ timing: { stopping: { reason: "time-out" } } });
  });

  it("that are plain lists are put end to end, and say how many are whose", () => {
    expect(acrossProcesses([upload(0, [1, 2]), upload(1, [3])])).toMatchObject([
      { id: "upload", first_s: [1, 2, 3], process_samples: { first_s: [2, 1], repeated_s: [0, 0] } },
    ]);
  });

  it("taken by one clock do not mix with those of another", () => {
    const wall = kernel("a", 1, [50], { kind: "wall-clock", because: "coarse ticks" });
    expect(acrossProcesses([kernel("a", 0, [1]), wall])[0]).toMatchObject({ timing: { samples_s: [1] } });
  });

  it("are refused where there can be only one", () => {
    const memory = (id: string): Measurement => ({ kind: "device-memory", id, held_bytes: 0, ended: "cap", cap_bytes: 1, cap_because: "" });
    expect(() => acrossProcesses([memory("m"), memory("m process=2")])).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: expected m to be measured once, got 2 measurements of it]`,
    );
  });
});

describe("the noise between processes", () => {
  const noiseOf = (measurements: readonly Measurement[]) =>
    new Set(acrossProcesses(measurements).flatMap((whole) => (whole.kind === "kernel" ? [whole.timing.process_noise] : [])));

  it.each([0.02, 0.1])("is one figure for all measurements of a kind, and near the true one: %f", (noise) => {
    const [found, ...others] = noiseOf(run(200, noise));
    expect(others).toEqual([]);
    expect(found! / noise).toBeGreaterThan(0.85);
    expect(found! / noise).toBeLessThan(1.15);
  });

  it("is unknown where one process took all, or too little was taken by several", () => {
    expect(noiseOf([kernel("a", 0, [1, 2, 3])])).toEqual(new Set([null]));
    expect(noiseOf(run(4, 0.1))).toEqual(new Set([null]));
  });

  it("makes intervals that hold the true time 19 times in 20, where a process's own samples would hold it seldom", () => {
    const held = ({ low, high }: { low: number; high: number }) => low <= 1 && 1 <= high;
    const kernels = acrossProcesses(run(400, 0.05)).flatMap((whole) => (whole.kind === "kernel" ? [whole.timing] : []));
    const share = (of: (timing: Kernel["timing"]) => { low: number; high: number }) =>
      kernels.filter((timing) => held(of(timing))).length / kernels.length;
    expect(share(timingInterval)).toBeGreaterThanOrEqual(0.92);
    expect(share(({ samples_s }) => timingInterval({ samples_s: samples_s.slice(0, 12), visits: [] }))).toBeLessThan(0.3);
  });
});
