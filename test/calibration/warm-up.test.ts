import { describe, expect, it } from "vitest";
import { warmUpCurveSchema } from "../../src/calibration/device-model.ts";
import { warmUpCurve, warmUpSeconds } from "../../src/calibration/warm-up.ts";
import type { CompileRun } from "../../src/profile/measurements/compile.ts";
import type { Start } from "../../src/profile/measurements/warm-up.ts";
import { coldStart, profileOf } from "./synthetic.ts";

const curveOf = (starts: Start[], runs: CompileRun[] = []) =>
  warmUpCurve(
    profileOf([
      { kind: "warm-up", id: "warm-up", starts, missing: null },
      ...(runs.length === 0 ? [] : [{ kind: "compile", id: "compile", kernels: 3, runs, missing: null } as const]),
    ]),
  );

const rounded = ({ phases }: { phases: readonly { name: string; seconds: number }[] }) =>
  phases.map(({ name, seconds }) => [name, Number(seconds.toFixed(6))]);

describe("the warm-up curve", () => {
  it("adds the phases up, the approach as what runs took beyond the steady one", () => {
    const curve = curveOf([coldStart()]);
    expect(rounded(curve)).toEqual([
      ["browser process", 0.9],
      ["adapter", 0.05],
      ["device", 0.03],
      ["shader modules", 0.003],
      ["pipelines", 0.6],
      ["first dispatch", 0.5],
      // (0.4 − 0.1) + (0.2 − 0.1)
      ["approach to steady", 0.4],
    ]);
    expect(curve.dispatches_until_steady).toBe(3);
    const { initialise, warmUp } = warmUpSeconds(curve);
    expect(initialise).toBeCloseTo(1.583, 9);
    expect(warmUp).toBeCloseTo(0.9, 9);
  });

  it("has no approach where the runs were steady from the first", () => {
    const curve = curveOf([coldStart({ steady_after: 0 })]);
    expect(curve.phases.at(-1)).toEqual({ name: "approach to steady", seconds: 0 });
    expect(curve.dispatches_until_steady).toBe(1);
  });

  it("counts noise around the steady run as no approach: slow runs and fast ones balance", () => {
    const curve = curveOf([coldStart({ dispatches_s: [0.11, 0.09, 0.12, 0.08, 0.1, 0.1], steady_after: 4 })]);
    expect(curve.phases.at(-1)!.seconds).toBeCloseTo(0, 12);
  });

  it("is the median of several cold starts, phase by phase, and says between which totals it lies", () => {
    const curve = curveOf([coldStart({ browser_start_s: 3 }), coldStart({ launch: 1 }), coldStart({ launch: 2, pipelines_s: [0.7] })]);
    expect(rounded(curve).slice(0, 5)).toEqual([
      ["browser process", 0.9],
      ["adapter", 0.05],
      ["device", 0.03],
      ["shader modules", 0.003],
      ["pipelines", 0.6],
    ]);
    expect(curve.starts).toBe(3);
    expect(curve.total_s!.map((seconds) => Number(seconds.toFixed(6)))).toEqual([2.483, 4.583]);
  });

  it("leaves each cold start out in turn, and is not checked where there is only one", () => {
    const { error } = curveOf([coldStart(), coldStart({ launch: 1, browser_start_s: 1.9 })]);
    if (error.kind !== "checked") throw new Error("expected it to be checked");
    expect(error.points.map(({ id, predicted_s, measured_s }) => [id, predicted_s.toFixed(3), measured_s.toFixed(3)])).toEqual([
      ["cold start 1", "3.483", "2.483"],
      ["cold start 2", "2.483", "3.483"],
    ]);
    expect(curveOf([coldStart()]).error).toEqual({
      kind: "not-checked",
      because: "one cold start was measured, so there is none to hold out",
    });
  });

  it("keeps restarts on a warm disk, other devices and other pipelines out of the cold start, and tells of the restarts beside it", () => {
    const { starts: _, ...cold } = curveOf([coldStart()]);
    const {
      fresh: __,
      pipelines: ___,
      launch,
      browser_start_s,
      browser_cache_entries,
      driver_cache_bytes,
      adapter_s,
      device_s,
      ...settled
    } = coldStart({ pipelines_s: [9] });
    const curve = curveOf([
      coldStart(),
      coldStart({ pipelines: "disk-warm", pipelines_s: [0.05] }),
      { fresh: "device", pipelines: "process-warm", adapter_s: 9, device_s: 9, ...settled },
      { fresh: "pipelines", pipelines: "cold", ...settled },
      { fresh: "nothing", pipelines: "hot", ...settled },
    ]);
    expect(curve).toMatchObject(cold);
    expect(curve.restart!.starts).toBe(1);
    expect(rounded(curve.restart!)[4]).toEqual(["pipelines", 0.05]);
    expect(cold).not.toHaveProperty("restart");
    expect([launch, browser_start_s, browser_cache_entries, driver_cache_bytes, adapter_s, device_s]).toHaveLength(6);
  });

  const run = (pipelines: CompileRun["pipelines"], pending: number, each: number): CompileRun => ({
    pipelines,
    pending,
    each_s: [1, 1],
    total_s: 2 * each,
  });

  it("says what the best number of pending pipelines makes of modules and pipelines, from cold runs alone", () => {
    const runs = [run("cold", 1, 0.2), run("cold", 4, 0.1), run("cold", 16, 0.15), run("hot", 4, 1e-6)];
    const { pending } = curveOf([coldStart()], runs);
    expect(pending!.pending).toBe(4);
    expect(pending!.compile_s).toBeCloseTo(0.603 / 2, 12);
  });

  it("gives a share above 1 where nothing pending was faster: what was seen, not what was hoped", () => {
    const { pending } = curveOf([coldStart()], [run("cold", 1, 0.2), run("cold", 16, 0.3)]);
    expect(pending!.compile_s).toBeCloseTo(0.603 * 1.5, 12);
    expect(curveOf([coldStart()], [run("cold", 16, 0.3)])).not.toHaveProperty("pending");
  });

  it("is what the published schema says, and is refused without a cold start", () => {
    const curve = curveOf(
      [coldStart(), coldStart({ launch: 1 }), coldStart({ pipelines: "disk-warm" })],
      [run("cold", 1, 1), run("cold", 4, 1)],
    );
    expect(warmUpCurveSchema.parse(curve)).toEqual(curve);
    expect(() => curveOf([coldStart({ pipelines: "disk-warm" })])).toThrowErrorMatchingInlineSnapshot(
      `[InputError: profile of Imagined GPU: expected a measurement of warm-up, got none. Measure with more time: npm run bench -- --budget 120]`,
    );
  });
});
