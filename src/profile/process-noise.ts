import { median } from "simple-statistics";
import { excessNoise } from "../stats/excess-noise.ts";
import { groupBy } from "../stats/group-by.ts";
import { Z_95 } from "../stats/normal.ts";
import type { ProcessNoise } from "./measurements/common.ts";
import { type Sampled, timingInterval } from "./timing-interval.ts";

/** One thing that was timed, in several processes. */
export interface TimedInProcesses {
  /** What is alike in how much processes differ for it. */
  readonly family: string;
  /** Samples by the number of the process that took them. */
  readonly byProcess: ReadonlyMap<number, Sampled>;
}

/** Fewer samples have no interval that their scatter between processes could be held against. */
const FEWEST_SAMPLES = 5;
/** Fewer degrees of freedom than this say too little of noise. */
const FEWEST = 10;

interface Deviation {
  readonly family: string;
  readonly process: number;
  /** Log median less the mean over processes. */
  readonly size: number;
  readonly error: number;
  /** Processes of the same thing. */
  readonly of: number;
}

/**
 * By how much processes differ, from all things of a kind that were timed in several: first what a process has for all of them alike, its
 * median deviation; then what single ones deviate beyond that and beyond the error of their own samples.
 *
 * @returns by family; null where too little was taken by several processes
 */
export const processNoiseOf = (timed: readonly TimedInProcesses[]): ((family: string) => ProcessNoise) => {
  const things = timed.map(deviationsOf).filter(({ length }) => length > 0);
  const deviations = things.flat();
  const commons = [...groupBy(deviations, ({ process }) => process)].flatMap(([process, same]): [number, number][] =>
    same.length < FEWEST_SAMPLES ? [] : [[process, median(same.map(({ size }) => size))]],
  );
  if (commons.length < 2 || deviations.length - things.length - commons.length < FEWEST) return () => null;
  const centre = commons.reduce((sum, [, shift]) => sum + shift, 0) / commons.length;
  const shifts = new Map(commons.map(([process, shift]) => [process, shift - centre]));
  const common = Math.sqrt([...shifts.values()].reduce((sum, shift) => sum + shift ** 2, 0) / (commons.length - 1));
  // Few processes lie nearer to their own mean than to the true one.
  const own = (among: readonly Deviation[]): number =>
    excessNoise(
      among.map(({ process, size, error, of }) => ({
        size: Math.abs(size - (shifts.get(process) ?? 0)) * Math.sqrt(of / (of - 1)),
        error,
      })),
    );
  const overall = own(deviations);
  const byFamily = groupBy(deviations, ({ family }) => family);
  return (family) => {
    const same = byFamily.get(family) ?? [];
    const isEnough = same.length - things.filter(([first]) => first?.family === family).length >= FEWEST;
    return { processes: commons.length, common, own: isEnough ? own(same) : overall };
  };
};

const deviationsOf = ({ family, byProcess }: TimedInProcesses): Deviation[] => {
  const known = [...byProcess].flatMap(([process, sampled]) => {
    if (sampled.samples_s.length < FEWEST_SAMPLES) return [];
    const interval = timingInterval(sampled);
    return interval.low > 0
      ? [{ process, log: Math.log(interval.median), error: Math.log(interval.high / interval.low) / (2 * Z_95) }]
      : [];
  });
  if (known.length < 2) return [];
  const middle = known.reduce((sum, { log }) => sum + log, 0) / known.length;
  return known.map(({ process, log, error }) => ({ family, process, size: log - middle, error, of: known.length }));
};
