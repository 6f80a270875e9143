import { median } from "simple-statistics";
import { variantsOf } from "../../kernels/index.ts";
import type { KernelVariant, Shape } from "../../kernels/kernel.ts";
import { passedVariants } from "./choose.ts";
import type { Findings, TimedJob } from "./jobs.ts";
import type { Cache } from "./measurements/timing.ts";
import type { DeviceKind } from "./settled.ts";
import { groupBy } from "../stats/group-by.ts";
import { isRoofFamily } from "./roofline.ts";
import { kernelJob } from "./timed-jobs.ts";
import type { RoofSizes } from "./workload.ts";

/**
 * The variants that a quick run takes for each roof: those likeliest to be the best on a GPU, several where it is not plain which, since a
 * kernel that beats a poor roof ends the run; on a software adapter those that are.
 */
const STARTING = {
  gpu: [
    "copy/vec4",
    "read/vec4x4",
    "read/vec4x8",
    "read/vec4x16",
    "multiply-add/vec4x4-t64-f32",
    "multiply-add/vec4x8-t256-f32",
    "multiply-add/vec4x4-t64-f16",
    "multiply-add/vec4x8-t256-f16",
    "matrix-multiply-add/4x2-f16",
    "matrix-multiply-add/4x4-f16",
  ],
  software: ["copy/vec4x8", "read/vec4x16", "multiply-add/scalarx32-t256-f32"],
} as const;

interface RoofFamily {
  readonly family: string;
  readonly cache: Cache;
  readonly shapes: readonly Shape[];
}

/** Memory is found cold, where kernels find their weights; arithmetic needs none. */
const families = ({ copied, read, multiplyAdd, matrix }: RoofSizes): readonly RoofFamily[] => [
  { family: "copy", cache: "cold", shapes: copied.map((length) => ({ length })) },
  { family: "read", cache: "cold", shapes: read.map((length) => ({ length })) },
  { family: "multiply-add", cache: "hot", shapes: multiplyAdd.map((shape) => ({ ...shape })) },
  { family: "matrix-multiply-add", cache: "hot", shapes: matrix.map((shape) => ({ ...shape })) },
];

const canRun = ({ needs }: KernelVariant, { adapter }: DeviceKind): boolean => needs.every((feature) => adapter.features.includes(feature));

/** The variants that a quick run finds the device's roofs with, of those that it has the features for. */
export const startingRoofs = (device: DeviceKind): string[] => {
  const starting: readonly string[] = STARTING[device.isGpu ? "gpu" : "software"];
  return ["copy", "read", "multiply-add", "matrix-multiply-add"]
    .flatMap((family) => variantsOf(family))
    .flatMap((variant) => (starting.includes(variant.id) && canRun(variant, device) ? [variant.id] : []));
};

/**
 * The jobs that find the device's roofs: every variant that is right here, at every size, since which one is fastest is not known before; in a
 * quick run a few variants for each roof, at the largest size.
 */
export const roofJobs = (device: DeviceKind, sizes: RoofSizes, found: Findings): TimedJob[] => {
  const starting = startingRoofs(device);
  return families(sizes).flatMap(({ family, cache, shapes }) => {
    const passed = (["f32", "f16"] as const).flatMap((dtype) => passedVariants(found, family, dtype).map(({ id }) => id));
    return device.isQuick
      ? starting.filter((id) => id.startsWith(`${family}/`)).flatMap((id) => shapes.slice(-1).map((shape) => kernelJob(id, shape, cache)))
      : passed.flatMap((id) => shapes.map((shape) => kernelJob(id, shape, cache)));
  });
};

/**
 * The variants that reached furthest in each family and element type: which one it is the first process tells, and further ones need not try
 * the others again.
 */
export const furthestRoofs = ({ measurements }: Pick<Findings, "measurements">): Set<string> => {
  const kernels = measurements.flatMap((measurement) =>
    measurement.kind === "kernel" && isRoofFamily(measurement.family) ? [measurement] : [],
  );
  const rate = ({ bytes, operations, timing }: (typeof kernels)[number]): number => Math.max(bytes, operations) / median(timing.samples_s);
  return new Set(
    [...groupBy(kernels, ({ family, dtype }) => `${family} ${dtype}`).values()].map(
      (same) => same.reduce((best, kernel) => (rate(kernel) > rate(best) ? kernel : best)).variant,
    ),
  );
};
