import { bcaInterval, weightedMedian } from "../stats/bootstrap.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import type { Timing } from "./measurements/timing.ts";

/** From this many turns on they are what is drawn; fewer are too few to stand for all the turns there could have been. */
const FEWEST_VISITS = 6;

/**
 * Median of a timing's samples with its 95 % bootstrap interval.
 *
 * Samples of one turn share its conditions (the clock, another program at work), so whole turns are drawn where there are at
 * least 6 of them, else single samples. What differs between two runs of the program is in neither. Deterministic: the seed
 * comes from the samples.
 *
 * @throws RangeError without samples
 */
export const timingInterval = (timing: Pick<Timing, "samples_s" | "visits">): MedianInterval => {
  const interval = known.get(timing) ?? bootstrapped(timing);
  known.set(timing, interval);
  return interval;
};

/** A report asks for the same interval in many places. */
const known = new WeakMap<object, MedianInterval>();

const bootstrapped = ({ samples_s, visits }: Pick<Timing, "samples_s" | "visits">): MedianInterval => {
  const visitOf = visits.flatMap(({ samples }, visit) => Array<number>(samples).fill(visit));
  const isByVisit = visits.length >= FEWEST_VISITS && visitOf.length === samples_s.length;
  const units = isByVisit ? visits.length : samples_s.length;
  const statistic = weightedMedian(samples_s, (index) => (isByVisit ? visitOf[index]! : index));
  const interval = bcaInterval(units, statistic, { seed: seedOf(samples_s) });
  return { median: statistic(new Uint16Array(units).fill(1)), ...interval };
};

/** FNV-1a over the samples' bits. */
const seedOf = (samples: readonly number[]): number => {
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(Float64Array.from(samples).buffer)) hash = Math.imul(hash ^ word, 0x01000193);
  return hash;
};
