import { mean, median } from "simple-statistics";
import { measurementsOf } from "../calibration/measured.ts";
import { isBelowClock } from "../profile/clock-sight.ts";
import type { InProcesses } from "../profile/measurements/common.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { startInterval, startNoiseOrNull } from "../profile/start-interval.ts";
import { betweenProcesses, sampledList, timingInterval } from "../profile/timing-interval.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import { groupBy } from "../stats/group-by.ts";
import type { Seconds } from "../units.ts";

/** One thing that a profile timed, again and again: a row where it is compared. Less time is better. */
export interface Series {
  /** The measurement's id, and which of its times: `upload writeBuffer bytes=1048576 chunk=65536: repeated`. The same in every profile. */
  readonly id: string;
  /** What it is summed up with: `matmul, cold`, `upload`. */
  readonly family: string;
  /** What is most alike: a kernel's variant, an upload's method. Noise between two runs is estimated within these. */
  readonly kin: string;
  /** Of what is timed in starts one value a start. */
  readonly samples_s: readonly Seconds[];
  /** How many samples each turn took, where samples were taken in turns with those of others. */
  readonly turns: readonly number[];
  readonly median: Seconds;
  /** For what another run would find; null where it is not known, since one start was made. */
  readonly interval: MedianInterval | null;
  /** Standard error of the log median that all measurements of the kind share: what a process has for all of them. */
  readonly sharedError: number;
  /** A kernel's sample was too short for the clock that took it. */
  readonly isBelowClock: boolean;
  /** Sampling ran out of time before its noise was as low as asked for. */
  readonly isTimedOut: boolean;
}

/** Times that are no result: the clock's own steps, and when and for how long samples were taken. */
const NOT_COMPARED = new Set(["timestamp_tick_s", "performance_now_step_s", "at_s", "took_s", "visits", "stopping", "process_samples"]);

/**
 * Everything that a profile timed, by the rule that its schema follows: a number or a list of numbers whose name ends in `_s` is a
 * duration in seconds, one sample or several. So a kind of measurement that is new is compared without a word here.
 */
export const seriesOf = (profile: Profile): Series[] => {
  const clock = measurementsOf(profile, "clock").at(-1);
  return profile.measurements.flatMap((measurement): Series[] => {
    if (measurement.kind === "kernel") return [kernelSeries(measurement, clock)];
    if (measurement.kind === "tuning") return []; // what decided on variants; the kernels that it chose are timed by themselves
    if (measurement.kind === "warm-up" || measurement.kind === "compile") return startSeries(measurement);
    const kin = "method" in measurement ? `${measurement.kind} ${measurement.method}` : measurement.kind;
    return durationsIn(measurement).map(({ name, key, samples }) => {
      const sampled = sampledList(measurement as Partial<InProcesses>, key, samples);
      const interval = timingInterval(sampled);
      return {
        ...plainSeries(measurement, name, kin),
        samples_s: samples,
        median: interval.median,
        interval,
        sharedError: betweenProcesses(sampled).common,
      };
    });
  });
};

const plainSeries = ({ id, kind }: Profile["measurements"][number], name: string, kin: string) => ({
  id: `${id}: ${name}`,
  family: kind,
  kin: `${kin} ${name}`,
  turns: [],
  isBelowClock: false,
  isTimedOut: false,
});

/** What every start took: of pipelines and modules the mean of its own, of runs that are steady the median. */
const startSeries = (measurement: MeasurementOf<"warm-up" | "compile">): Series[] => {
  const durations = durationsIn(measurement).map(({ name, parts, isApproach }) => ({
    name,
    values: parts.map((part) => (isApproach ? median([...part]) : mean([...part]))),
  }));
  const pooled = startNoiseOrNull(durations.map(({ values }) => values));
  return durations.map(({ name, values }) => ({
    ...plainSeries(measurement, name, measurement.kind),
    samples_s: values,
    ...startInterval(values, pooled),
    sharedError: 0,
  }));
};

const kernelSeries = (
  { id, family, variant, cache, timing }: MeasurementOf<"kernel">,
  clock: MeasurementOf<"clock"> | undefined,
): Series => {
  const interval = timingInterval(timing);
  return {
    id,
    family: `${family}, ${cache}`,
    kin: `${variant} ${cache}`,
    samples_s: timing.samples_s,
    turns: timing.visits.map(({ samples }) => samples),
    median: interval.median,
    interval,
    sharedError: betweenProcesses(timing).common,
    isBelowClock: isBelowClock(interval.median, timing, clock),
    isTimedOut: timing.stopping?.reason === "time-out",
  };
};

interface Durations {
  readonly name: string;
  /** The field of the measurement that it is in. */
  readonly key: string;
  readonly samples: readonly Seconds[];
  /** The same, by the objects that they lie in. */
  readonly parts: readonly (readonly Seconds[])[];
  /** Whether they are what is left of an approach. */
  readonly isApproach: boolean;
}

/** Conditions that are numbers; all others are words. */
const NUMBERED = ["pending"];

/** Lists that begin with an approach: how many of their entries come before the one that `steady_after` counts from. */
const APPROACHING: Readonly<Record<string, number>> = { dispatches_s: 0, gpu_s: 1 };

/** Durations in a measurement, named by the way to them: `pipelined total`. Objects in a list that bear the same words are samples of the same. */
const durationsIn = (value: object, prefix = "", field: string | null = null): Durations[] => {
  const steadyAfter = "steady_after" in value && typeof value.steady_after === "number" ? value.steady_after : null;
  const found = Object.entries(value).flatMap(([key, inner]: [string, unknown]): Durations[] => {
    if (NOT_COMPARED.has(key)) return [];
    const parts: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
    if (!key.endsWith("_s")) {
      const name = `${prefix}${wordsOfKey(key)}`;
      return parts.flatMap((part) => (isObject(part) ? durationsIn(part, [name, ...conditionsOf(part), ""].join(" "), field ?? key) : []));
    }
    const approach = steadyAfter === null || APPROACHING[key] === undefined ? 0 : steadyAfter + APPROACHING[key];
    const samples = parts.slice(Math.min(approach, parts.length - 1)).filter((sample) => typeof sample === "number");
    const name = `${prefix}${wordsOfKey(key)}`;
    return samples.length === 0 ? [] : [{ name, key: field ?? key, samples, parts: [samples], isApproach: key in APPROACHING }];
  });
  return [...groupBy(found, ({ name }) => name)].map(([name, same]) => ({
    name,
    key: same[0]!.key,
    samples: same.flatMap(({ samples }) => samples),
    parts: same.flatMap(({ parts }) => parts),
    isApproach: same[0]!.isApproach,
  }));
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const wordsOfKey = (key: string): string => key.replace(/_s$/u, "").replaceAll("_", " ");

const conditionsOf = (value: object): string[] =>
  Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    typeof part === "string" ? [part] : NUMBERED.includes(key) ? [`${key}=${String(part)}`] : [],
  );
