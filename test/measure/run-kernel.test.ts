import { describe, expect, it } from "vitest";
import { guarded } from "../../harness/measure/gpu-errors.ts";
import { prepare } from "../../harness/measure/run-kernel.ts";
import { verifyVariant } from "../../harness/measure/verify.ts";
import { variantById } from "../../kernels/index.ts";

/** As much of a device as is asked before anything is allocated: WebGPU's default limits, and the features named. */
const device = (features: readonly string[] = []): GPUDevice =>
  ({
    features: new Set(features),
    limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28, maxComputeWorkgroupsPerDimension: 65_535 },
  }) as unknown as GPUDevice;

/** A device whose scopes catch what is given, in the order WebGPU pops them. */
const deviceWith = (validation: string | null, memory: string | null): GPUDevice => {
  const scopes: string[] = [];
  const caught: Record<string, string | null> = { validation, "out-of-memory": memory };
  return {
    pushErrorScope: (filter: string) => scopes.push(filter),
    popErrorScope: () => {
      const text = caught[scopes.pop() ?? ""] ?? null;
      return Promise.resolve(text === null ? null : { message: text });
    },
  } as unknown as GPUDevice;
};

describe("before anything is allocated", () => {
  it("a buffer beyond the device's limit is named with both sizes", async () => {
    const run = variantById("matmul/tiled-64x64x16-4x4-f32").run({ m: 1, n: 128_256, k: 4096 });
    await expect(prepare(device(), run, { seed: 1, keepInputs: false })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[LimitExceeded: buffer w needs 2101346304 bytes, and this device allows 134217728]`,
    );
  });

  it("so is a dispatch with too many workgroups", async () => {
    const run = variantById("attention-decode/direct-f32").run({ heads: 1, kv_heads: 1, head_dim: 4, sequences: 65_536, context: 1 });
    await expect(prepare(device(), run, { seed: 1, keepInputs: false })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[LimitExceeded: dispatch attention decode needs 65536 workgroups in one dimension, and this device allows 65535]`,
    );
  });

  it("a variant whose feature the device lacks is unverified, and says which", async () => {
    expect(await verifyVariant(device(["subgroups"]), variantById("matmul/matvec-subgroup-4x64-f16"))).toEqual({
      kind: "unverified",
      variant: "matmul/matvec-subgroup-4x64-f16",
      because: "this device has no shader-f16",
    });
  });

  it.each([
    [
      "of another size",
      [{ M: 8, N: 8, K: 8, componentType: "f16", resultComponentType: "f32" }],
      32,
      "16×16×16 matrix unit of f16 with f32 sums",
    ],
    [
      "with other sums",
      [{ M: 16, N: 16, K: 16, componentType: "f16", resultComponentType: "f16" }],
      32,
      "16×16×16 matrix unit of f16 with f32 sums",
    ],
    [
      "in subgroups of another size",
      [{ M: 16, N: 16, K: 16, componentType: "f16", resultComponentType: "f32" }],
      64,
      "subgroups of just 32",
    ],
    ["nowhere", undefined, 32, "16×16×16 matrix unit of f16 with f32 sums"],
  ])("a variant for matrix units that are %s is unverified, and says which", async (_, configs, subgroup, missing) => {
    const features = ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"];
    const adapterInfo = {
      subgroupMinSize: subgroup,
      subgroupMaxSize: subgroup,
      ...(configs === undefined ? {} : { subgroupMatrixConfigs: configs }),
    };
    const withUnits = Object.assign(device(features), { adapterInfo }) as unknown as GPUDevice;
    const variant = "matmul/matrix-64x64x32-32x32-f16";
    const because = `this device has no ${missing}`;
    expect(await verifyVariant(withUnits, variantById(variant))).toEqual({ kind: "unverified", variant, because });
    // Dawn in Node: only the adapter tells.
    const withoutInfo = Object.assign(device(features), { adapterInfo: {} }) as unknown as GPUDevice;
    expect(await verifyVariant(withoutInfo, variantById(variant), adapterInfo as unknown as GPUAdapterInfo)).toMatchObject({ because });
  });
});

describe("error scopes", () => {
  it("hand through what the work gives where nothing went wrong", async () => {
    expect(await guarded(deviceWith(null, null), () => 42)).toBe(42);
  });

  it.each([
    ["a refused call", "bad layout", null, "ValidationFailed: bad layout"],
    ["no memory", null, "no room", "OutOfMemory: no room"],
    ["no memory, and calls refused because of it", "invalid buffer", "no room", "OutOfMemory: no room"],
  ])("turn %s into a typed error", async (_, validation, memory, message) => {
    await expect(guarded(deviceWith(validation, memory), () => 42).catch(String)).resolves.toBe(message);
  });

  it("are popped even where the work throws", async () => {
    const failing = guarded(deviceWith(null, null), () => {
      throw new RangeError("no such buffer");
    });
    await expect(failing).rejects.toThrow("no such buffer");
  });
});
