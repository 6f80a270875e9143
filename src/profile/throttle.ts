import { relativeNoise } from "../stats/median-interval.ts";
import type { Seconds } from "../units.ts";
import type { ClockReason, MachineSample } from "./machine-state.ts";
import type { MeasurementOf } from "./schema.ts";
import { timingInterval } from "./timing-interval.ts";

/** A stretch of time, in seconds since the watch of the machine began. */
export interface Span {
  readonly from: Seconds;
  readonly to: Seconds;
}

/**
 * The reasons that make a time wrong: the GPU protects itself from heat or from its supply, and a cooler or better fed one of the same
 * kind would not. The rest are how it works: `sw-power-cap` is where a busy GPU settles under its own power limit (recorded with the
 * clocks, so that a reader sees it), `applications-clocks`, `display-clocks` and `sync-boost` are what someone set, `gpu-idle` is a
 * pause. A threshold on the clock alone, as nvbench has it at 75 % of the default one, cannot tell a power limit from heat; the driver's
 * own reason can. Where the driver does not tell, nothing is discarded.
 *
 * @see NVML's clock event reasons, https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
 */
export const THROTTLE_REASONS: readonly ClockReason[] = ["hw-slowdown", "sw-thermal", "hw-thermal", "hw-power-brake"];

/** What throttled the GPU when the sample was taken; none where it did not, or the tool does not tell. */
export const throttledBy = ({ reasons }: Pick<MachineSample, "reasons">): ClockReason[] =>
  (reasons ?? []).filter((reason) => THROTTLE_REASONS.includes(reason));

/** A sample says nothing of what lies further from it than this. */
export const SAMPLE_REACH: Seconds = 1;

/**
 * When the GPU may have been throttled: around each throttled sample, from the one before to the one after, since nothing is known of
 * the time between. Samples are in order of time; so are the spans, and apart.
 */
export const throttledSpans = (samples: readonly MachineSample[]): Span[] => {
  const spans: Span[] = [];
  for (const [i, sample] of samples.entries()) {
    if (throttledBy(sample).length === 0) continue;
    const from = Math.max(samples[i - 1]?.at_s ?? Number.NEGATIVE_INFINITY, sample.at_s - SAMPLE_REACH);
    const to = Math.min(samples[i + 1]?.at_s ?? Number.POSITIVE_INFINITY, sample.at_s + SAMPLE_REACH);
    const last = spans.at(-1);
    if (last !== undefined && from <= last.to) spans[spans.length - 1] = { from: last.from, to };
    else spans.push({ from, to });
  }
  return spans;
};

export const overlaps = (span: Span, others: readonly Span[]): boolean => others.some(({ from, to }) => span.from < to && from < span.to);

type Kernel = MeasurementOf<"kernel">;

/**
 * When each turn of a measurement ran. Turns are told in seconds since their group began, and the last one ended when the answer came.
 * A measurement whose turns are not known counts as one turn over all the time it was under way.
 *
 * @param underWay from the call to the measurement's own answer
 */
export const turnsOf = ({ timing: { visits } }: Kernel, underWay: Span): Span[] => {
  if (visits.length === 0) return [underWay];
  const lastEnd = Math.max(...visits.map(({ at_s, took_s }) => at_s + took_s));
  const began = Math.max(underWay.from, underWay.to - lastEnd);
  return visits.map(({ at_s, took_s }) => ({ from: began + at_s, to: began + at_s + took_s }));
};

/**
 * A measurement without the turns in which the GPU throttled, their samples counted in `throttled`; null where none is left. Samples of
 * one turn share its conditions, so that a turn goes as a whole.
 */
export const withoutThrottled = (measurement: Kernel, underWay: Span, throttled: readonly Span[]): Kernel | null => {
  const isThrottled = turnsOf(measurement, underWay).map((turn) => overlaps(turn, throttled));
  if (!isThrottled.includes(true)) return measurement;
  if (!isThrottled.includes(false)) return null;
  const { timing } = measurement;
  const samples_s: number[] = [];
  let first = 0;
  for (const [i, { samples }] of timing.visits.entries()) {
    if (isThrottled[i] === false) samples_s.push(...timing.samples_s.slice(first, first + samples));
    first += samples;
  }
  if (samples_s.length === 0) return null;
  const visits = timing.visits.filter((_, i) => isThrottled[i] === false);
  // The noise is that of what is left; what ended the sampling stays what it was.
  const stopping = timing.stopping === null ? null : { ...timing.stopping, noise: relativeNoise(timingInterval({ samples_s, visits })) };
  return {
    ...measurement,
    timing: { ...timing, samples_s, throttled: timing.throttled + timing.samples_s.length - samples_s.length, visits, stopping },
  };
};
