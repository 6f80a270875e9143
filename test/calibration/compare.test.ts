import { describe, expect, it } from "vitest";
import { compareDevices } from "../../src/calibration/compare.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { comparisonText } from "../../src/report/comparison-text.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import { measurementsOf, profileOf, truth, trueLayerSeconds } from "./synthetic.ts";

const model = builtInModel("tiny-llama");
const sizes = layerSizes(model);
const measurements = measurementsOf(truth, [sizes], [headLinear(model)]);
const own = profileOf(measurements);

describe("devices side by side", () => {
  it("stand with upload, warm-up and the speed of a composed step", () => {
    const { rows, caveats } = compareDevices(own, [], model);
    const batch = { prefill_tokens: 0, prefill_context: 0, decode_sequences: 8, decode_context: 512 };
    const step = 4 * trueLayerSeconds(truth, sizes, batch) + truth.linear(headLinear(model), 8) + truth.small.setup_s + truth.submit_s;
    expect(caveats).toEqual([]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ device: "Imagined GPU", dtype: "f32", isGpu: true });
    expect(rows[0]?.upload).toBeCloseTo((64 * 2 ** 20) / (truth.load.setup_s + (64 * 2 ** 20) / truth.load.bytes_per_s), 0);
    expect(rows[0]?.warmUp).toBeCloseTo(2.483, 6);
    expect(rows[0]?.decodeTokensPerSecond).toBeCloseTo(8 / step, 3);
  });

  it("say first what makes them incomparable", () => {
    const others = [
      profileOf(measurements, { condition: "native-like" }),
      profileOf(measurements, { runtime: "dawn", is_gpu: false }),
      profileOf(measurementsOf({ ...truth, dtype: "f16" }, [sizes], [headLinear(model)])),
    ];
    expect(compareDevices(own, others, model).caveats).toMatchInlineSnapshot(`
      [
        "Conditions differ: this device was measured web, others otherwise. Their times are not of the same browser settings.",
        "Runtimes differ: this device was measured in chrome, others otherwise.",
        "Element types differ: this device computes in f32, others otherwise.",
        "Software adapters are among the rows: they say nothing of any GPU.",
      ]
    `);
  });

  it("are printed with the caveat above the rows", () => {
    const broken = profileOf([], { device: "Empty" });
    const other = profileOf(measurements, { condition: "native-like", device: "Other GPU" });
    expect(comparisonText(compareDevices(own, [other, broken], model))).toMatchInlineSnapshot(`
      "This device beside kept profiles, speeds of tiny-llama
        Conditions differ: this device was measured web, others otherwise. Their times are not of the same browser
        settings.
        device        condition    type     upload  warm-up           prefill           decode
        Imagined GPU  web          f32   2.54 GB/s   2.48 s  144,000 tokens/s  12,000 tokens/s
        Other GPU     native-like  f32   2.54 GB/s   2.48 s  144,000 tokens/s  12,000 tokens/s
        Upload: the fastest first upload. Warm-up: process start to steady, weights not included. Prefill: one
        prompt of 512 tokens. Decode: 8 sequences of 512 tokens, together.
          - Left out: Empty: expected a measurement of dispatch and submit overhead, got none
      "
    `);
  });

  it("leave out by name a kept profile that lacks something, and keep the rest", () => {
    const broken = profileOf(
      measurements.filter(({ kind }) => kind !== "warm-up"),
      { device: "Half-measured GPU" },
    );
    const { rows, leftOut } = compareDevices(own, [broken, profileOf(measurements, { device: "Whole GPU" })], model);
    expect(rows.map(({ device }) => device)).toEqual(["Imagined GPU", "Whole GPU"]);
    expect(leftOut).toEqual([{ device: "Half-measured GPU", because: "expected a measurement of warm-up, got none" }]);
  });
});
