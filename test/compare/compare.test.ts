import { describe, expect, it } from "vitest";
import { calibrate } from "../../src/calibration/calibrate.ts";
import { decodeWork, stepSeconds } from "../../src/calibration/step-seconds.ts";
import { besideEachOther, compareDevices, type Participant } from "../../src/compare/compare.ts";
import { comparisonSchema, type Figure } from "../../src/compare/schema.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes, weightBytes } from "../../src/model/shapes.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";

const model = builtInModel("tiny-llama");
const sizes = layerSizes(model);
const measurements = measurementsOf(truth, [sizes], [headLinear(model)]);
const slower = measurementsOf({ ...truth, linear: (layer, tokens) => 2 * truth.linear(layer, tokens) }, [sizes], [headLinear(model)]);
const own = profileOf(measurements);

const participants = (...profiles: Profile[]): Participant[] =>
  profiles.map((profile, i) => ({ source: `${i}.json`, profile, hash: `hash ${i}` }));
const beside = (...profiles: Profile[]) => besideEachOther(participants(...profiles), { model, isSimulated: false }).comparison;
const valuesOf = (figures: readonly Figure[], name: string): (number | string)[] =>
  figures.find((figure) => figure.name === name)?.values.map((value) => (value.kind === "known" ? value.value : value.because)) ?? [];

describe("the figures of devices side by side", () => {
  const { figures, devices } = beside(own, profileOf(slower, { device: "Slow GPU" }));

  it("have one value a device, in their order, labelled from A", () => {
    expect(devices.map(({ label, device }) => `${label} ${device}`)).toEqual(["A Imagined GPU", "B Slow GPU"]);
    expect(figures.every(({ values }) => values.length === 2)).toBe(true);
  });

  it("are tokens/s of the calibrated step curve: half as fast a linear layer makes them fewer", () => {
    const { step } = calibrate(own, model, { profileHash: "" });
    for (const batch of [1, 8, 32]) {
      const [fast, slow] = valuesOf(figures, `decode at batch ${batch}`).map(Number);
      expect(fast).toBeCloseTo(batch / stepSeconds(step, decodeWork(batch, 512)), 9);
      expect(slow).toBeLessThan(fast!);
    }
  });

  it("are the time to load the model's weights, and the rate of a kernel", () => {
    const bytes = weightBytes(model, "f32");
    expect(Number(valuesOf(figures, "model load")[0])).toBeCloseTo(truth.load.setup_s + bytes / truth.load.bytes_per_s, 6);
    expect(Number(valuesOf(figures, "memory copy")[0])).toBeCloseTo(1 / truth.small.s_per_byte, -6);
  });

  it("leave out what no device has, and say why one of them has none", () => {
    const { figures } = beside(own, profileOf(measurements.filter(({ kind }) => kind !== "upload")));
    expect(figures.map(({ name }) => name)).not.toContain("best matmul f16");
    expect(valuesOf(figures, "best upload")[1]).toBe("expected a measurement of uploads, got none");
    expect(valuesOf(figures, "warm-up").map((value) => typeof value)).toEqual(["number", "number"]);
  });
});

describe("requests/s of one device", () => {
  it("are asked of all with the same requests and objectives: the slower device sustains fewer", () => {
    const { comparison } = compareDevices(participants(own, profileOf(slower)), { model, threshold: null, isSimulated: true });
    const [fast, slow] = valuesOf(comparison.figures, "requests sustained").map(Number);
    expect(fast).toBeGreaterThan(slow!);
    expect(slow).toBeGreaterThan(0);
    expect(comparison.scenario).toMatchInlineSnapshot(
      `"Chat with the prompt and output lengths of Azure's 2023 conversation trace, as a steady Poisson stream on one replica of tiny-llama with vLLM's default settings; TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms. The same requests, objectives and seed for all; the rate is the highest found to meet them, to within 3.0 %."`,
    );
  });

  it("are of an eighth of the lengths for all, where one is a software adapter", () => {
    const { comparison } = compareDevices(participants(own, profileOf(slower, { is_gpu: false })), {
      model,
      threshold: null,
      isSimulated: true,
    });
    expect(comparison.scenario).toContain("each times 1/8 for all since one is not a GPU");
  });
});

describe("what a reader must know before", () => {
  it("is nothing between two runs of one device", () => {
    expect(beside(own, own).caveats).toEqual([]);
  });

  it("is said in order: condition and runtime first", () => {
    const others = [
      profileOf(measurements, { condition: "native-like" }),
      profileOf(measurements, { runtime: "dawn", is_gpu: false }),
      profileOf(measurementsOf({ ...truth, dtype: "f16" }, [sizes], [headLinear(model)]), { is_quick: true }),
      profileOf(
        measurements.map((measurement) => (measurement.kind === "kernel" ? { ...measurement, version: 2 } : measurement)),
        { environment: { ...own.environment, browser: "Chrome/157.0", other_gpu_processes: ["a game"] } },
      ),
    ];
    expect(beside(own, ...others).caveats).toMatchInlineSnapshot(`
      [
        "Conditions differ: A, C, D and E: web; B: native-like. Their times are of different browser settings, so no ratio below speaks of the devices alone.",
        "Runtimes differ: A, B, D and E: chrome; C: dawn. Their times are of different programs around the same kernels.",
        "C is not a GPU: the numbers there say nothing of any GPU.",
        "Element types differ: A, B, C and E: f32; D: f16. Loads, steps and requests are each in the device's own.",
        "Browser versions differ: A, B, C and D: Chrome/156.0; E: Chrome/157.0. A difference may be the browser's.",
        "Kernels differ in their version: matmul/a-f32, attention-prefill/a-f32, attention-decode/a-f32, rms-norm/a-f32, residual-norm/a-f32, swiglu/a-f32, residual-add/a-f32, rotary/a-f32, engine-step/a-f32, greedy-head/a-f32 and copy/vec4. A difference there may be the kernel's.",
        "D: a quick run, with coarse curves and few samples.",
        "E: other programs used the GPU when the run began.",
      ]
    `);
  });

  it("is that none is a GPU, where none is", () => {
    const software = profileOf(measurements, { is_gpu: false });
    expect(beside(software, software).caveats).toEqual([
      "No device here is a GPU. These numbers check the pipeline and say nothing of any GPU.",
    ]);
  });
});

describe("a comparison", () => {
  it("holds every other device against the first, and is what its schema says", () => {
    const options = { model, threshold: 0.03, isSimulated: false };
    const { comparison, deviceModels } = compareDevices(participants(own, profileOf(slower), profileOf([])), options);
    expect(comparison.pairs.map(({ base, other, threshold }) => [base, other, threshold])).toEqual([
      ["A", "B", 0.03],
      ["A", "C", 0.03],
    ]);
    expect(deviceModels.map((deviceModel) => deviceModel !== null)).toEqual([true, true, false]);
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  });
});
