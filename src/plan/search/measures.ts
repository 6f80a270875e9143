import type { Candidate, ObjectiveResult } from "../schema.ts";

/**
 * What a policy costs, how far its tail is from the limits, and how often it changes the fleet: less is better in all three. All of it under
 * the same for all policies: with nothing lost, where there is something to survive.
 */
export interface Measures {
  readonly gpu_hours: number;
  /** The largest share of a limit that a latency objective takes; null where one is never reached. */
  readonly tail: number | null;
  readonly scale_events: number;
}

export const measuresOf = ({ objectives, compared, gpu_hours, scale_events }: Candidate): Measures => ({
  gpu_hours,
  tail: compared === undefined ? tailOrNull(objectives) : compared.tail,
  scale_events,
});

/** The largest share of a limit that a latency objective takes; null where one is never reached. */
export const tailOrNull = (objectives: readonly ObjectiveResult[]): number | null =>
  objectives
    .filter(({ unit }) => unit === "s")
    .reduce<number | null>((worst, { value, limit }) => (worst === null || value === null ? null : Math.max(worst, value / limit)), 0);

const isAsGood = (one: Measures, other: Measures): boolean =>
  one.gpu_hours <= other.gpu_hours && (one.tail ?? Infinity) <= (other.tail ?? Infinity) && one.scale_events <= other.scale_events;

/** Whether one is as good in all three and better in one. */
export const dominates = (one: Measures, other: Measures): boolean => isAsGood(one, other) && !isAsGood(other, one);

/** Whether nothing tells two apart. */
export const isSame = (one: Measures, other: Measures): boolean => isAsGood(one, other) && isAsGood(other, one);
