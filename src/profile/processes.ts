import { groupBy } from "../stats/group-by.ts";
import { relativeNoise } from "../stats/median-interval.ts";
import type { ProcessNoise } from "./measurements/common.ts";
import type { Stopping, Timing } from "./measurements/timing.ts";
import { processNoiseOf, type TimedInProcesses } from "./process-noise.ts";
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

const SUFFIX = / process=(\d+)$/u;

/** The id of what is measured, whichever process measures it. */
export const withoutProcess = (id: string): string => id.replace(SUFFIX, "");

const processOf = ({ id }: Job): number => Number(SUFFIX.exec(id)?.[1] ?? 1) - 1;

/** Whether it was the run's first process that measured it: what is planned from is known from there. */
export const isFromFirst = ({ id }: Job): boolean => !SUFFIX.test(id);

/**
 * The measurements of a run, those of one thing in several processes made one: samples one after another, process by process, and beside them
 * by how much processes differ, estimated over all measurements of the kind.
 */
export const acrossProcesses = (measurements: readonly Measurement[]): Measurement[] => {
  const groups = [...groupBy(measurements, ({ id }) => withoutProcess(id))];
  const noiseOf = new Map(
    [...groupBy(groups, ([, parts]) => parts[0]!.kind)].map(([kind, same]) => [
      kind,
      processNoiseOf(same.flatMap(([, parts]) => timedIn(parts))),
    ]),
  );
  return groups.map(([id, parts]) => {
    const whole = merged(parts);
    return withNoise({ ...whole, id }, noiseOf.get(whole.kind)!(familyOf(whole)));
  });
};

/** What is alike in how much processes differ for it: kernels of a family; of other kinds all. */
const familyOf = (measurement: Measurement): string => (measurement.kind === "kernel" ? measurement.family : measurement.kind);

/** What the parts of one measurement timed, each thing process by process. */
const timedIn = (parts: readonly Measurement[]): TimedInProcesses[] => {
  const [first] = parts;
  if (first === undefined) return [];
  const family = familyOf(first);
  if (first.kind === "kernel") {
    return [{ family, byProcess: new Map(ofOneClock(parts as readonly (typeof first)[]).map((part) => [processOf(part), part.timing])) }];
  }
  return Object.keys(first)
    .filter((key) => key.endsWith("_s"))
    .map((key) => ({
      family,
      byProcess: new Map(parts.flatMap((part) => listIn(part, key).map((list): [number, Sampled] => [processOf(part), plain(list)]))),
    }));
};

const plain = (samples_s: readonly number[]): Sampled => ({ samples_s, visits: [] });

const listIn = (part: Measurement, key: string): number[][] => {
  const list = (part as unknown as Readonly<Record<string, unknown>>)[key];
  return Array.isArray(list) && list.length > 0 && list.every((value) => typeof value === "number") ? [list] : [];
};

/** A clock that was another in one process makes its samples another measurement. */
const ofOneClock = <Part extends MeasurementOf<"kernel">>(parts: readonly Part[]): Part[] =>
  parts.filter(({ timing }) => timing.kind === parts[0]?.timing.kind);

const merged = (parts: readonly Measurement[]): Measurement => {
  const [first, ...others] = parts;
  if (first === undefined) throw new RangeError("expected at least one part of a measurement, got none");
  switch (first.kind) {
    case "kernel":
      return mergedKernel(parts as readonly MeasurementOf<"kernel">[]);
    case "upload":
    case "overhead":
    case "load-pipeline":
      return others.length === 0 ? first : mergedLists(parts);
    case "warm-up":
      return mergedStarts(parts as readonly MeasurementOf<"warm-up">[]);
    case "compile": {
      const same = parts as readonly MeasurementOf<"compile">[];
      return { ...first, runs: same.flatMap(({ runs }) => runs), missing: missingOf(same) };
    }
    default:
      if (others.length === 0) return first;
      throw new RangeError(`expected ${first.id} to be measured once, got ${parts.length} measurements of it`);
  }
};

/** Launches are counted on from one part to the next. */
const mergedStarts = (parts: readonly MeasurementOf<"warm-up">[]): MeasurementOf<"warm-up"> => {
  let before = 0;
  const starts = parts.flatMap((part) => {
    const counted = part.starts.map((start) => (start.fresh === "process" ? { ...start, launch: before + start.launch } : start));
    before = Math.max(before, ...counted.map((start) => (start.fresh === "process" ? start.launch + 1 : 0)));
    return counted;
  });
  return { ...parts[0]!, starts, missing: missingOf(parts) };
};

const missingOf = (parts: readonly { readonly missing: string | null }[]): string | null =>
  [...new Set(parts.flatMap(({ missing }) => missing ?? []))].join("; ") || null;

const mergedKernel = (parts: readonly MeasurementOf<"kernel">[]): MeasurementOf<"kernel"> => {
  const [first] = parts;
  const same = ofOneClock(parts);
  const timings = same.map(({ timing }) => timing);
  const samples_s = timings.flatMap((timing) => timing.samples_s);
  const visits = same.flatMap((part) => part.timing.visits.map((visit) => ({ ...visit, process: processOf(part) })));
  if (same.length === 1) return { ...first!, timing: { ...first!.timing, visits } };
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

const withNoise = (measurement: Measurement, process_noise: ProcessNoise): Measurement => {
  switch (measurement.kind) {
    case "kernel":
      return { ...measurement, timing: { ...measurement.timing, process_noise } };
    case "upload":
    case "overhead":
    case "load-pipeline":
      return { ...measurement, process_noise };
    default:
      return measurement;
  }
};
