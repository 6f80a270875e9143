import type { Adapter } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import { now } from "./sampling/wall-clock.ts";

/** A device as asked for, and how long asking took: the first request of a page is part of its warm-up. */
export interface OpenGpu {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  readonly adapterTime: Seconds;
  readonly deviceTime: Seconds;
}

/** Used where the adapter has them. */
const FEATURES = ["timestamp-query", "shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"] as const;

/** Raised from the defaults (128 MiB a binding, 256 threads a workgroup) to what the adapter has. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** The fastest adapter with all it offers to kernels; null where the browser gives none. */
export const openGpuOrNull = async (gpu: GPU): Promise<OpenGpu | null> => {
  const asked = now();
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  const answered = now();
  if (adapter === null) return null;
  const device = await adapter.requestDevice({
    // Names of experiments are in no list of types.
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
  return { adapter, device, adapterTime: answered - asked, deviceTime: now() - answered };
};

/** Fields of GPUAdapterInfo that Chrome adds under its developer features. */
interface DeveloperInfo {
  readonly type?: string;
  readonly backend?: string;
  readonly driver?: string;
  readonly memoryHeaps?: readonly { readonly size: number; readonly properties: number }[];
  readonly subgroupMatrixConfigs?: Iterable<MatrixConfig>;
}

/** A kind of matrix that subgroups multiply, in Chrome's words. */
interface MatrixConfig {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly componentType: string;
  readonly resultComponentType: string;
}

/** The matrix units that an adapter or device says it has; null where it says nothing of them. */
export const matrixUnits = (info: GPUAdapterInfo): Adapter["matrix_units"] => {
  const { subgroupMatrixConfigs } = info as DeveloperInfo;
  if (subgroupMatrixConfigs === undefined) return null;
  return [...subgroupMatrixConfigs].map(({ M, N, K, componentType, resultComponentType }) => ({
    m: M,
    n: N,
    k: K,
    component: componentType,
    result: resultComponentType,
  }));
};

/** Dawn's GPUHeapProperty.DEVICE_LOCAL. */
const DEVICE_LOCAL = 1;

/** What the browser says of an adapter, word for word. */
export const describeAdapter = ({ info, features, limits }: GPUAdapter): Adapter => {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const { subgroupMinSize: min, subgroupMaxSize: max } = info as Partial<GPUAdapterInfo>; // older browsers tell no sizes
  const { type = "", backend = "", driver = "", memoryHeaps = [] } = info as DeveloperInfo;
  const limitValues: Record<string, number> = {};
  // Limits are getters of the prototype: only for…in reaches them all.
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") limitValues[name] = value;
  }
  return {
    vendor,
    architecture,
    device,
    description,
    is_fallback: isFallbackAdapter,
    type,
    backend,
    driver,
    memory_heaps: memoryHeaps.map(({ size, properties }) => ({ size_bytes: size, device_local: (properties & DEVICE_LOCAL) !== 0 })),
    subgroup_sizes: min === undefined || max === undefined ? null : { min, max },
    matrix_units: matrixUnits(info),
    features: [...features].sort(),
    limits: limitValues,
  };
};
