import type { Timing } from "../../../src/profile/measurements/timing.ts";
import type { Seconds } from "../../../src/units.ts";
import { commandsOf, type TimedWork } from "./encodable.ts";
import { LeftOut } from "../left-out.ts";
import { runsPerSample, type SampleLength } from "./run-count.ts";
import type { Turn } from "./sampling.ts";
import { passTimer } from "./timestamps.ts";
import { now, roundTrip } from "./wall-clock.ts";

/** How a timing's samples were obtained. */
export type Method =
  | Pick<Extract<Timing, { kind: "gpu-timestamp" }>, "kind">
  | Pick<Extract<Timing, { kind: "wall-clock" }>, "kind" | "because">;

/** Work that is set up for timing: how long a sample is to be is known. */
export interface Stopwatch {
  readonly method: Method;
  readonly runsPerSample: number;
  /** Of one run, roughly; not positive where it was too short to see. */
  readonly estimate: Seconds;
  /** Smallest difference that one run's time can show. */
  readonly resolution: Seconds;
  /** The samples of one submit, or of a few for the wall clock: each the time of one run. */
  take(): Promise<Turn>;
  destroy(): void;
}

export interface Timer {
  /** Runs the work a few times to learn how long it takes: what drivers compile late and first touches of memory are over after that. */
  setUp(work: TimedWork): Promise<Stopwatch>;
}

/** A sample shorter than this is mostly the pass's own beginning and end. */
const SHORTEST_SAMPLE: Seconds = 1e-3;
/** A clock's step is then at most half a percent of a sample. */
const TICKS_PER_SAMPLE = 200;
const LONGEST_SAMPLE: Seconds = 0.25;
/** One submit gathers samples up to about this long: waiting for it costs milliseconds each time. */
const SUBMIT_LENGTH: Seconds = 0.02;
/** Samples of one turn share its conditions: more turns tell more than more samples of each. */
const MOST_PER_TURN = 8;
/** In samples of fewer runs the first one counts, which alone comes after something else. */
const FEW_RUNS = 16;
/** Above this tick a sample would be too long: wall-clock time is finer. */
const COARSEST_TICK: Seconds = LONGEST_SAMPLE / TICKS_PER_SAMPLE;
/** Waiting is polled in steps of about 2 ms: the difference of two round trips dwarfs that from here on. */
const WALL_SAMPLE: SampleLength = { aim: 0.04, limit: LONGEST_SAMPLE };
/** The step of an isolated page's clock. */
const WALL_STEP: Seconds = 5e-6;

/** GPU timestamps around one pass with K runs in it. Passes whose timestamps are equal or go backwards are dropped and counted. */
const timestampTimer = (device: GPUDevice, tick: Seconds): Timer => ({
  setUp: async (work) => {
    const passes = passTimer(device);
    const length: SampleLength = { aim: Math.max(SHORTEST_SAMPLE, TICKS_PER_SAMPLE * tick), limit: LONGEST_SAMPLE };
    const runsFor = (oneRun: Seconds) => Math.min(runsPerSample(oneRun, length), work.mostRuns);
    /** Of one run among so many, and of the whole submit; by the page's clock, which says too much, where the timestamps say nothing. */
    const estimate = async (runs: number): Promise<{ readonly run: Seconds; readonly submit: Seconds }> => {
      const started = now();
      const [duration] = await passes.time(work, runs, 1);
      const submit = now() - started;
      return { run: (duration ?? submit) / runs, submit };
    };
    try {
      // The first run compiles what the driver left for later and touches every page; those in a row are faster than one alone.
      await estimate(1);
      const guess = runsFor((await estimate(1)).run);
      const { run, submit } = await estimate(guess);
      const runs = runsFor(run);
      // What comes before each sample is not in its timestamps, and takes its time all the same.
      const sampleLength = Math.max(runs * run, work.beforeSample === undefined ? 0 : submit);
      // Other cases have their turns in between: so that what is to follow others does, a sample of few runs is alone in its turn.
      const most = work.follows === "others" && runs < FEW_RUNS ? 1 : MOST_PER_TURN;
      const perSubmit = Math.max(1, Math.min(most, Math.floor(SUBMIT_LENGTH / sampleLength)));
      const { beforeSubmit, ...always } = work;
      const timed: TimedWork = beforeSubmit !== undefined && run < SUBMIT_LENGTH ? work : always;
      return {
        method: { kind: "gpu-timestamp" },
        runsPerSample: runs,
        estimate: run,
        resolution: tick / runs,
        take: async () => {
          const durations = (await passes.time(timed, runs, perSubmit)).filter((duration) => duration !== null);
          return { samples: durations.map((duration) => duration / runs), dropped: perSubmit - durations.length };
        },
        destroy: passes.destroy,
      };
    } catch (error) {
      passes.destroy();
      throw error;
    }
  },
});

/**
 * The page's clock around a submit and the wait for it. A sample is T(2K) − T(K) over K, so what every round trip costs drops
 * out. One turn takes K, 2K, 2K, K: what drifts evenly meanwhile drops out too.
 *
 * Noise may make a difference zero or negative. It is given as it came: to drop it here would bias what is left.
 */
const wallClockTimer = (device: GPUDevice, because: Extract<Timing, { kind: "wall-clock" }>["because"]): Timer => ({
  setUp: async (work) => {
    if (work.mostRuns < 2) throw new LeftOut("a single cold run cannot be told from the round trip it is in, and there is no room for two");
    const { queue } = device;
    const roundTripOf = async (runs: number): Promise<Seconds> => {
      if (work.beforeSample !== undefined) {
        const encoder = device.createCommandEncoder();
        work.beforeSample(encoder);
        await roundTrip(queue, () => queue.submit([encoder.finish()]));
      }
      return roundTrip(queue, () => queue.submit([commandsOf(device, work, runs)]));
    };
    const difference = async (runs: number) => (await roundTripOf(2 * runs)) - (await roundTripOf(runs));
    const mostRuns = Math.floor(work.mostRuns / 2);
    await roundTripOf(1);
    // Doubling finds K from below: an estimate out of one round trip would be all floor.
    let runs = 1;
    let one = await difference(runs);
    while (runs * one < WALL_SAMPLE.aim && 2 * runs <= mostRuns && runs < runsPerSample(Math.max(0, one), WALL_SAMPLE)) {
      runs *= 2;
      one = (await difference(runs)) / runs;
    }
    return {
      method: { kind: "wall-clock", because },
      runsPerSample: runs,
      estimate: one,
      resolution: WALL_STEP / runs,
      take: async () => {
        const [before, first, second, after] = [
          await roundTripOf(runs),
          await roundTripOf(2 * runs),
          await roundTripOf(2 * runs),
          await roundTripOf(runs),
        ];
        return { samples: [(first - before) / runs, (second - after) / runs], dropped: 0 };
      },
      destroy: () => {},
    };
  },
});

/** @param tick of the GPU's timestamps; null without `timestamp-query` */
export const timerFor = (device: GPUDevice, tick: Seconds | null): Timer => {
  if (tick === null) return wallClockTimer(device, "no timestamp-query");
  return tick > COARSEST_TICK ? wallClockTimer(device, "coarse ticks") : timestampTimer(device, tick);
};
