import { median } from "simple-statistics";
import { logRatioOrNull } from "../../src/stats/ratio.ts";
import type { TuneJob } from "../../src/profile/jobs.ts";
import type { Tuning } from "../../src/profile/measurements/tuning.ts";
import { timingInterval } from "../../src/profile/timing-interval.ts";
import type { Seconds } from "../../src/units.ts";
import { OutOfMemory } from "./gpu-errors.ts";
import { LeftOut } from "./left-out.ts";
import { shuffled } from "./sampling/interleave.ts";
import type { Turn } from "./sampling/sampling.ts";

/** A variant on the device, ready to take turns. */
export interface Runner {
  take(): Promise<Turn>;
  destroy(): void;
}

export interface TuningOptions {
  /** Puts a variant on the device. @throws LeftOut where it cannot be timed, OutOfMemory where there is no room */
  readonly prepare: (variant: string) => Promise<{ readonly version: number; readonly runner: Runner }>;
  readonly now: () => Seconds;
  readonly random: () => number;
  /** A heat begins no further round after this time. */
  readonly heatLimit: Seconds;
}

/** Variants on the device at once, each with its own weights. */
const HEAT = 8;
/** Of each heat go on. */
const SURVIVORS = 2;
/** After so many rounds a variant is out whose best sample is slower than the best median by more than so much: noise explains less and less. */
const CUTS: readonly { readonly rounds: number; readonly slower: number }[] = [
  { rounds: 1, slower: 3 },
  { rounds: 2, slower: 1.5 },
  { rounds: 4, slower: 1.15 },
  { rounds: 8, slower: 1.05 },
];
const MOST_ROUNDS = 12;
/** Fresh samples of each that is left. */
const FRESH = 16;

/** A choice is made in one process, and the next may have as much for itself: a smaller gain is none. */
const LEAST_GAIN = 0.02;

interface Racer {
  readonly variant: string;
  readonly version: number;
  readonly runner: Runner;
  readonly race: Seconds[];
  fresh: Seconds[] | null;
}

/** What is known of a variant when it is not on the device. */
type Known = Pick<Racer, "variant" | "race">;

const bySpeed = (a: Racer, b: Racer): number => median(a.fresh ?? a.race) - median(b.fresh ?? b.race);

/** One sample of a turn: the others of the same turn share its mood. Null where none was a duration. */
const sampleOf = async ({ runner }: Racer): Promise<Seconds | null> => {
  const samples = (await runner.take()).samples.filter((sample) => sample > 0);
  return samples.length === 0 ? null : median(samples);
};

/** Rounds in an order drawn anew each, until one is left, the rounds are done or the time is over. @returns all that could be timed, the fastest first */
const heat = async (racers: readonly Racer[], { now, random, heatLimit }: TuningOptions): Promise<Racer[]> => {
  const began = now();
  let running = [...racers];
  for (let round = 1; round <= MOST_ROUNDS && (round === 1 || (running.length > 1 && now() - began < heatLimit)); round++) {
    for (const racer of shuffled(running, random)) {
      const sample = await sampleOf(racer);
      if (sample !== null) racer.race.push(sample);
    }
    running = running.filter(({ race }) => race.length > 0);
    const best = Math.min(...running.map(({ race }) => median(race)));
    const slower = CUTS.findLast(({ rounds }) => rounds <= round)?.slower ?? Infinity;
    running = running.filter(({ race }) => Math.min(...race) <= slower * best);
  }
  return racers.filter(({ race }) => race.length > 0).toSorted(bySpeed);
};

/**
 * Finds the fastest of the candidates at a shape by successive elimination, eight at a time, then times the first two and the default again
 * in turns: what won a race of many won by luck as well, and fresh samples have none of it. The default stays the choice unless another
 * one is faster by more than 2 %, with the whole 95 % interval of their ratio.
 *
 * Nothing stays on the device between heats, so that no candidate has less room than another.
 *
 * @throws LeftOut where no candidate can be timed
 */
export const measureTuning = async (job: TuneJob, options: TuningOptions): Promise<Tuning> => {
  const { id, family, dtype, shape, cache, candidates } = job;
  const raced = new Map<string, Racer>();
  /** Puts variants on the device, those that cannot be timed or have no room aside; has them take part in something; and takes them off again. */
  const withRacers = async <T>(variants: readonly string[], work: (racers: readonly Racer[]) => Promise<T>): Promise<T> => {
    const racers: Racer[] = [];
    try {
      for (const variant of variants) {
        try {
          const { version, runner } = await options.prepare(variant);
          racers.push({ variant, version, runner, race: raced.get(variant)?.race ?? [], fresh: null });
        } catch (error) {
          if (!(error instanceof LeftOut || error instanceof OutOfMemory)) throw error;
        }
      }
      return await work(racers);
    } finally {
      for (const { runner } of racers) runner.destroy();
    }
  };
  const race = (variants: readonly string[]): Promise<string[]> =>
    withRacers(variants, async (racers) => {
      const order = await heat(racers, options);
      for (const racer of order) raced.set(racer.variant, racer);
      return order.map(({ variant }) => variant);
    });

  const order = [job.default, ...candidates.filter((variant) => variant !== job.default)];
  let survivors: string[] = [];
  for (let from = 0; from < order.length; from += HEAT) survivors.push(...(await race(order.slice(from, from + HEAT))).slice(0, SURVIVORS));
  while (survivors.length > SURVIVORS) {
    const next: string[] = [];
    for (let from = 0; from < survivors.length; from += HEAT)
      next.push(...(await race(survivors.slice(from, from + HEAT))).slice(0, SURVIVORS));
    survivors = next;
  }
  const finalists = await withRacers([...new Set([...survivors, ...(raced.has(job.default) ? [job.default] : [])])], async (racers) => {
    await refresh(racers, options);
    return racers.toSorted(bySpeed);
  });
  const [fastest, second = null] = finalists;
  if (fastest === undefined) throw new LeftOut("none of the candidates could be timed");
  const standard = finalists.find(({ variant }) => variant === job.default) ?? null;
  const choice = standard === null || isFaster(fastest, standard) ? fastest : standard;
  const isFinalist = ({ variant }: Known): boolean => finalists.some((finalist) => finalist.variant === variant);
  return {
    kind: "tuning",
    id,
    family,
    dtype,
    shape: { ...shape },
    cache,
    default: job.default,
    choice: choice.variant,
    runner_up: (choice === fastest ? second : fastest)?.variant ?? null,
    candidates: [...finalists, ...[...raced.values()].filter((racer) => !isFinalist(racer)).toSorted(bySpeed)].map(
      ({ variant, version, race: race_s, fresh }) => ({ variant, version, rounds: race_s.length, race_s, fresh_s: fresh }),
    ),
    reused_from: null,
  };
};

/** Fresh samples of each, in turns. */
const refresh = async (racers: readonly Racer[], { random }: TuningOptions): Promise<void> => {
  const fresh = new Map(racers.map((racer) => [racer, [] as Seconds[]]));
  for (let round = 0; round < FRESH; round++) {
    for (const racer of shuffled(racers, random)) {
      const sample = await sampleOf(racer);
      if (sample !== null) fresh.get(racer)!.push(sample);
    }
  }
  for (const [racer, samples] of fresh) racer.fresh = samples.length === 0 ? null : samples;
};

/** Whether one is faster than the default, or is it. */
const isFaster = (racer: Racer, standard: Racer): boolean => {
  if (racer === standard || standard.fresh === null) return true;
  if (racer.fresh === null) return false;
  const ratio = logRatioOrNull(
    timingInterval({ samples_s: standard.fresh, visits: [] }),
    timingInterval({ samples_s: racer.fresh, visits: [] }),
  );
  return ratio !== null && ratio.high < -Math.log1p(LEAST_GAIN);
};
