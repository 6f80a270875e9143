import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrate } from "../../src/calibration/calibrate.ts";
import { kvBlocks, largestBuiltInThatFits } from "../../src/calibration/kv-blocks.ts";
import { deviceMemory } from "../../src/calibration/memory.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { messageOf } from "../message-of.ts";
import { runs } from "../runs.ts";
import { measurementsOf, profileOf, truth } from "./synthetic.ts";

const model = builtInModel("Llama-3.1-8B");
const settings = replicaSchema.parse({});
const half = profileOf(measurementsOf({ ...truth, dtype: "f16" }, [layerSizes(model)], [headLinear(model)]));
const withMemory = (memory: number) => calibrate(half, model, { profileHash: "", memory });

describe("KV blocks", () => {
  it("are what memory leaves beside weights and activations, in whole blocks", () => {
    const { numGpuBlocks, usableBytes, weightBytes, activationBytes, kvBytes } = kvBlocks(withMemory(80e9), model, settings);
    expect(usableBytes).toBe(72e9);
    expect(weightBytes).toBe(2 * 8_030_261_248);
    expect(kvBytes).toBe(usableBytes - weightBytes - activationBytes);
    // 16 tokens of 131,072 bytes.
    expect(numGpuBlocks).toBe(Math.floor(kvBytes / 2_097_152));
  });

  it("grow with memory and never take more of it than there is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 24e9, max: 200e9 }), fc.integer({ min: 0, max: 50e9 }), (bytes, more) => {
        const few = kvBlocks(withMemory(bytes), model, settings);
        const many = kvBlocks(withMemory(bytes + more), model, settings);
        expect(many.numGpuBlocks).toBeGreaterThanOrEqual(few.numGpuBlocks);
        expect(few.weightBytes + few.activationBytes + few.numGpuBlocks * 2_097_152).toBeLessThanOrEqual(few.usableBytes);
      }),
      runs(50),
    );
  });

  it("are refused where the model does not fit: by how much, and what would", () => {
    expect(() => kvBlocks(withMemory(16e9), model, settings)).toThrowErrorMatchingInlineSnapshot(
      `[InputError: Llama-3.1-8B on Imagined GPU: needs 15.40 GiB for weights (14.96 GiB in f16), activations and two KV blocks, and may use 13.41 GiB (0.9 of 14.90 GiB): 1.99 GiB short. Of the built-in models tiny-llama and Llama-3.2-1B would fit (--model, or model in the scenario); or take a device with at least 17.11 GiB.]`,
    );
  });
});

describe("a refusal", () => {
  it("on a software adapter names the made-up device of a clone, for the model that it is of", () => {
    const refusal = (of: string): string =>
      messageOf(() => kvBlocks({ ...withMemory(1e9), is_gpu: false, model: of }, builtInModel(of), settings));
    expect(refusal("Llama-3.1-8B")).toContain("--device bench/reference-model.json");
    expect(refusal("Llama-3.1-70B")).not.toContain("--device");
  });

  it("names no model where none fits", () => {
    const device = withMemory(1e6);
    expect(messageOf(() => kvBlocks(device, model, settings))).toMatch(/short\. A device with at least [\d.]+ GiB would do\.$/u);
  });
});

describe("the model of the default question", () => {
  it.each([
    [8e9, "Llama-3.2-1B"],
    [23e9, "Qwen2.5-7B"],
    [24e9, "Llama-3.1-8B"],
    [141e9, "Llama-3.1-8B"],
    [192e9, "Llama-3.1-70B"],
    [1e9, "tiny-llama"],
  ])("on a GPU of %i bytes that computes in f16 is %s", (memory, name) => {
    expect(largestBuiltInThatFits(half, settings, memory).name).toBe(name);
  });

  it("on a software adapter is the smallest, whatever the machine's memory", () => {
    expect(largestBuiltInThatFits({ ...half, is_gpu: false }, settings, 1e12).name).toBe("tiny-llama");
  });
});

describe("device memory", () => {
  const { environment } = half;
  const heap = (size_bytes: number, device_local: boolean) => ({ size_bytes, device_local });
  const without = (changes: Partial<Profile["environment"]>, isGpu = true): Profile => ({
    ...half,
    is_gpu: isGpu,
    environment: { ...environment, ...changes },
  });
  const native = { tool: "nvidia-smi", name: "GPU", driver: "1", memory_bytes: 141e9 };
  const adapter = { ...environment.adapter, memory_heaps: [heap(64e9, false), heap(24e9, true), heap(256e6, true)] };

  it.each([
    ["as given, above all", without({ native }), 5e9, { bytes: 5e9, origin: "given", source: "--memory" }],
    ["as the system's tool states it", without({ native, adapter }), undefined, { bytes: 141e9, origin: "measured", source: "nvidia-smi" }],
    [
      "the largest device-local heap where the tool is silent",
      without({ native: { ...native, memory_bytes: null }, adapter }),
      undefined,
      { bytes: 24e9, origin: "measured", source: "the adapter's largest device-local heap" },
    ],
    [
      "half the machine's on a software adapter, heaps or not",
      without({ adapter }, false),
      undefined,
      { bytes: 16e9, origin: "assumed", source: "50 % of the machine's memory, since the adapter is software" },
    ],
  ])("is %s", (_, profile, given, expected) => {
    expect(deviceMemory(profile, given)).toEqual(expected);
  });

  it("is asked for where nothing says", () => {
    expect(() => deviceMemory(without({ adapter: { ...adapter, memory_heaps: [heap(64e9, false)] } }))).toThrowErrorMatchingInlineSnapshot(
      `[InputError: profile of Imagined GPU: expected the GPU's memory from nvidia-smi, system_profiler or the adapter's heaps, got none. Give it: ballast calibrate --memory 24GiB]`,
    );
  });
});
