import { variants } from "../../kernels/index.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import { logRatioOrNull } from "../stats/ratio.ts";
import type { BytesPerSecond, OperationsPerSecond, Seconds } from "../units.ts";
import { isBelowClock } from "./clock-sight.ts";
import type { MeasurementOf, Profile } from "./schema.ts";
import { timingInterval } from "./timing-interval.ts";

/**
 * How far each kernel is from what the device can do at most, by the roofline model: a run moves its bytes and does its operations, each
 * no faster than the best that a kernel made for nothing else reached here, so it takes at least the longer of the two times. What stands
 * between that bound and the measured time is latency, bytes moved twice, and threads that wait. Launches are in the measured time.
 *
 * The shares follow from a profile's samples, so a profile does not store them.
 *
 * @see Williams, Waterman and Patterson 2009, https://doi.org/10.1145/1498765.1498785
 */

type Kernel = MeasurementOf<"kernel">;

/** What may bind a kernel. */
export type Binding = "memory" | "arithmetic";

/** A limit of the device: the highest rate of any kernel that does nothing but reach for it. */
export interface Roof<Rate extends number = number> {
  readonly rate: Rate;
  /** The rate's 95 % interval, from that of the median time. */
  readonly low: Rate;
  readonly high: Rate;
  /** The measurement that reached it, of so many. */
  readonly reachedBy: Kernel;
  readonly tried: number;
}

/** Arithmetic that a device does at a rate of its own: multiply-adds in an element type, or f16 matrix units that add in f32. */
export type ArithmeticKind = Dtype | "f16-matrix";

/** The device's limits as measured in this runtime. What was not measured is absent. */
export interface Roofs {
  readonly memory: Roof<BytesPerSecond> | null;
  readonly arithmetic: Readonly<Partial<Record<ArithmeticKind, Roof<OperationsPerSecond>>>>;
}

/** A kernel's share of the roof that binds it, or why it has none. */
export type RoofShare =
  | {
      readonly kind: "judged";
      readonly binding: Binding;
      readonly roof: Roof;
      /** The least time that the roof allows. */
      readonly bound: Seconds;
      /** That time over the measured one: 1 is at the roof. */
      readonly share: number;
      /** The share's 95 % interval; both medians' intervals are in it. */
      readonly low: number;
      readonly high: number;
      /** Whether both intervals stand on enough samples to speak of significance. */
      readonly isTestable: boolean;
    }
  | { readonly kind: "unjudged"; readonly because: string };

export interface KernelShare {
  readonly measurement: Kernel;
  readonly share: RoofShare;
}

const MEMORY_FAMILIES: readonly string[] = ["copy", "read"];
const MULTIPLY_ADD = "multiply-add";
const MATRIX_MULTIPLY_ADD = "matrix-multiply-add";
const ROOF_FAMILIES: readonly string[] = [...MEMORY_FAMILIES, MULTIPLY_ADD, MATRIX_MULTIPLY_ADD];

/** Whether a family is there to find a roof, and not to be held against one. */
export const isRoofFamily = (family: string): boolean => ROOF_FAMILIES.includes(family);

/** Samples below which an interval is not taken at its word. */
const FEWEST_SAMPLES = 6;

const kernelsOf = ({ measurements }: Profile): Kernel[] => measurements.filter((measurement) => measurement.kind === "kernel");

/** The best of all variants and sizes; one whose samples were too short for their clock does not count. */
const highest = (kernels: readonly Kernel[], work: "bytes" | "operations", profile: Profile): Roof | null => {
  const rates = kernels.flatMap((kernel): Roof[] => {
    const interval = timingInterval(kernel.timing);
    if (!(interval.low > 0) || kernel[work] === 0 || isTooShort(interval, kernel, profile)) return [];
    const rateIn = (seconds: Seconds): number => kernel[work] / seconds;
    const { median, low, high } = interval;
    return [{ rate: rateIn(median), low: rateIn(high), high: rateIn(low), reachedBy: kernel, tried: kernels.length }];
  });
  return rates.length === 0 ? null : rates.reduce((best, rate) => (rate.rate > best.rate ? rate : best));
};

const isTooShort = ({ median }: MedianInterval, { timing }: Kernel, { measurements }: Profile): boolean =>
  isBelowClock(median, timing, measurements.filter((measurement) => measurement.kind === "clock").at(-1));

export const roofsOf = (profile: Profile): Roofs => {
  const kernels = kernelsOf(profile);
  const moving = kernels.filter(({ family }) => MEMORY_FAMILIES.includes(family));
  // What was moved hot may have lain in a cache; older profiles have nothing else, and moved more than a cache holds.
  const cold = moving.filter(({ cache }) => cache === "cold");
  const arithmetic = (kind: ArithmeticKind, isOf: (kernel: Kernel) => boolean) => {
    const roof = highest(kernels.filter(isOf), "operations", profile);
    return roof === null ? {} : { [kind]: roof };
  };
  return {
    memory: highest(cold.length > 0 ? cold : moving, "bytes", profile),
    arithmetic: {
      ...arithmetic("f32", ({ family, dtype }) => family === MULTIPLY_ADD && dtype === "f32"),
      ...arithmetic("f16", ({ family, dtype }) => family === MULTIPLY_ADD && dtype === "f16"),
      ...arithmetic("f16-matrix", ({ family }) => family === MATRIX_MULTIPLY_ADD),
    },
  };
};

const usesMatrixUnits = new Set(
  variants.filter(({ needs }) => needs.includes("chromium-experimental-subgroup-matrix")).map(({ id }) => id),
);

/**
 * The arithmetic roof of a kernel: f32 values are multiplied in f32; f16 values in whatever does it fastest, be it wider arithmetic or a
 * matrix unit. Without a roof of f16's own, or of matrix units for a kernel that uses them, nothing would bound it.
 */
const arithmeticRoof = ({ arithmetic }: Roofs, { dtype, variant }: Kernel): Roof<OperationsPerSecond> | string => {
  if (dtype === "f32") return arithmetic.f32 ?? "no f32 arithmetic roof was measured";
  if (arithmetic["f16-matrix"] === undefined && usesMatrixUnits.has(variant)) return "no roof of matrix units was measured";
  if (arithmetic.f16 === undefined && arithmetic["f16-matrix"] === undefined) return "no f16 arithmetic roof was measured";
  return [arithmetic.f32, arithmetic.f16, arithmetic["f16-matrix"]]
    .filter((roof) => roof !== undefined)
    .reduce((best, roof) => (roof.rate > best.rate ? roof : best));
};

/** The least time each roof allows a kernel, if all that it moves came from memory; null where a roof that it needs was not measured. */
const leastTimes = (kernel: Kernel, roofs: Roofs): Readonly<Record<Binding, Seconds>> | null => {
  const arithmetic = kernel.operations === 0 ? null : arithmeticRoof(roofs, kernel);
  if (typeof arithmetic === "string" || roofs.memory === null) return null;
  return { memory: kernel.bytes / roofs.memory.rate, arithmetic: arithmetic === null ? 0 : kernel.operations / arithmetic.rate };
};

/** The least time that both roofs allow a kernel whose data come from memory. */
export const leastTime = (kernel: Kernel, roofs: Roofs): Seconds | null => {
  const times = leastTimes(kernel, roofs);
  return times === null ? null : Math.max(times.memory, times.arithmetic);
};

/** The roof that a kernel meets first if its data come from memory. */
export const binding = (kernel: Kernel, roofs: Roofs): Binding | null => {
  const times = leastTimes(kernel, roofs);
  return times === null ? null : times.memory > times.arithmetic ? "memory" : "arithmetic";
};

/**
 * One kernel's share. A cold run is held against both roofs. A hot one may find its data in a cache, which is faster than memory honestly,
 * so only arithmetic can be said to bind it.
 */
export const shareOf = (kernel: Kernel, roofs: Roofs, profile: Profile): RoofShare => {
  const interval = timingInterval(kernel.timing);
  const unjudged = (because: string): RoofShare => ({ kind: "unjudged", because });
  if (isTooShort(interval, kernel, profile)) return unjudged("its samples are too short for the clock they were taken with");
  const candidates: (readonly [binding: Binding, work: number, roof: Roof])[] = [];
  if (kernel.operations > 0) {
    const roof = arithmeticRoof(roofs, kernel);
    if (typeof roof === "string") return unjudged(roof);
    candidates.push(["arithmetic", kernel.operations, roof]);
  }
  if (kernel.cache === "cold") {
    if (roofs.memory === null) return unjudged("no memory roof was measured");
    candidates.push(["memory", kernel.bytes, roofs.memory]);
  }
  const [binds] = candidates.toSorted(([, work, { rate }], [, otherWork, other]) => otherWork / other.rate - work / rate);
  if (binds === undefined) return unjudged("it computes nothing, and hot data may lie in a cache");
  const [boundBy, work, roof] = binds;
  const { reachedBy } = roof;
  const ratio = logRatioOrNull(interval, timingInterval(reachedBy.timing));
  if (ratio === null) return unjudged("a sample of no length has no rate");
  const perRun = work / (boundBy === "memory" ? reachedBy.bytes : reachedBy.operations);
  return {
    kind: "judged",
    binding: boundBy,
    roof,
    bound: work / roof.rate,
    share: perRun * Math.exp(ratio.estimate),
    low: perRun * Math.exp(ratio.low),
    high: perRun * Math.exp(ratio.high),
    isTestable: [kernel, reachedBy].every(({ timing }) => timing.samples_s.length >= FEWEST_SAMPLES),
  };
};

/** Every kernel that is not there to find a roof, in the order measured. */
export const kernelShares = (profile: Profile, roofs = roofsOf(profile)): KernelShare[] =>
  kernelsOf(profile)
    .filter(({ family }) => !isRoofFamily(family))
    .map((measurement) => ({ measurement, share: shareOf(measurement, roofs, profile) }));

/** What one process may have for itself: where a run measured in one alone, so much above the roof proves nothing. */
const ONE_PROCESS_MARGIN = 0.05;

/** Kernels that are faster than a roof allows, beyond what both medians may be off: the kernel leaves something out, or the roof is not one. */
export const aboveRoofs = (shares: readonly KernelShare[]): (KernelShare & { readonly share: RoofShare & { readonly kind: "judged" } })[] =>
  shares.flatMap(({ measurement, share }) =>
    share.kind === "judged" && share.isTestable && share.low > (measurement.timing.process_noise === null ? 1 + ONE_PROCESS_MARGIN : 1)
      ? [{ measurement, share }]
      : [],
  );
