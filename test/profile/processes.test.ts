import { describe, expect, it } from "vitest";
import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import { acrossProcesses, inProcess, isFromFirst } from "../../src/profile/processes.ts";
import type { Measurement, MeasurementOf } from "../../src/profile/schema.ts";
import { timingInterval } from "../../src/profile/timing-interval.ts";
import { coldStart } from "../calibration/synthetic.ts";
import { runs } from "../runs.ts";
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
/** So many kernels in so many processes, which differ by so much for all alike and by so much for each, beside samples that differ by 0.2 %. */
const run = (kernels: number, processes: number, noise: { readonly common: number; readonly own: number }): Kernel[] => {
  const shifts = Array.from({ length: processes }, () => noise.common * stream.normal());
  return Array.from({ length: kernels }, (_, k) =>
    shifts.map((shift, process) => {
      const level = Math.exp(shift + noise.own * stream.normal());
      return kernel(
        `kernel ${k}`,
        process,
        Array.from({ length: 12 }, () => level * Math.exp(0.002 * stream.normal())),
      );
    }),
  ).flat();
};

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

  it("that are starts follow one another, their launches counted on, with what is missing of any", () => {
    const warmUp = (process: number, missing: string | null): Measurement => ({
      kind: "warm-up",
      id: inProcess({ id: "warm-up" }, process).id,
      starts: [coldStart(), coldStart({ launch: 1 })],
      missing,
    });
    const [merged] = acrossProcesses([warmUp(0, null), warmUp(1, "it crashed"), warmUp(2, "it crashed")]);
    expect(merged).toMatchObject({ id: "warm-up", missing: "it crashed" });
    const launches = merged?.kind === "warm-up" ? merged.starts.map((start) => start.fresh === "process" && start.launch) : [];
    expect(launches).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("that are pipelines compiled in every state follow one another", () => {
    const compile = (process: number, total_s: number): Measurement => ({
      kind: "compile",
      id: inProcess({ id: "compile" }, process).id,
      kernels: 1,
      runs: [{ pipelines: "cold", pending: 1, each_s: [total_s], total_s }],
      missing: null,
    });
    expect(acrossProcesses([compile(0, 1), compile(1, 2)])).toMatchObject([
      { id: "compile", runs: [{ total_s: 1 }, { total_s: 2 }], missing: null },
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
  const noisesOf = (measurements: readonly Measurement[]) =>
    acrossProcesses(measurements).flatMap((whole) => (whole.kind === "kernel" ? [whole.timing.process_noise] : []));

  it.each([
    [0.02, 0],
    [0.1, 0.05],
    [0.02, 0.1],
  ])("is told apart into what a kernel has for itself, %f, and what all have alike, %f", (own, common) => {
    const [found, ...others] = noisesOf(run(200, 8, { own, common }));
    expect(new Set(others.map((other) => JSON.stringify(other)))).toEqual(new Set([JSON.stringify(found)]));
    expect(found).toMatchObject({ processes: 8 });
    expect(found!.own / own).toBeGreaterThan(0.85);
    expect(found!.own / own).toBeLessThan(1.15);
    // Eight processes tell a standard deviation to within a factor of two, and the median of 200 kernels is known to a tenth of their own noise.
    expect(found!.common).toBeGreaterThan(common / 2 - own / 10);
    expect(found!.common).toBeLessThan(2 * common + own / 10);
  });

  it("is that of a kernel's own family where enough of it was measured", () => {
    const restless = run(40, 3, { own: 0.1, common: 0 }).map((each) => ({ ...each, id: `restless ${each.id}`, family: "restless" }));
    const merged = acrossProcesses([...run(40, 3, { own: 0.01, common: 0 }), ...restless]);
    const ownOf = (family: string) =>
      merged.flatMap((whole) => (whole.kind === "kernel" && whole.family === family ? [whole.timing.process_noise!.own] : []))[0]!;
    expect(ownOf("matmul")).toBeLessThan(0.02);
    expect(ownOf("restless")).toBeGreaterThan(0.07);
  });

  it("is unknown where one process took all, or too little was taken by several", () => {
    expect(noisesOf([kernel("a", 0, [1, 2, 3])])).toEqual([null]);
    expect(new Set(noisesOf(run(3, 3, { own: 0.1, common: 0 })))).toEqual(new Set([null]));
  });

  it("is not taken from a process with another clock, nor from one with too few samples to speak of", () => {
    const plain = run(40, 3, { own: 0.01, common: 0 });
    const odd = plain.map((each) => {
      if (!each.id.endsWith("process=3")) return each;
      const samples_s = each.timing.samples_s.map((sample) => 2 * sample);
      return { ...each, timing: { ...each.timing, samples_s, kind: "wall-clock" as const, because: "coarse ticks" as const } };
    });
    expect(noisesOf(odd)[0]!.own).toBeLessThan(0.02);
    expect(noisesOf(odd)[0]!.processes).toBe(2);
    const few = plain.map((each) => (each.id.endsWith("process=3") ? kernel(each.id.replace(/ process=3$/u, ""), 2, [9]) : each));
    expect(noisesOf(few)[0]!.own).toBeLessThan(0.02);
  });

  it.each([
    [3, 0.03, 0],
    [3, 0, 0.03],
    [3, 0.03, 0.03],
    [8, 0.01, 0.03],
  ])("makes intervals of %i processes hold the true time 19 times in 20, own %f, common %f", (processes, own, common) => {
    const held = ({ low, high }: { low: number; high: number }) => low <= 1 && 1 <= high;
    let [count, within, ofOneProcess] = [0, 0, 0];
    for (let repeat = 0; repeat < runs(60).numRuns; repeat++) {
      for (const whole of acrossProcesses(run(30, processes, { own, common }))) {
        if (whole.kind !== "kernel") continue;
        count++;
        if (held(timingInterval(whole.timing))) within++;
        if (held(timingInterval({ samples_s: whole.timing.samples_s.slice(0, 12), visits: [] }))) ofOneProcess++;
      }
    }
    expect(within / count).toBeGreaterThan(0.9);
    expect(ofOneProcess / count).toBeLessThan(0.4);
  });
});

describe("an interval", () => {
  const noise = { processes: 3, common: 0, own: 0.03 };
  const width = ({ low, high }: { low: number; high: number }) => Math.log(high / low);
  const sampled = (counts: readonly number[]) => ({
    samples_s: Array.from({ length: counts.reduce((sum, count) => sum + count, 0) }, () => 1),
    visits: counts.map((samples, process) => ({ samples, process })),
    process_noise: noise,
  });

  it("is narrower the more processes there were, and not for one that took next to nothing", () => {
    const [one, three, lopsided] = [[30], [10, 10, 10], [29, 1]].map((counts) => width(timingInterval(sampled(counts))));
    expect(one! / three!).toBeCloseTo(Math.sqrt(3), 6);
    expect(lopsided! / one!).toBeGreaterThan(0.95);
  });

  it("is as wide as Student says where few processes tell what all measurements have alike", () => {
    const common = (processes: number) =>
      width(timingInterval({ ...sampled([10, 10, 10]), process_noise: { processes, common: 0.03, own: 0 } }));
    expect(common(3) / common(1000)).toBeCloseTo(4.303 / 1.96, 2);
  });
});
