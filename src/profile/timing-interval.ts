import { bcaInterval, weightedMedian } from "../stats/bootstrap.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import type { Timing } from "./measurements/timing.ts";

/** From this many turns on they are what is drawn; fewer are too few to stand for all the turns there could have been. */
const FEWEST_VISITS = 6;

/** Standard normal quantile of 97.5 %. */
const Z_95 = 1.959964;

/** Samples as the interval of their median needs them. */
export interface Sampled {
  readonly samples_s: readonly number[];
  /** The turns in which they were taken; none where they were not. */
  readonly visits: readonly Pick<Timing["visits"][number], "samples" | "process">[];
  /** By how much processes differ; null or absent where nothing is known of that. */
  readonly process_noise?: number | null;
  /** Processes that took them; those of the turns where it is left out. */
  readonly processes?: number;
}

/**
 * Median of samples with its 95 % interval, for what another run would find.
 *
 * Two things are in it. By bootstrap, what varies within a process: samples of one turn share its conditions (the clock, another program at
 * work), so whole turns are drawn where there are at least 6 of them, else single samples. And what differs between processes, over the
 * square root of how many there were; processes are too few to be drawn, so that their noise is one figure for all measurements of a kind
 * (`process_noise`). The two are independent, and are added as squares on the scale of logarithms. Deterministic: the seed comes from the
 * samples.
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

const widened = (interval: MedianInterval, { visits, process_noise = null, processes }: Sampled): MedianInterval => {
  const { median, low, high } = interval;
  if (process_noise === null || process_noise === 0 || low <= 0) return interval;
  const between = (Z_95 * process_noise) / Math.sqrt(processes ?? Math.max(1, new Set(visits.map(({ process }) => process)).size));
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
