import type { Timing } from "../../src/profile/measurements/timing.ts";
import type { Seconds } from "../../src/units.ts";
import { commandsOf, type Encodable } from "./encodable.ts";
import { LeftOut } from "./left-out.ts";
import { runsPerSample, type SampleLength } from "./run-count.ts";
import { sampleUntil, type StoppingRule } from "./sampler.ts";
import { MOST_PASSES, passTimer } from "./timestamps.ts";
import { now, roundTrip } from "./wall-clock.ts";

/** Times prepared work that is hot: its inputs lie where the runs before left them. */
export interface Timer {
  time(work: Encodable, rule: StoppingRule): Promise<Timing>;
}

/** A sample shorter than this is mostly the pass's own beginning and end. */
const SHORTEST_SAMPLE: Seconds = 1e-3;
/** A clock's step is then at most half a percent of a sample. */
const TICKS_PER_SAMPLE = 200;
const LONGEST_SAMPLE: Seconds = 0.25;
/** One submit gathers samples up to about this long: waiting for it costs milliseconds each time. */
const SUBMIT_LENGTH: Seconds = 0.02;
/** Above this tick a sample would be too long: wall-clock time is finer. */
const COARSEST_TICK: Seconds = LONGEST_SAMPLE / TICKS_PER_SAMPLE;
/** Waiting is polled in steps of about 2 ms: the difference of two round trips dwarfs that from here on. */
const WALL_SAMPLE: SampleLength = { aim: 0.04, limit: LONGEST_SAMPLE };

/**
 * GPU timestamps around one pass with K runs in it. Passes whose timestamps are equal or go backwards are dropped and counted.
 *
 * @throws LeftOut where every pass was dropped
 */
const timestampTimer = (device: GPUDevice, tick: Seconds): Timer => ({
  time: async (work, rule) => {
    const passes = passTimer(device);
    const length: SampleLength = { aim: Math.max(SHORTEST_SAMPLE, TICKS_PER_SAMPLE * tick), limit: LONGEST_SAMPLE };
    try {
      /** Of one run among so many; by the page's clock, which says too much, where the timestamps say nothing. */
      const estimate = async (runs: number): Promise<Seconds> => {
        const started = now();
        const [duration] = await passes.time(work, runs, 1);
        return (duration ?? now() - started) / runs;
      };
      // The first run compiles what the driver left for later and touches every page; those in a row are faster than one alone.
      await estimate(1);
      const guess = runsPerSample(await estimate(1), length);
      const hotRun = await estimate(guess);
      const runs = runsPerSample(hotRun, length);
      const perSubmit = Math.max(1, Math.min(MOST_PASSES, Math.floor(SUBMIT_LENGTH / (runs * hotRun))));
      let dropped = 0;
      const samples = await sampleUntil(
        async () => {
          const durations = (await passes.time(work, runs, perSubmit)).filter((duration) => duration !== null);
          dropped += perSubmit - durations.length;
          return durations.map((duration) => duration / runs);
        },
        rule,
        now,
      );
      if (samples.length === 0) throw new LeftOut(`all ${dropped} timestamp pairs were equal or went backwards`);
      return { kind: "gpu-timestamp", samples_s: samples, runs_per_sample: runs, dropped, throttled: 0, visits: [], stopping: null };
    } finally {
      passes.destroy();
    }
  },
});

/**
 * The page's clock around a submit and the wait for it. A sample is T(2K) − T(K) over K, so what every round trip costs drops
 * out; one that comes out negative is noise and no sample.
 *
 * @throws LeftOut where every difference was negative
 */
const wallClockTimer = (device: GPUDevice, because: Extract<Timing, { kind: "wall-clock" }>["because"]): Timer => ({
  time: async (work, rule) => {
    const roundTripOf = (runs: number) => roundTrip(device.queue, () => device.queue.submit([commandsOf(device, work, runs)]));
    const difference = async (runs: number) => (await roundTripOf(2 * runs)) - (await roundTripOf(runs));
    await roundTripOf(1);
    // Doubling finds K from below: an estimate out of one round trip would be all floor.
    let runs = 1;
    let one = await difference(runs);
    while (runs * one < WALL_SAMPLE.aim && runs < runsPerSample(Math.max(0, one), WALL_SAMPLE)) {
      runs *= 2;
      one = (await difference(runs)) / runs;
    }
    const samples = await sampleUntil(
      async () => {
        const sample = (await difference(runs)) / runs;
        return sample >= 0 ? [sample] : [];
      },
      rule,
      now,
    );
    if (samples.length === 0) throw new LeftOut("it is too short for the wall clock here");
    return { kind: "wall-clock", samples_s: samples, runs_per_sample: runs, dropped: 0, throttled: 0, visits: [], stopping: null, because };
  },
});

/** @param tick of the GPU's timestamps; null without `timestamp-query` */
export const timerFor = (device: GPUDevice, tick: Seconds | null): Timer => {
  if (tick === null) return wallClockTimer(device, "no timestamp-query");
  return tick > COARSEST_TICK ? wallClockTimer(device, "coarse ticks") : timestampTimer(device, tick);
};
