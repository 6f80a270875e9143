import { bcaInterval, weightedMedian } from "../stats/bootstrap.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import { studentQuantile, Z_95 } from "../stats/normal.ts";
import type { InProcesses, ProcessNoise } from "./measurements/common.ts";
import type { Timing } from "./measurements/timing.ts";

/** From this many turns on they are what is drawn; fewer are too few to stand for all the turns there could have been. */
const FEWEST_VISITS = 6;

/** Samples as the interval of their median needs them. */
export interface Sampled {
  readonly samples_s: readonly number[];
  /** The turns in which they were taken; none where they were not. */
  readonly visits: readonly Pick<Timing["visits"][number], "samples" | "process">[];
  /** By how much processes differ; null or absent where nothing is known of that. */
  readonly process_noise?: ProcessNoise;
  /** Samples that each process took; those of the turns where it is left out. */
  readonly process_samples?: readonly number[];
}

/** A list of samples that a measurement carries by itself, as the interval of its median needs it. */
export const sampledList = (measurement: Partial<InProcesses>, name: string, samples_s: readonly number[]): Sampled => ({
  samples_s,
  visits: [],
  process_noise: measurement.process_noise ?? null,
  process_samples: measurement.process_samples?.[name] ?? [],
});

/**
 * Median of samples with its 95 % interval, for what another run would find.
 *
 * Two things are in it. By bootstrap, what varies within a process: samples of one turn share its conditions (the clock, another program at
 * work), so whole turns are drawn where there are at least 6 of them, else single samples. And what differs between processes, which are too
 * few to be drawn (`betweenProcesses`). They are independent, and are added as squares on the scale of logarithms. Deterministic: the seed
 * comes from the samples.
 *
 * @throws RangeError without samples
 */
export const timingInterval = (sampled: Sampled): MedianInterval => {
  const interval = known.get(sampled) ?? widened(withinProcesses(sampled), sampled);
  known.set(sampled, interval);
  return interval;
};

/** A report asks for the same interval in many places. */
const known = new WeakMap<object, MedianInterval>();

const withinProcesses = ({ samples_s, visits }: Sampled): MedianInterval => {
  const visitOf = visits.flatMap(({ samples }, visit) => Array<number>(samples).fill(visit));
  const isByVisit = visits.length >= FEWEST_VISITS && visitOf.length === samples_s.length;
  const units = isByVisit ? visits.length : samples_s.length;
  const statistic = weightedMedian(samples_s, (index) => (isByVisit ? visitOf[index]! : index));
  const interval = bcaInterval(units, statistic, { seed: seedOf(samples_s) });
  return { median: statistic(new Uint16Array(units).fill(1)), ...interval };
};

/** Standard errors of a log median that processes leave, each such that 1.96 of it is half of a 95 % interval. */
export interface BetweenProcesses {
  /** Shared by all measurements of the kind: it does not average out over them. */
  readonly common: number;
  readonly own: number;
}

const NONE: BetweenProcesses = { common: 0, own: 0 };

/**
 * What differs between processes, over the square root of how many there were. The common part is known from a few processes only, hence
 * Student's quantile; the other from a hundred measurements in each of them. Processes that took few of the samples count for less:
 * (Σn)² / Σn².
 *
 * @see Kalibera and Jones 2013, Rigorous benchmarking in reasonable time, https://doi.org/10.1145/2464157.2464160
 */
export const betweenProcesses = ({ visits, process_noise = null, process_samples }: Sampled): BetweenProcesses => {
  if (process_noise === null) return NONE;
  const counts = process_samples ?? countsOf(visits);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const processes = total === 0 ? 1 : total ** 2 / counts.reduce((sum, count) => sum + count ** 2, 0);
  const widening = studentQuantile(Z_95, process_noise.processes - 1) / Z_95;
  return { common: (widening * process_noise.common) / Math.sqrt(processes), own: process_noise.own / Math.sqrt(processes) };
};

const countsOf = (visits: Sampled["visits"]): number[] => {
  const counts = new Map<number, number>();
  for (const { process, samples } of visits) counts.set(process, (counts.get(process) ?? 0) + samples);
  return [...counts.values()];
};

const widened = (interval: MedianInterval, sampled: Sampled): MedianInterval => {
  const { median, low, high } = interval;
  const { common, own } = betweenProcesses(sampled);
  const between = Z_95 * Math.hypot(common, own);
  if (between === 0 || low <= 0) return interval;
  return {
    median,
    low: median * Math.exp(-Math.hypot(Math.log(median / low), between)),
    high: median * Math.exp(Math.hypot(Math.log(high / median), between)),
  };
};

/** FNV-1a over the samples' bits. */
const seedOf = (samples: readonly number[]): number => {
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(Float64Array.from(samples).buffer)) hash = Math.imul(hash ^ word, 0x01000193);
  return hash;
};
