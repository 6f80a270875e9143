import { median } from "simple-statistics";
import type { Seconds } from "../units.ts";
import { clockReasonSchema, type MachineSample, type MachineState, type Range } from "./machine-state.ts";
import { withoutProcess } from "./processes.ts";
import { SAMPLE_REACH, type Span, throttledBy } from "./throttle.ts";

/** A measurement and the turns in which it ran. */
export interface Ran {
  readonly id: string;
  readonly turns: readonly Span[];
}

/** What a sample stands for: the time up to half way to its neighbours, and not beyond its reach. */
const standsFor = (samples: readonly MachineSample[], i: number): Span => {
  const at = samples[i]?.at_s ?? 0;
  const before = samples[i - 1]?.at_s ?? Number.NEGATIVE_INFINITY;
  const after = samples[i + 1]?.at_s ?? Number.POSITIVE_INFINITY;
  return { from: Math.max((before + at) / 2, at - SAMPLE_REACH), to: Math.min((at + after) / 2, at + SAMPLE_REACH) };
};

const contains =
  (at: Seconds) =>
  ({ from, to }: Span): boolean =>
    from <= at && at < to;

const shared = (a: Span, b: Span): Seconds => Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));

/**
 * Mean power while a measurement had its turns, in watts; null where no sample tells.
 *
 * A tool's power is itself a mean over tens of milliseconds to a second (NVIDIA's over one second from Ampere on, where it has no
 * instant one), so that of interleaved measurements each one's power leans towards that of the others.
 */
export const meanPower = (samples: readonly MachineSample[], turns: readonly Span[]): number | null => {
  let energy = 0;
  let time = 0;
  for (const [i, { power_w }] of samples.entries()) {
    if (power_w === null) continue;
    const stands = standsFor(samples, i);
    for (const turn of turns) {
      const seconds = shared(stands, turn);
      energy += power_w * seconds;
      time += seconds;
    }
  }
  return time === 0 ? null : energy / time;
};

const rangeOf = (values: readonly (number | null)[]): Range => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : { min: Math.min(...known), median: median(known), max: Math.max(...known) };
};

const summary = (samples: readonly MachineSample[]): MachineState["measuring"] => {
  if (samples.length === 0) return null;
  const of = (pick: (sample: MachineSample) => number | null): Range => rangeOf(samples.map(pick));
  const share = (reason: (typeof clockReasonSchema.options)[number]) =>
    samples.filter(({ reasons }) => reasons?.includes(reason)).length / samples.length;
  return {
    samples: samples.length,
    sm_mhz: of(({ sm_mhz }) => sm_mhz),
    memory_mhz: of(({ memory_mhz }) => memory_mhz),
    power_w: of(({ power_w }) => power_w),
    temperature_c: of(({ temperature_c }) => temperature_c),
    memory_used_bytes: of(({ memory_used_bytes }) => memory_used_bytes),
    reasons: Object.fromEntries(clockReasonSchema.options.map((reason) => [reason, share(reason)] as const).filter(([, part]) => part > 0)),
  };
};

const KEPT_EVERY: Seconds = 1;

/** One sample a second at most, and every throttled one. */
const thinned = (samples: readonly MachineSample[]): MachineSample[] => {
  let last = Number.NEGATIVE_INFINITY;
  return samples.filter((sample) => {
    if (throttledBy(sample).length === 0 && sample.at_s - last < KEPT_EVERY) return false;
    last = sample.at_s;
    return true;
  });
};

/**
 * The GPU's part of the machine's state, from all that its tool said.
 *
 * @param idleUntil when the browser was started: what came before is the idle GPU
 */
export const gpuRecord = (
  samples: readonly MachineSample[],
  ran: readonly Ran[],
  idleUntil: Seconds,
): Pick<MachineState, "idle" | "measuring" | "samples"> => {
  const idAt = (at: Seconds): string | null => {
    const found = ran.find(({ turns }) => turns.some(contains(at)));
    return found === undefined ? null : withoutProcess(found.id);
  };
  const during = new Map(samples.map((sample) => [sample, idAt(sample.at_s)]));
  return {
    idle: samples.findLast(({ at_s }) => at_s <= idleUntil) ?? null,
    measuring: summary(samples.filter((sample) => during.get(sample) !== null)),
    samples: thinned(samples).map((sample) => ({ ...sample, during: during.get(sample) ?? null })),
  };
};
