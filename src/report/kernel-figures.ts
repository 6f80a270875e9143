import { measurementsOf } from "../calibration/measured.ts";
import { isBelowClock } from "../profile/clock-sight.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { timingInterval } from "../profile/timing-interval.ts";
import { relativeNoise } from "../stats/median-interval.ts";
import type { BytesPerSecond, OperationsPerSecond, Seconds } from "../units.ts";

/** What a reader wants of kernels from a profile's raw samples: medians, rates, and how near they come to the roofs. */

export interface KernelFigure {
  readonly measurement: MeasurementOf<"kernel">;
  /** Median of one run. */
  readonly seconds: Seconds;
  /** Half the width of the median's 95 % interval over the median: 0.02 is ± 2 %. */
  readonly noise: number;
  readonly rate: OperationsPerSecond;
  readonly bandwidth: BytesPerSecond;
  /** A sample was too short for the clock it was taken with, so the figure is not worth quoting. */
  readonly isBelowClock: boolean;
}

export const kernelFigures = (profile: Profile): KernelFigure[] => {
  const clock = measurementsOf(profile, "clock").at(-1);
  return measurementsOf(profile, "kernel").map((measurement) => {
    const interval = timingInterval(measurement.timing);
    const seconds = interval.median;
    return {
      measurement,
      seconds,
      noise: seconds === 0 ? 0 : relativeNoise(interval),
      rate: seconds === 0 ? 0 : measurement.operations / seconds,
      bandwidth: seconds === 0 ? 0 : measurement.bytes / seconds,
      isBelowClock: isBelowClock(seconds, measurement.timing, clock),
    };
  });
};

/** Sizes by name, in the order the kernel lists them: `m 16 · n 2048 · k 2048`. */
export const shapeName = (shape: Readonly<Record<string, number>>): string =>
  Object.entries(shape)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`)
    .join(" · ");

/** The fastest variant of each family, element type, state of the caches and shape, in the order first measured. */
export const fastestByShape = (figures: readonly KernelFigure[]): KernelFigure[] => {
  const fastest = new Map<string, KernelFigure>();
  for (const figure of figures) {
    const { family, dtype, cache, shape } = figure.measurement;
    const key = `${family} ${dtype} ${cache} ${shapeName(shape)}`;
    const known = fastest.get(key);
    if (known === undefined || figure.seconds < known.seconds) fastest.set(key, figure);
  }
  return [...fastest.values()];
};

/** Families of the two kernels that show what the device can do at most. */
const MEMORY_ROOF = "copy";
const ARITHMETIC_ROOF = "multiply-add";

/** The best this device did in this runtime: memory, and arithmetic by element type. What was not measured is absent. */
export interface Roofs {
  readonly memory: BytesPerSecond | null;
  readonly arithmetic: Readonly<Partial<Record<"f32" | "f16", OperationsPerSecond>>>;
}

const largestOrNull = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values));

export const roofsOf = (figures: readonly KernelFigure[]): Roofs => {
  const of = (family: string) => figures.filter(({ measurement }) => measurement.family === family);
  const arithmetic: Partial<Record<"f32" | "f16", OperationsPerSecond>> = {};
  for (const dtype of ["f32", "f16"] as const) {
    const best = largestOrNull(
      of(ARITHMETIC_ROOF)
        .filter(({ measurement }) => measurement.dtype === dtype)
        .map(({ rate }) => rate),
    );
    if (best !== null) arithmetic[dtype] = best;
  }
  return { memory: largestOrNull(of(MEMORY_ROOF).map(({ bandwidth }) => bandwidth)), arithmetic };
};

/** A whole step, or in older profiles a whole layer: what the step curve is checked with. */
export const isComposite = ({ measurement }: KernelFigure): boolean => ["engine-step", "decoder-layer"].includes(measurement.family);

export const isRoof = ({ measurement }: KernelFigure): boolean => [MEMORY_ROOF, ARITHMETIC_ROOF].includes(measurement.family);

/**
 * The roof a kernel comes nearest to, and its share of it; null where no roof was measured. Above 1 where caches serve part of the
 * bytes, and where f16 is judged by the f32 roof because its own was not measured.
 */
export const nearestRoofOrNull = (figure: KernelFigure, roofs: Roofs): { roof: "memory" | "arithmetic"; share: number } | null => {
  const arithmetic = roofs.arithmetic[figure.measurement.dtype] ?? roofs.arithmetic.f32;
  const shares = [
    ...(roofs.memory === null ? [] : [{ roof: "memory" as const, share: figure.bandwidth / roofs.memory }]),
    ...(arithmetic === undefined ? [] : [{ roof: "arithmetic" as const, share: figure.rate / arithmetic }]),
  ];
  return shares.sort((a, b) => b.share - a.share)[0] ?? null;
};
