import { describe, expect, it } from "vitest";
import { gpuRecord, meanPower } from "../../src/profile/machine-record.ts";
import type { ClockReason, MachineSample } from "../../src/profile/machine-state.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";
import { throttledBy, throttledSpans, turnsOf, withoutThrottled } from "../../src/profile/throttle.ts";

const sample = (at_s: number, reasons: ClockReason[] | null = [], changes: Partial<MachineSample> = {}): MachineSample => ({
  at_s,
  sm_mhz: 1980,
  memory_mhz: 2619,
  power_w: 400,
  temperature_c: 60,
  utilization: 1,
  memory_used_bytes: 2 ** 30,
  reasons,
  ...changes,
});

const kernel = (visits: MeasurementOf<"kernel">["timing"]["visits"], samples_s: number[]): MeasurementOf<"kernel"> => ({
  id: "matmul/a m=1 hot",
  kind: "kernel",
  family: "matmul",
  variant: "matmul/a",
  version: 1,
  dtype: "f16",
  shape: { m: 1, n: 64, k: 64 },
  operations: 1,
  bytes: 1,
  cache: "hot",
  rotated_bytes: 0,
  power_w: null,
  timing: { kind: "gpu-timestamp", samples_s, runs_per_sample: 4, dropped: 0, throttled: 0, visits, process_noise: null, stopping: null },
});

describe("what makes a figure wrong", () => {
  it.each<[ClockReason, boolean]>([
    ["hw-thermal", true],
    ["sw-thermal", true],
    ["hw-slowdown", true],
    ["hw-power-brake", true],
    ["sw-power-cap", false],
    ["applications-clocks", false],
    ["gpu-idle", false],
    ["sync-boost", false],
    ["display-clocks", false],
  ])("%s: %s", (reason, isWrong) => {
    expect(throttledBy(sample(0, [reason])).length > 0).toBe(isWrong);
  });

  it("is nothing where the tool does not tell", () => {
    expect(throttledSpans([sample(0, null), sample(1, null)])).toEqual([]);
  });
});

describe("a throttle", () => {
  it("lasts from the sample before it to the one after", () => {
    const samples = [sample(0), sample(0.2), sample(0.4, ["hw-thermal"]), sample(0.6, ["sw-thermal"]), sample(0.8), sample(1)];
    expect(throttledSpans(samples)).toEqual([{ from: 0.2, to: 0.8 }]);
  });

  it("reaches one second at most where no sample bounds it", () => {
    expect(throttledSpans([sample(5), sample(10, ["hw-thermal"])])).toEqual([{ from: 9, to: 11 }]);
  });

  it("is two where it went in between", () => {
    const samples = [sample(0, ["hw-thermal"]), sample(0.2), sample(0.4), sample(0.6, ["hw-thermal"]), sample(0.8)];
    expect(throttledSpans(samples)).toEqual([
      { from: -1, to: 0.2 },
      { from: 0.4, to: 0.8 },
    ]);
  });
});

describe("turns", () => {
  const visits = [
    { samples: 2, at_s: 1, took_s: 0.5, process: 0 },
    { samples: 1, at_s: 3, took_s: 0.5, process: 0 },
    { samples: 3, at_s: 5, took_s: 1, process: 0 },
  ];
  const measured = kernel(visits, [1, 2, 3, 4, 5, 6]);
  const underWay = { from: 100, to: 108 };

  it("end when the answer came", () => {
    expect(turnsOf(measured, underWay)).toEqual([
      { from: 103, to: 103.5 },
      { from: 105, to: 105.5 },
      { from: 107, to: 108 },
    ]);
  });

  it("never begin before the call", () => {
    expect(turnsOf(measured, { from: 100, to: 104 })[0]).toEqual({ from: 101, to: 101.5 });
  });

  it("are all the time under way where they are not known", () => {
    expect(turnsOf(kernel([], [1]), underWay)).toEqual([underWay]);
  });

  it("that a throttle fell into go as a whole, and are counted", () => {
    const kept = withoutThrottled(measured, underWay, [{ from: 105.4, to: 106 }]);
    expect(kept?.timing).toEqual({ ...measured.timing, samples_s: [1, 2, 4, 5, 6], throttled: 1, visits: [visits[0], visits[2]] });
  });

  it("stay as they are where no throttle fell into one, a touch at the end included", () => {
    expect(withoutThrottled(measured, underWay, [{ from: 103.5, to: 105 }])).toBe(measured);
  });

  it("leave nothing where every one was throttled", () => {
    expect(withoutThrottled(measured, underWay, [{ from: 90, to: 120 }])).toBeNull();
    expect(withoutThrottled(kernel([], [1, 2]), underWay, [{ from: 101, to: 102 }])).toBeNull();
  });
});

describe("power", () => {
  const samples = [0, 0.2, 0.4, 0.6].map((at, i) => sample(at, [], { power_w: 100 * (i + 1) }));

  it("is the mean over the turns, each sample standing for the time around it", () => {
    expect(meanPower(samples, [{ from: 0.1, to: 0.5 }])).toBeCloseTo(250);
    expect(meanPower(samples, [{ from: 0.15, to: 0.25 }])).toBeCloseTo(200);
  });

  it("is that of the nearest sample in a turn shorter than the time between samples", () => {
    expect(meanPower(samples, [{ from: 0.42, to: 0.421 }])).toBeCloseTo(300);
  });

  it("is not known where no sample is near, or none tells it", () => {
    expect(meanPower(samples, [{ from: 30, to: 31 }])).toBeNull();
    expect(meanPower([sample(0, [], { power_w: null })], [{ from: 0, to: 1 }])).toBeNull();
    expect(meanPower([], [{ from: 0, to: 1 }])).toBeNull();
  });
});

describe("the record of a run", () => {
  const idle = sample(0, ["gpu-idle"], { sm_mhz: 345, power_w: 75, utilization: 0 });
  const samples = [
    idle,
    sample(0.9, ["gpu-idle"], { sm_mhz: 345 }),
    ...Array.from({ length: 20 }, (_, i) =>
      sample(2 + 0.2 * i, i === 7 ? ["hw-thermal"] : ["sw-power-cap"], { sm_mhz: 1500 + i, power_w: 600 + i }),
    ),
  ];
  const record = gpuRecord(samples, [{ id: "matmul", turns: [{ from: 2.9, to: 5.1 }] }], 0.5);

  it("knows the idle GPU from before the browser was started", () => {
    expect(record.idle).toEqual(idle);
  });

  it("sums up only what was sampled while something was measured", () => {
    expect(record.measuring).toMatchObject({ samples: 11, sm_mhz: { min: 1505, median: 1510, max: 1515 } });
    expect(record.measuring?.reasons).toEqual({ "sw-power-cap": 10 / 11, "hw-thermal": 1 / 11 });
  });

  it("keeps one sample a second, and the throttled ones, each with what was measured", () => {
    expect(record.samples.map(({ at_s, during }) => [Number(at_s.toFixed(1)), during])).toEqual([
      [0, null],
      [2, null],
      [3, "matmul"],
      [3.4, "matmul"],
      [4.4, "matmul"],
      [5.4, null],
    ]);
  });

  it("is nothing where nothing was sampled", () => {
    expect(gpuRecord([], [], 0)).toEqual({ idle: null, measuring: null, samples: [] });
  });
});
