import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadCurve, loadSeconds } from "../../src/calibration/load.ts";
import type { Measurement } from "../../src/profile/schema.ts";
import { runs } from "../runs.ts";
import { profileOf } from "./synthetic.ts";

const MiB = 2 ** 20;
const upload = (method: "writeBuffer" | "staging-ring", mebibytes: number, first_s: number, chunk = 4): Measurement => ({
  kind: "upload",
  id: `${method} ${mebibytes} ${chunk}`,
  method,
  bytes: mebibytes * MiB,
  chunk_bytes: chunk * MiB,
  into_bytes: mebibytes * MiB,
  first_s: [first_s],
  repeated_s: [first_s / 10],
  ...ONE_PROCESS,
  verified: true,
});
const line = (setup: number, bytesPerSecond: number) => (mebibytes: number) => setup + (mebibytes * MiB) / bytesPerSecond;
const sizes = [1, 4, 16, 64];

describe("the load curve", () => {
  it("recovers set-up and bandwidth from first uploads, and predicts each size from the others", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 0.1, noNaN: true }), fc.double({ min: 1e8, max: 5e10, noNaN: true }), (setup, bandwidth) => {
        const { curve } = loadCurve(profileOf(sizes.map((size) => upload("writeBuffer", size, line(setup, bandwidth)(size)))));
        expect(Math.abs(curve.bandwidth_bytes_per_s / bandwidth - 1)).toBeLessThan(1e-6);
        expect(Math.abs(loadSeconds(curve, 16e9) / (setup + 16e9 / bandwidth) - 1)).toBeLessThan(1e-6);
        expect(curve.error).toMatchObject({ kind: "checked", median_abs: expect.closeTo(0, 6), p90_abs: expect.closeTo(0, 6) });
      }),
      runs(50),
    );
  });

  it("is that of the fastest method at the largest size, by name", () => {
    const slowToStart = line(0.05, 8e9);
    const slowToCopy = line(0.001, 1e9);
    const both = sizes.flatMap((size) => [
      upload("staging-ring", size, slowToStart(size), 16),
      upload("writeBuffer", size, slowToCopy(size)),
    ]);
    expect(loadCurve(profileOf(both)).curve).toMatchObject({ method: "staging-ring, chunks of 16 MiB", valid_bytes: [MiB, 64 * MiB] });
  });

  it("is not that of a method tried with small sizes only, however fast it looked", () => {
    const { curve } = loadCurve(profileOf([upload("staging-ring", 1, 1e-6), upload("writeBuffer", 64, 0.1)]));
    expect(curve.method).toBe("writeBuffer, chunks of 4 MiB");
  });

  it("is that of a way with a line through several sizes, and names the faster one that has none", () => {
    const { curve, notes } = loadCurve(
      profileOf([...sizes.map((size) => upload("writeBuffer", size, line(0, 1e9)(size))), upload("staging-ring", 64, line(0, 2e9)(64))]),
    );
    expect(curve.method).toBe("writeBuffer, chunks of 4 MiB");
    expect(notes).toMatchInlineSnapshot(`
      [
        "Faster than the load curve at 64 MiB, but measured at that size only: staging-ring, chunks of 4 MiB (2.00 GB/s against 1.00 GB/s).",
      ]
    `);
  });

  it("is that of the only size where no way has more", () => {
    const { curve, notes } = loadCurve(profileOf([upload("writeBuffer", 64, 0.2), upload("staging-ring", 64, 0.1)]));
    expect(curve).toMatchObject({ method: "staging-ring, chunks of 4 MiB", setup_s: 0, valid_bytes: [64 * MiB, 64 * MiB] });
    expect(notes).toEqual([]);
  });

  it("is fitted to medians: one upload that was held up moves neither the curve nor its error", () => {
    const steady = line(0.002, 1e9);
    const uploads = sizes.map((size) => {
      const seconds = steady(size);
      return { ...upload("writeBuffer", size, seconds), first_s: [20 * seconds, seconds, seconds, seconds, seconds] };
    });
    const { curve } = loadCurve(profileOf(uploads));
    expect(curve.bandwidth_bytes_per_s / 1e9).toBeCloseTo(1, 6);
    expect(curve.error).toMatchObject({ kind: "checked", p90_abs: expect.closeTo(0, 6) });
  });

  it("leaves out of the fit what is shorter than four round trips to the GPU, and says so", () => {
    const clock: Measurement = {
      kind: "clock",
      id: "clock",
      timestamp_tick_s: null,
      performance_now_step_s: 5e-6,
      empty_submit_s: [1e-4],
      small_submit_s: [0.0025],
    };
    // Completion is polled: what takes less than a step takes one.
    const polled = (size: number) => Math.max(0.0024, line(0, 1e9)(size));
    const { curve, notes } = loadCurve(profileOf([clock, ...sizes.map((size) => upload("writeBuffer", size, polled(size)))]));
    expect(curve).toMatchObject({ valid_bytes: [16 * MiB, 64 * MiB], bandwidth_bytes_per_s: expect.closeTo(1e9, -3) });
    expect(notes).toMatchInlineSnapshot(`
      [
        "Load curve: uploads of 1 MiB, 4 MiB took less than 4 round trips to the GPU, so they are not part of the fit.",
      ]
    `);
  });

  it("is the best way's, though uploads into a few buffers again and again were faster", () => {
    const again = { ...upload("staging-ring", 64, 1e-3), into_bytes: MiB };
    const { curve } = loadCurve(profileOf([again, ...sizes.map((size) => upload("writeBuffer", size, line(0, 1e9)(size)))]));
    expect(curve.method).toBe("writeBuffer, chunks of 4 MiB");
  });

  it("says that it begins in memory, and what a file on disk reaches: no more than its slowest part", () => {
    const pipeline = (disk_s: number[] | null): Measurement => ({
      kind: "load-pipeline",
      id: "load-pipeline",
      method: "writeBuffer",
      chunk_bytes: 4 * MiB,
      bytes: 64 * MiB,
      storage: "disk",
      disk_s,
      page_cache_s: [0.01],
      transfer_s: [0.1],
      upload_s: [0.05],
      pipelined: [{ total_s: 0.12, waiting_for_file_s: 0.08, handing_over_s: 0.02, waiting_for_gpu_s: 0.01 }],
      ...ONE_PROCESS,
      verified: true,
    });
    const uploads = sizes.map((size) => upload("writeBuffer", size, line(0, 1e9)(size)));
    const of = (disk_s: number[] | null) => loadCurve(profileOf([...uploads, pipeline(disk_s)]));
    expect(of(null).curve.pipeline).toMatchObject({
      bandwidth_bytes_per_s: (64 * MiB) / 0.12,
      disk_bytes_per_s: null,
      slowest: "transfer",
    });
    expect(of([0.05]).curve.pipeline).toMatchObject({ bandwidth_bytes_per_s: (64 * MiB) / 0.12, slowest: "transfer" });
    expect(of([0.5]).curve.pipeline).toMatchObject({ bandwidth_bytes_per_s: (64 * MiB) / 0.5, slowest: "disk" });
    expect(of([0.5]).notes).toEqual([
      "Load curve: weights come from the host's memory. From a file on disk they would come at 0.134 GB/s, with disk as the slowest stage.",
    ]);
    expect(loadCurve(profileOf(uploads)).curve.pipeline).toBeNull();
  });

  it("is not checked where there are too few sizes to leave one out", () => {
    const { curve } = loadCurve(profileOf([upload("writeBuffer", 1, 0.01), upload("writeBuffer", 64, 0.1)]));
    expect(curve.error).toEqual({
      kind: "not-checked",
      because: "fewer than three sizes were measured, so none can be left out",
    });
  });

  it("takes the largest upload's own bandwidth where times do not rise with size", () => {
    const { curve } = loadCurve(profileOf([upload("writeBuffer", 1, 0.2), upload("writeBuffer", 4, 0.1), upload("writeBuffer", 16, 0.05)]));
    expect(curve).toMatchObject({ setup_s: 0, bandwidth_bytes_per_s: expect.closeTo((16 * MiB) / 0.05, 0) });
  });

  it("shows its error: one upload at half the speed is far off what the others predict", () => {
    const uploads = sizes.map((size) => upload("writeBuffer", size, line(0, 1e9)(size) * (size === 64 ? 2 : 1)));
    const { error } = loadCurve(profileOf(uploads)).curve;
    expect(error.kind === "checked" && error.points.find(({ id }) => id.includes(" 64 "))).toMatchObject({
      predicted_s: expect.closeTo((64 * MiB) / 1e9, 6),
      measured_s: expect.closeTo((128 * MiB) / 1e9, 6),
    });
  });
});
