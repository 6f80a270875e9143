import { describe, expect, it } from "vitest";
import { isAskedFor, isOfAnotherVendor, refusal, verdictOf, type SeenAdapter } from "../../harness/driver/guard.ts";
import { isSoftware } from "../../src/profile/software-adapter.ts";
import type { NativeGpu } from "../../harness/driver/machine/system-gpu.ts";
import { h200, intel, lavapipe, m2, nativeH200, nativeM2, seen, swiftShader } from "./adapters.ts";

describe("what counts as software", () => {
  it.each<[string, SeenAdapter, boolean]>([
    ["SwiftShader", swiftShader, true],
    ["Mesa's software driver", lavapipe, true],
    ["a fallback with a GPU's name", seen({ vendor: "nvidia", is_fallback: true }), true],
    ["a CPU that hides its name", seen({ type: "CPU" }), true],
    ["Windows' software adapter", seen({ vendor: "microsoft", description: "Microsoft Basic Render Driver" }), true],
    ["an H200", h200, false],
    ["Apple's GPU, which hides its name", m2, false],
    ["an adapter that hides everything", seen({ type: "" }), false],
  ])("%s", (_, { adapter }, expected) => {
    expect(isSoftware(adapter)).toBe(expected);
  });
});

describe("--gpu NAME", () => {
  it.each<[string, string, SeenAdapter, readonly NativeGpu[], boolean]>([
    ["part of the adapter's name, in any case", "h200", h200, [], true],
    ["the vendor", "nvidia", h200, [], true],
    ["the native name of an adapter that hides it", "M2", m2, [nativeM2], true],
    [
      "the name in the browser's own information",
      "RTX 4050",
      seen({ vendor: "nvidia" }, [gpu(0x10de, "NVIDIA GeForce RTX 4050")]),
      [],
      true,
    ],
    ["another GPU", "h200", intel, [nativeH200], false],
    ["software that was named after it", "google", swiftShader, [], false],
  ])("matches %s", (_, asked, adapter, natives, expected) => {
    expect(isAskedFor(asked, adapter, natives)).toBe(expected);
  });

  function gpu(vendorId: number, device: string) {
    return { vendorId, deviceId: 1, vendor: "", device, driver: "" };
  }
});

describe("the guard fails closed", () => {
  it("where a GPU was asked for and only software was found", () => {
    expect(refusal("H200", [swiftShader], [])?.message).toMatchInlineSnapshot(
      `"--gpu: expected a GPU whose name contains "H200", WebGPU gave only google swiftshader, SwiftShader Device (Subzero) (software). On Linux the driver's Vulkan part is missing most often (an ICD file under /usr/share/vulkan/icd.d; in a container, the \`graphics\` driver capability): \`npm run doctor\` lists what is there. Repair that, or leave --gpu out."`,
    );
  });

  it("where a GPU was asked for and no adapter was given", () => {
    expect(refusal("H200", [], [])?.message).toMatchInlineSnapshot(
      `"--gpu: expected a GPU whose name contains "H200", WebGPU gave no adapter at all. On Linux the driver's Vulkan part is missing most often (an ICD file under /usr/share/vulkan/icd.d; in a container, the \`graphics\` driver capability): \`npm run doctor\` lists what is there. Repair that, or leave --gpu out."`,
    );
  });

  it("where nothing was asked for, and the system lists a GPU that the browser does not reach", () => {
    expect(refusal(null, [swiftShader], [nativeH200])?.message).toMatchInlineSnapshot(
      `"gpu: nvidia-smi lists NVIDIA H200, and WebGPU gave only google swiftshader, SwiftShader Device (Subzero) (software). On Linux the driver's Vulkan part is missing most often (an ICD file under /usr/share/vulkan/icd.d; in a container, the \`graphics\` driver capability): \`npm run doctor\` lists what is there. Repair that, name another GPU with --gpu NAME, or check the pipeline without a GPU with --software."`,
    );
  });

  it("but lets software through where nothing was asked for and the system lists no GPU", () => {
    expect(refusal(null, [swiftShader], [])).toBeNull();
  });

  it.each<[string, SeenAdapter, readonly NativeGpu[], boolean]>([
    ["the integrated GPU of a laptop whose NVIDIA GPU is listed", intel, [nativeH200], true],
    ["the GPU that is listed", h200, [nativeH200], false],
    ["any GPU where no tool lists one", intel, [], false],
    ["any GPU where a listed name does not tell its vendor", intel, [{ ...nativeM2, name: "Display" }], false],
  ])("%s counts as another: %#", (_, { adapter }, natives, expected) => {
    expect(isOfAnotherVendor(adapter, natives)).toBe(expected);
  });
});

describe("the verdict", () => {
  it.each<[string, SeenAdapter, readonly NativeGpu[], string, boolean]>([
    ["a GPU by its native name", h200, [nativeH200], "NVIDIA H200", true],
    ["Apple's GPU by its native name", m2, [nativeM2], "Apple M2", true],
    ["a GPU by the browser's name where no tool is", intel, [], "Intel(R) Iris(R) Xe Graphics", true],
    ["a GPU that hides its name by what it shows", m2, [], "apple metal-3", true],
    ["SwiftShader as software", swiftShader, [], "SwiftShader (software)", false],
    ["SwiftShader as software beside a GPU, when it is forced", swiftShader, [nativeH200], "SwiftShader (software)", false],
    ["Mesa's software driver as software", lavapipe, [], "llvmpipe (software)", false],
  ])("names %s", (_, adapter, natives, device, isGpu) => {
    expect(verdictOf(adapter, natives, "linux")).toMatchObject({ device, isGpu });
  });

  it("takes one of several GPUs for the native one only by name, or where all are of one kind", () => {
    const two = [nativeH200, { ...nativeH200, name: "NVIDIA L4" }];
    expect(verdictOf(h200, two, "linux").native?.name).toBe("NVIDIA H200");
    const nameless = seen({ vendor: "nvidia" });
    expect(verdictOf(nameless, [nativeH200, nativeH200], "linux").native?.name).toBe("NVIDIA H200");
    expect(verdictOf(nameless, two, "linux")).toMatchObject({ native: null, notes: [expect.stringContaining("could not be matched")] });
  });

  it("notes a GPU that Linux reaches through OpenGL", () => {
    expect(verdictOf(seen({ vendor: "intel", backend: "opengles" }), [], "linux").notes).toMatchInlineSnapshot(`
      [
        "WebGPU reached the GPU through opengles, not Vulkan: expect it to be slower than it could be.",
      ]
    `);
  });

  it("notes an adapter whose vendor the browser's own information does not list", () => {
    const adapter = seen({ vendor: "nvidia" }, [{ vendorId: 0x8086, deviceId: 1, vendor: "Intel", device: "Iris", driver: "" }]);
    expect(verdictOf(adapter, [], "linux").notes).toMatchInlineSnapshot(`
      [
        "The browser's own system information lists no GPU of nvidia.",
      ]
    `);
  });
});
