import { excessNoise } from "../stats/excess-noise.ts";
import { groupBy } from "../stats/group-by.ts";
import { relativeNoise } from "../stats/median-interval.ts";
import type { Stopping, Timing } from "./measurements/timing.ts";
import type { Measurement, MeasurementOf } from "./schema.ts";
import { type Sampled, timingInterval } from "./timing-interval.ts";

/**
 * The same measurement in several processes of the runtime. Where memory lies, which core a thread got, what a driver chose once: whatever
 * holds for a whole process does not show in the samples of one, and makes two runs differ by more than either's interval says.
 */

type Job = { readonly id: string };

/** A job as a further process does it: its id, and the number of its process from 0. */
export const inProcess = <J extends Job>(job: J, process: number): J & { readonly process: number } => ({
  ...job,
  id: process === 0 ? job.id : `${job.id} process=${process + 1}`,
  process,
});

const SUFFIX = / process=\d+$/u;

const baseId = ({ id }: Job): string => id.replace(SUFFIX, "");

/** Whether it was the run's first process that measured it: what is planned from is known from there. */
export const isFromFirst = ({ id }: Job): boolean => !SUFFIX.test(id);

/** Fewer deviations than this, less one for each thing that was measured, say too little of noise. */
const FEWEST = 10;

/**
 * The measurements of a run, those of one thing in several processes made one: samples one after another, process by process, and beside them
 * by how much processes differ, estimated over all measurements of the kind.
 */
export const acrossProcesses = (measurements: readonly Measurement[]): Measurement[] => {
  const groups = [...groupBy(measurements, baseId)];
  const noiseOf = new Map(
    [...groupBy(groups, ([, parts]) => parts[0]!.kind)].map(([kind, same]) => [
      kind,
      noiseBetween(same.flatMap(([, parts]) => (parts.length > 1 ? seriesOf(parts) : []))),
    ]),
  );
  return groups.map(([id, parts]) => ({ ...merged(parts), id })).map((whole) => withNoise(whole, noiseOf.get(whole.kind) ?? null));
};

/** Median and interval of one thing in each process. */
type Series = readonly Sampled[];

const plain = (samples_s: readonly number[]): Sampled => ({ samples_s, visits: [] });

/** What the parts of one measurement timed, each thing process by process. */
const seriesOf = (parts: readonly Measurement[]): Series[] => {
  const [first] = parts;
  if (first?.kind === "kernel") return [parts.map((part) => (part as typeof first).timing)];
  return Object.keys(first ?? {})
    .filter((key) => key.endsWith("_s"))
    .map((key) => parts.flatMap((part) => samplesIn(part, key)).map(plain));
};

const samplesIn = (part: Measurement, key: string): number[][] => {
  const list = (part as unknown as Record<string, unknown>)[key];
  return Array.isArray(list) && list.length > 0 && list.every((value) => typeof value === "number") ? [list] : [];
};

/**
 * Deviations of each process's log median from the mean over processes. Few processes lie nearer to their own mean than to the true one, by
 * the square root of (P − 1) / P.
 */
const noiseBetween = (series: readonly Series[]): number | null => {
  const deviations = series.flatMap((processes) => {
    const intervals = processes.map((sampled) => timingInterval(sampled));
    if (intervals.length < 2 || intervals.some(({ low }) => low <= 0)) return [];
    const logs = intervals.map(({ median }) => Math.log(median));
    const middle = logs.reduce((sum, log) => sum + log, 0) / logs.length;
    const inflation = Math.sqrt(logs.length / (logs.length - 1));
    return intervals.map(({ low, high }, i) => ({
      size: Math.abs(logs[i]! - middle) * inflation,
      error: Math.log(high / low) / (2 * 1.959964),
    }));
  });
  return deviations.length - series.length < FEWEST ? null : excessNoise(deviations);
};

const merged = (parts: readonly Measurement[]): Measurement => {
  const [first, ...others] = parts;
  if (first === undefined) throw new RangeError("expected at least one part of a measurement, got none");
  if (others.length === 0) return first;
  switch (first.kind) {
    case "kernel":
      return mergedKernel(parts as readonly MeasurementOf<"kernel">[]);
    case "upload":
    case "overhead":
    case "load-pipeline":
      return mergedLists(parts);
    default:
      throw new RangeError(`expected ${first.id} to be measured once, got ${parts.length} measurements of it`);
  }
};

const mergedKernel = (parts: readonly MeasurementOf<"kernel">[]): MeasurementOf<"kernel"> => {
  const [first] = parts;
  // A clock that was another in one process would make its samples another measurement.
  const same = parts.filter(({ timing }) => timing.kind === first!.timing.kind);
  const timings = same.map(({ timing }) => timing);
  const samples_s = timings.flatMap((timing) => timing.samples_s);
  const visits = timings.flatMap((timing, process) => timing.visits.map((visit) => ({ ...visit, process })));
  const powers = same.flatMap(({ power_w }) => power_w ?? []);
  const sum = (count: (timing: Timing) => number): number => timings.reduce((total, timing) => total + count(timing), 0);
  return {
    ...first!,
    power_w: powers.length === 0 ? null : powers.reduce((total, power) => total + power, 0) / powers.length,
    timing: {
      ...first!.timing,
      samples_s,
      visits,
      runs_per_sample: Math.min(...timings.map(({ runs_per_sample }) => runs_per_sample)),
      dropped: sum(({ dropped }) => dropped),
      throttled: sum(({ throttled }) => throttled),
      stopping: mergedStopping(timings, relativeNoise(timingInterval({ samples_s, visits }))),
    },
  };
};

/** The limits were each process's own: of so many samples together less is asked. Where it is not reached, what kept the first from it. */
const mergedStopping = (timings: readonly Timing[], noise: number): Stopping | null => {
  const stoppings = timings.flatMap(({ stopping }) => stopping ?? []);
  if (stoppings.length < timings.length) return null;
  const noise_limit = Math.max(...stoppings.map((stopping) => stopping.noise_limit)) / Math.sqrt(stoppings.length);
  const unmet = stoppings.find(({ reason }) => reason !== "noise")?.reason;
  return { reason: noise <= noise_limit || unmet === undefined ? "noise" : unmet, noise, noise_limit };
};

const mergedLists = (parts: readonly Measurement[]): Measurement => {
  const records = parts as unknown as readonly Readonly<Record<string, unknown>>[];
  const whole: Record<string, unknown> = { ...records[0] };
  const process_samples: Record<string, number[]> = {};
  for (const key of Object.keys(whole)) {
    const lists = records.map((record) => record[key]);
    if (!lists.some(Array.isArray)) continue;
    const known = lists.map((list): unknown[] => (Array.isArray(list) ? list : []));
    whole[key] = known.flat();
    process_samples[key] = known.map(({ length }) => length);
  }
  return { ...whole, process_samples } as unknown as Measurement;
};

const withNoise = (measurement: Measurement, noise: number | null): Measurement => {
  switch (measurement.kind) {
    case "kernel":
      return { ...measurement, timing: { ...measurement.timing, process_noise: noise } };
    case "upload":
    case "overhead":
    case "load-pipeline":
      return { ...measurement, process_noise: noise };
    default:
      return measurement;
  }
};
