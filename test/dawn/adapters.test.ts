import { describe, expect, it } from "vitest";
import { listedOrNull, parseAdapterList, withWholeName } from "../../harness/dawn/child/adapters.ts";

const message = `no suitable backends found
Available adapters:
 * backend: 'vulkan', name: 'NVIDIA H100 80GB HBM3'
 * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)'`;
const listed = [
  { backend: "vulkan", name: "NVIDIA H100 80GB HBM3" },
  { backend: "vulkan", name: "llvmpipe (LLVM 15.0.6, 256 bits)" },
];

describe("Dawn's adapters", () => {
  it("are read from what it says where it is asked for one that is not there", () => {
    expect(parseAdapterList(message)).toEqual(listed);
    expect(parseAdapterList("no suitable backends found")).toEqual([]);
  });

  it.each([
    ["in any case", ["backend=vulkan", "adapter=h100"], ["backend=vulkan", "adapter=NVIDIA H100 80GB HBM3"]],
    ["whole", ["adapter=NVIDIA H100 80GB HBM3"], ["adapter=NVIDIA H100 80GB HBM3"]],
    ["of none: the default one then", ["adapter=MI300", "backend=vulkan"], ["backend=vulkan"]],
    ["not given", ["backend=vulkan"], ["backend=vulkan"]],
  ])("are asked for by part of a name %s", (_, options, expected) => expect(withWholeName(options, listed)).toEqual(expected));

  it("are known by the device that WebGPU names", () => {
    expect(listedOrNull({ device: "llvmpipe-llvm-15-0-6-256-bits-" }, listed)).toBe(listed[1]);
    expect(listedOrNull({ device: "another" }, listed)).toBeNull();
  });
});
