import type { SeenAdapter } from "../../harness/driver/guard.ts";
import type { NativeGpu } from "../../harness/driver/machine/system-gpu.ts";
import type { Adapter } from "../../src/profile/schema.ts";

/** An adapter as the browser describes it, from what matters to a test. */
export const adapter = (fields: Partial<Adapter>): Adapter => ({
  vendor: "",
  architecture: "",
  device: "",
  description: "",
  is_fallback: false,
  type: "discrete GPU",
  backend: "vulkan",
  driver: "",
  memory_heaps: [],
  subgroup_sizes: null,
  matrix_units: null,
  features: [],
  limits: {},
  ...fields,
});

export const seen = (fields: Partial<Adapter>, systemGpus: SeenAdapter["systemGpus"] = []): SeenAdapter => ({
  adapter: adapter(fields),
  systemGpus,
});

export const h200 = seen({ vendor: "nvidia", architecture: "hopper", device: "0x2335", description: "NVIDIA H200" });
export const intel = seen({
  vendor: "intel",
  architecture: "gen-12lp",
  type: "integrated GPU",
  description: "Intel(R) Iris(R) Xe Graphics",
});
export const m2 = seen({ vendor: "apple", architecture: "metal-3", type: "integrated GPU", backend: "metal" });
export const swiftShader = seen({
  vendor: "google",
  architecture: "swiftshader",
  device: "0xc0de",
  description: "SwiftShader Device (Subzero)",
  is_fallback: true,
  type: "CPU",
});
export const lavapipe = seen({ vendor: "mesa", architecture: "software", description: "llvmpipe (LLVM 15.0.6, 256 bits)", type: "CPU" });

export const nativeH200: NativeGpu = {
  tool: "nvidia-smi",
  name: "NVIDIA H200",
  driver: "570.86.15",
  memoryBytes: 143771 * 2 ** 20,
  uuid: "GPU-5f3a",
};
export const nativeM2: NativeGpu = { tool: "system_profiler", name: "Apple M2", driver: "", memoryBytes: null, uuid: null };
