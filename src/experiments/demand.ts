import type { Seconds } from "../units.ts";
import type { RandomStream } from "../traffic/random.ts";

/** A stretch of time with one rate, as a multiple of what one replica sustains. */
export interface Step {
  readonly for_s: Seconds;
  readonly load: number;
}

/** How much is asked of the fleet over time, relative to one replica, so that an experiment carries over to other devices. */
export interface Demand {
  /** One after another. */
  readonly steps: readonly Step[];
  /** Bursts on top, whose lengths are exponential: `factor` times the calm rate while one lasts. The mean over calm and burst stays. */
  readonly bursts?: { readonly factor: number; readonly burst_s: Seconds; readonly calm_s: Seconds };
}

export const durationOf = ({ steps }: Demand): Seconds => steps.reduce((sum, { for_s }) => sum + for_s, 0);

/** Mean over all steps. */
export const meanLoad = (demand: Demand): number =>
  demand.steps.reduce((sum, { for_s, load }) => sum + for_s * load, 0) / durationOf(demand);

/** The highest rate that the demand can have, bursts included. */
export const peakLoad = ({ steps, bursts }: Demand): number =>
  Math.max(...steps.map(({ load }) => load)) * (bursts === undefined ? 1 : bursts.factor * calmShare(bursts));

export const steady = (load: number, for_s: Seconds): Demand => ({ steps: [{ for_s, load }] });

/**
 * From one rate to another by equal steps of half a minute.
 *
 * @param over_s how long that takes; 0 jumps
 */
export const rampTo = (from: Step, to: Step, over_s: Seconds): Demand => {
  const count = Math.ceil(over_s / 30);
  const between = Array.from({ length: count }, (_, i) => ({
    for_s: over_s / count,
    load: from.load + ((to.load - from.load) * (i + 0.5)) / count,
  }));
  return { steps: [from, ...between, to] };
};

/** Days one after another, each from a trough to a peak and back by a triangle of 24 steps. @param swing 0.5: the peak is half above the mean, the trough half below */
export const days = (load: number, swing: number, day_s: Seconds, count = 1): Demand => ({
  steps: Array.from({ length: 24 * count }, (_, i) => {
    const distance = Math.abs(((i % 24) + 0.5) / 12 - 1);
    return { for_s: day_s / 24, load: load * (1 + swing * (1 - 2 * distance)) };
  }),
});

/**
 * The demand with its bursts drawn: steps without bursts.
 *
 * @param stream draws nothing without bursts
 */
export const drawSteps = ({ steps, bursts }: Demand, stream: RandomStream): readonly Step[] => {
  if (bursts === undefined) return steps;
  const calm = calmShare(bursts);
  const drawn: Step[] = [];
  let isBurst = stream.uniform() < bursts.burst_s / (bursts.burst_s + bursts.calm_s);
  let left = stream.exponential(isBurst ? bursts.burst_s : bursts.calm_s);
  for (const { for_s, load } of steps) {
    for (let rest = for_s; rest > 0;) {
      const length = Math.min(rest, left);
      drawn.push({ for_s: length, load: load * calm * (isBurst ? bursts.factor : 1) });
      rest -= length;
      left -= length;
      if (left > 0) continue;
      isBurst = !isBurst;
      left = stream.exponential(isBurst ? bursts.burst_s : bursts.calm_s);
    }
  }
  return drawn;
};

/** The calm rate over the mean. */
const calmShare = ({ factor, burst_s, calm_s }: NonNullable<Demand["bursts"]>): number => (burst_s + calm_s) / (calm_s + factor * burst_s);
