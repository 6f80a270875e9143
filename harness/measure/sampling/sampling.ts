import type { Stopping, Timing } from "../../../src/profile/measurements/timing.ts";
import { timingInterval } from "../../../src/profile/timing-interval.ts";
import { entropyTracker, type EntropyTracker } from "../../../src/stats/entropy.ts";
import { relativeNoise } from "../../../src/stats/median-interval.ts";
import type { Seconds } from "../../../src/units.ts";
import { LeftOut } from "../left-out.ts";
import type { StoppingRule } from "./stopping-rule.ts";

/** What one turn gave: samples in order, and how many the clock gave no duration for. */
export interface Turn {
  readonly samples: readonly Seconds[];
  readonly dropped: number;
}

/** The samples of one turn, and when it was taken. A sample of the wall clock may be zero or negative here. */
interface Visit {
  readonly samples: readonly Seconds[];
  readonly at: Seconds;
  readonly took: Seconds;
}

/** Fewer turns than this may all have fallen into one mood of the machine, and their interval cannot tell. */
const FEWEST_VISITS = 6;

/**
 * The samples of one case, gathered turn by turn, and its own decision when there are enough of them. Time counts in its own turns only;
 * where it is over before the fewest samples are there, it is given as much again.
 */
export class Sampling {
  readonly #rule: StoppingRule;
  readonly #entropy: EntropyTracker;
  readonly #visits: Visit[] = [];
  #dropped = 0;
  #spent: Seconds = 0;

  /** @param binWidth samples closer than this are one value to the entropy criterion */
  constructor(rule: StoppingRule, binWidth: Seconds) {
    this.#rule = rule;
    this.#entropy = entropyTracker(binWidth);
  }

  add({ samples, dropped }: Turn, at: Seconds, took: Seconds): void {
    this.#dropped += dropped;
    this.#spent += took;
    for (const sample of samples) this.#entropy.add(sample);
    if (samples.length > 0) this.#visits.push({ samples, at, took });
  }

  get #count(): number {
    return this.#visits.reduce((sum, { samples }) => sum + samples.length, 0);
  }

  /** Whether the samples so far may stand for the case if no more come. */
  get isEnough(): boolean {
    return this.#count >= Math.max(1, this.#rule.fewest);
  }

  /** Why the case is done; null where it is not. */
  reasonOrNull(): Stopping["reason"] | null {
    const { shortest, noise, most, timeLimit } = this.#rule;
    if (this.isEnough && this.#spent >= shortest && this.#visits.length >= FEWEST_VISITS) {
      if (noiseOf(kept(this.#visits)) <= noise) return "noise";
      if (this.#entropy.isSettled()) return "entropy";
    }
    if (this.#count >= most) return "most-samples";
    return this.#spent >= (this.isEnough ? timeLimit : 2 * timeLimit) ? "time-out" : null;
  }

  /** @throws LeftOut where no sample is a duration */
  finished(reason: Stopping["reason"]): Pick<Timing, "samples_s" | "dropped" | "throttled" | "visits" | "process_noise" | "stopping"> {
    const visits = kept(this.#visits);
    const noise = noiseOf(visits);
    const samples = visits.flatMap((visit) => visit.samples);
    const dropped = this.#dropped + this.#count - samples.length;
    if (samples.length === 0) throw new LeftOut(`all ${dropped} samples were zero or negative: it is too short for the clock here`);
    return {
      samples_s: samples,
      dropped,
      throttled: 0,
      visits: asWritten(visits),
      process_noise: null,
      stopping: { reason, noise, noise_limit: this.#rule.noise },
    };
  }
}

const asWritten = (visits: readonly Visit[]): Timing["visits"] =>
  visits.map(({ samples, at, took }) => ({ samples: samples.length, at_s: at, took_s: took, process: 0 }));

const noiseOf = (visits: readonly Visit[]): number => {
  const samples_s = visits.flatMap(({ samples }) => samples);
  return samples_s.length === 0 ? Infinity : relativeNoise(timingInterval({ samples_s, visits: asWritten(visits) }));
};

/**
 * The turns without samples that are no durations, and without as many of the largest.
 *
 * A difference of two wall-clock times comes out negative where noise outweighs it. To drop only those would keep the noise that
 * lengthens and not the noise that shortens; with as many dropped at the other end the median stays where it was.
 */
const kept = (visits: readonly Visit[]): Visit[] => {
  const all = visits.flatMap(({ samples }) => samples);
  const impossible = all.filter((sample) => sample <= 0).length;
  if (impossible === 0) return [...visits];
  const order = [...all.keys()].sort((a, b) => all[a]! - all[b]!);
  const keeps = new Set(order.slice(impossible, Math.max(impossible, order.length - impossible)));
  let index = 0;
  return visits
    .map((visit) => ({ ...visit, samples: visit.samples.filter(() => keeps.has(index++)) }))
    .filter(({ samples }) => samples.length > 0);
};
