import { median } from "simple-statistics";
import { variantsOf } from "../../kernels/index.ts";
import type { Dtype, KernelVariant, Shape } from "../../kernels/kernel.ts";
import { passedVariants } from "./choose.ts";
import type { Findings, TimedJob } from "./jobs.ts";
import type { Cache } from "./measurements/timing.ts";
import type { DeviceKind } from "./settled.ts";
import { kernelJob } from "./timed-jobs.ts";
import type { RoofSizes } from "./workload.ts";

/**
 * The variants that a quick run takes for each roof, the likeliest first: on a GPU several where it is not plain which is the best, since a
 * kernel that beats a poor roof ends the run; on a software adapter those that are.
 */
const STARTING = {
  gpu: [
    "copy/vec4",
    "read/vec4x8",
    "read/vec4x4",
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

/** What races for one roof: the sizes of the race and of the rounds after it, and the state of the caches. */
interface Race {
  readonly family: string;
  readonly dtype: Dtype;
  readonly cache: Cache;
  readonly shapes: readonly Shape[];
}

/** Memory is found cold, where kernels find their weights; arithmetic needs none. */
const races = ({ copied, read, multiplyAdd, matrix }: RoofSizes): readonly Race[] => [
  { family: "copy", dtype: "f32", cache: "cold", shapes: copied.map((length) => ({ length })) },
  { family: "read", dtype: "f32", cache: "cold", shapes: read.map((length) => ({ length })) },
  ...(["f32", "f16"] as const).map((dtype): Race => ({
    family: "multiply-add",
    dtype,
    cache: "hot",
    shapes: multiplyAdd.map((shape) => ({ ...shape })),
  })),
  { family: "matrix-multiply-add", dtype: "f16", cache: "hot", shapes: matrix.map((shape) => ({ ...shape })) },
];

const canRun = ({ needs }: KernelVariant, { adapter }: DeviceKind): boolean => needs.every((feature) => adapter.features.includes(feature));

const startingIn = (device: DeviceKind, { family, dtype }: Pick<Race, "family" | "dtype">): string[] => {
  const able = variantsOf(family).filter((variant) => variant.dtype === dtype && canRun(variant, device));
  return STARTING[device.isGpu ? "gpu" : "software"].filter((id) => able.some((variant) => variant.id === id));
};

/** The variants that a quick run finds the device's roofs with, of those that it has the features for. */
export const startingRoofs = (device: DeviceKind, sizes: RoofSizes): string[] => races(sizes).flatMap((race) => startingIn(device, race));

/** The variants of a race, those to begin with first. */
const runners = (device: DeviceKind, race: Race, found: Findings): string[] => {
  const starting = startingIn(device, race);
  return device.isQuick ? starting : [...new Set([...starting, ...passedVariants(found, race.family, race.dtype).map(({ id }) => id)])];
};

/** Every variant that may be the device's roof, each at the first size: which one is fastest is not known before. */
export const roofRace = (device: DeviceKind, sizes: RoofSizes, found: Findings): TimedJob[] =>
  races(sizes).flatMap((race) => {
    const [shape] = race.shapes;
    return shape === undefined ? [] : runners(device, race, found).map((id) => kernelJob(id, shape, race.cache));
  });

/** Seconds for an operation, or a byte where there are none, by the fastest of a variant's measurements; infinite where it has none. */
const secondsPerWork = ({ measurements }: Findings, variant: string): number =>
  Math.min(
    ...measurements.flatMap((measurement) =>
      measurement.kind === "kernel" && measurement.variant === variant
        ? [median(measurement.timing.samples_s) / (measurement.operations || measurement.bytes)]
        : [],
    ),
  );

/**
 * The winner of each race once more, at another size. A machine may be slow while it is raced, and a roof that is low for that would be
 * beaten by kernels of a better hour, so each part of a run has its own round.
 */
export const roofRound = (device: DeviceKind, sizes: RoofSizes, found: Findings, round: 1 | 2 | 3): TimedJob[] =>
  races(sizes).flatMap((race) => {
    const shape = race.shapes[round];
    const [winner] = runners(device, race, found).toSorted((a, b) => secondsPerWork(found, a) - secondsPerWork(found, b) || 0);
    return shape === undefined || winner === undefined ? [] : [kernelJob(winner, shape, race.cache)];
  });
