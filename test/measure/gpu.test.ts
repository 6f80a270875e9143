import { describe, expect, it } from "vitest";
import { describeAdapter } from "../../harness/measure/gpu.ts";

/** An adapter with this info, as `navigator.gpu` hands it out. */
const adapterWith = (info: object): GPUAdapter =>
  ({
    info: { vendor: "nvidia", isFallbackAdapter: false, ...info },
    features: new Set(["shader-f16"]),
    limits: {},
  }) as unknown as GPUAdapter;

describe("what is kept of an adapter", () => {
  it("has the sizes of its subgroups and its matrix units, as far as the browser tells them", () => {
    const units = new Set([{ M: 16, N: 8, K: 16, componentType: "f16", resultComponentType: "f32" }]);
    expect(describeAdapter(adapterWith({ subgroupMinSize: 32, subgroupMaxSize: 32, subgroupMatrixConfigs: units }))).toMatchObject({
      subgroup_sizes: { min: 32, max: 32 },
      matrix_units: [{ m: 16, n: 8, k: 16, component: "f16", result: "f32" }],
    });
  });

  it("says that they are unknown where the browser tells none", () => {
    expect(describeAdapter(adapterWith({}))).toMatchObject({ subgroup_sizes: null, matrix_units: null });
  });
});
