import { measurementsOf } from "../calibration/measured.ts";
import { isBelowClock } from "../profile/clock-sight.ts";
import { isRoofFamily, type RoofShare, roofsOf, shareOf } from "../profile/roofline.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { timingInterval } from "../profile/timing-interval.ts";
import { relativeNoise } from "../stats/median-interval.ts";
import type { BytesPerSecond, OperationsPerSecond, Seconds } from "../units.ts";

/** What a reader wants of kernels from a profile's raw samples: medians, rates, and how near they come to the roofs (`profile/roofline.ts`). */

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
  readonly share: RoofShare;
}

export const kernelFigures = (profile: Profile, roofs = roofsOf(profile)): KernelFigure[] => {
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
      share: shareOf(measurement, roofs, profile),
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

/** A whole step, or in older profiles a whole layer: what the step curve is checked with. */
export const isComposite = ({ measurement }: KernelFigure): boolean => ["engine-step", "decoder-layer"].includes(measurement.family);

export const isRoof = ({ measurement }: KernelFigure): boolean => isRoofFamily(measurement.family);
