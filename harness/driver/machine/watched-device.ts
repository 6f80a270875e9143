import { meanPower, type Ran } from "../../../src/profile/machine-record.ts";
import type { MachineSample } from "../../../src/profile/machine-state.ts";
import {
  overlaps,
  SAMPLE_REACH,
  type Span,
  throttledBy,
  throttledSpans,
  turnsOf,
  withoutThrottled,
} from "../../../src/profile/throttle.ts";
import { duration } from "../../../src/format.ts";
import type { Seconds } from "../../../src/units.ts";
import { type BenchDevice, checkedResult } from "../bench-run.ts";
import type { Outcome } from "../session.ts";
import { aborted, timer } from "../waiting.ts";

/** Longest wait for a throttled GPU before a measurement begins, and before all of a run's together. */
const WAIT_LIMIT: Seconds = 15;
const WAIT_LIMIT_OF_RUN: Seconds = 60;
/** As often as samples come. */
const LOOK_AGAIN: Seconds = 0.2;
/** Waiting takes at most this share of a measurement's own limit. */
const WAIT_SHARE = 0.25;

/** The part of a watch that a device needs. */
export interface Watched {
  now(): Seconds;
  /** Of the GPU under measurement, in order of time. */
  samples(): readonly MachineSample[];
}

/** What measures: a session, whichever is open. */
export type Measurer = Pick<BenchDevice, "run" | "runTogether">;

export interface WatchedDevice extends Measurer {
  /** What ran when, so far. */
  readonly ran: readonly Ran[];
}

export interface WatchedOptions {
  /** What a reader of the profile should know. */
  readonly onNote: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly sleep?: (time: Seconds) => Promise<void>;
}

const reasonsIn = (samples: readonly MachineSample[], span: Span): string =>
  [
    ...new Set(
      samples
        .filter(({ at_s }) => at_s >= span.from - SAMPLE_REACH && at_s <= span.to + SAMPLE_REACH)
        .flatMap((sample) => throttledBy(sample)),
    ),
  ].join(", ");

/**
 * A device whose measurements know the state of the machine: it waits, for a bounded time, until a throttled GPU has recovered; drops
 * the samples taken while it throttled; and gives every kernel its mean power. A kernel of which nothing is left is left out, with the
 * reason; another measurement that a throttle fell into stays as it is, with a note. A throttle that begins after the last sample before
 * a measurement's end (a fifth of a second) goes unseen.
 */
export const watchedDevice = (device: Measurer, watch: Watched, { onNote, signal, sleep }: WatchedOptions): WatchedDevice => {
  const ran: Ran[] = [];
  let waitedInAll: Seconds = 0;

  const pause =
    sleep ??
    (async (time: Seconds) => {
      const moment = timer(time);
      const stop = aborted(signal);
      try {
        await Promise.race([moment.done, stop.done]);
      } finally {
        moment.cancel();
        stop.cancel();
      }
    });

  /** What throttles the GPU now; a sample that is too old says nothing. */
  const throttledNow = (): string[] => {
    const latest = watch.samples().at(-1);
    return latest === undefined || watch.now() - latest.at_s > SAMPLE_REACH ? [] : throttledBy(latest);
  };

  /** Waits for a throttled GPU. @returns how long it waited */
  const untilRecovered = async (limit: Seconds): Promise<Seconds> => {
    const started = watch.now();
    const most = Math.min(WAIT_LIMIT, WAIT_LIMIT_OF_RUN - waitedInAll, limit * WAIT_SHARE);
    const reasons = throttledNow();
    if (reasons.length === 0 || most <= 0) return 0;
    const until = started + most;
    while (throttledNow().length > 0 && watch.now() < until) await pause(Math.min(LOOK_AGAIN, until - watch.now()));
    const waited = watch.now() - started;
    waitedInAll += waited;
    onNote(
      `Waited ${duration(waited)} for the GPU, which throttled (${reasons.join(", ")})${throttledNow().length > 0 ? " and still does" : ""}.`,
    );
    return waited;
  };

  /** What the machine's state makes of a result. */
  const judged = <T extends Outcome>(outcome: T, id: string, underWay: Span): T | Extract<Outcome, { kind: "left-out" }> => {
    if (outcome.kind !== "measured") return outcome;
    const checked = checkedResult({ id }, outcome);
    if (checked.kind !== "measured") return outcome; // the loop says what is wrong with it
    const { measurement } = checked;
    const samples = watch.samples();
    const throttled = throttledSpans(samples);
    if (measurement.kind !== "kernel") {
      ran.push({ id, turns: [underWay] });
      if (overlaps(underWay, throttled)) {
        onNote(`${id}: the GPU throttled meanwhile (${reasonsIn(samples, underWay)}), so that it may be too slow.`);
      }
      return outcome;
    }
    const kept = withoutThrottled(measurement, underWay, throttled);
    if (kept === null) {
      return { kind: "left-out", because: `the GPU throttled all the time it was measured (${reasonsIn(samples, underWay)})` };
    }
    const turns = turnsOf(kept, underWay);
    ran.push({ id, turns });
    return { ...outcome, measurement: { ...kept, power_w: meanPower(samples, turns) } };
  };

  return {
    ran,
    run: async (job, limit) => {
      const waited = await untilRecovered(limit);
      const from = watch.now();
      return judged(await device.run(job, limit - waited), job.id, { from, to: watch.now() });
    },
    runTogether: async (jobs, limits, onResult) => {
      const waited = await untilRecovered(limits.within);
      const from = watch.now();
      return device.runTogether(jobs, { ...limits, within: limits.within - waited }, (job, result) =>
        onResult(job, judged(result, job.id, { from, to: watch.now() })),
      );
    },
  };
};
