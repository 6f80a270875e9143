import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import type { DawnPackage } from "../../harness/dawn/child/adapters.ts";
import { variants } from "../../kernels/index.ts";
import { guarded } from "../../harness/measure/gpu-errors.ts";

/*
 * Dawn's null backend computes nothing and has every feature, so it compiles what no adapter of this machine would: f16, subgroups
 * and subgroup matrices. What it accepts is right in form; whether it computes what it should is for a device to say.
 */

const dawn = findDawnOrNull();

describe.skipIf(dawn === null)("the WGSL compiler with every feature there is", () => {
  let device: GPUDevice;
  beforeAll(async () => {
    const { create, globals } = (await import(dawn!.url)) as DawnPackage;
    Object.assign(globalThis, globals);
    const adapter = await create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]).requestAdapter();
    const features = ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"] as GPUFeatureName[];
    device = await adapter!.requestDevice({ requiredFeatures: features });
  });
  afterAll(() => device?.destroy());

  it.each(variants.map((variant) => [variant.id, variant] as const))("accepts %s", async (_, variant) => {
    const texts = new Map(
      variant.verificationShapes.flatMap((shape) =>
        variant.run(shape).dispatches.map(({ wgsl, entryPoint }) => [wgsl, entryPoint] as const),
      ),
    );
    for (const [code, entryPoint] of texts) {
      await guarded(device, () =>
        device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }), entryPoint } }),
      );
    }
    expect(texts.size).toBeGreaterThan(0);
  });

  it("refuses what is no WGSL", async () => {
    await expect(guarded(device, () => device.createShaderModule({ code: "fn main() { nonsense(); }" }))).rejects.toThrow(/nonsense/);
  });
});
