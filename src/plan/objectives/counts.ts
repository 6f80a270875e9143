import type { Run } from "../../fleet/run.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import { toNanoseconds, toSeconds } from "../../units.ts";
import { gapsOf, type CountedRecord } from "./gaps.ts";
import { timesOf, timesOrNull, type Latencies } from "./latencies.ts";
import { allowed, covers, objectivesOf, type LatencyObjective, type Objective } from "./objectives.ts";

/** What an objective counts in one run: bad ones of so many. Both are requests or gaps; or scale events, GPU-hours or money of so many hours. */
export interface Count {
  readonly bad: number;
  readonly of: number;
}

/** What each objective counts in one run, and within each window where windows are asked for. */
export interface Counts {
  readonly whole: readonly Count[];
  /** By window of arrival, then by objective. */
  readonly byWindow: readonly (readonly Count[])[];
}

const sum = (counts: readonly Count[]): Count => ({
  bad: counts.reduce((total, { bad }) => total + bad, 0),
  of: counts.reduce((total, { of }) => total + of, 0),
});

/** Several runs counted as one. */
export const pooled = (runs: readonly Counts[]): Counts => {
  const objectives = runs[0]?.whole.length ?? 0;
  const windows = runs.reduce((most, { byWindow }) => Math.max(most, byWindow.length), 0);
  const each = (countsOfRun: (run: Counts) => readonly Count[] | undefined): Count[] =>
    Array.from({ length: objectives }, (_, i) => sum(runs.flatMap((run) => countsOfRun(run)?.[i] ?? [])));
  return {
    whole: each(({ whole }) => whole),
    byWindow: Array.from({ length: windows }, (_, window) => each(({ byWindow }) => byWindow[window])),
  };
};

/** A window with fewer requests over all replications together says nothing of a percentile. */
export const LEAST_IN_WINDOW = 100;

/**
 * Requests that were left when a run ended because nothing had come of any for a day: never answered, whichever they are, so that a fleet which
 * answers nobody meets no objective.
 */
const neverAnswered = ({ requests: { deferred, queued, running } }: Run): Count => {
  const left = deferred + queued + running;
  return { bad: left, of: left };
};

/**
 * Counts, by objective in the order of `objectivesOf`.
 *
 * @param cost of the run; needed where there is a ceiling on it
 */
export const countsOf = (
  records: readonly CountedRecord[],
  latencies: Latencies,
  run: Run,
  objectives: Objectives,
  cost: number | null = null,
): Counts => {
  const asked = objectivesOf(objectives);
  const limits = asked.filter((objective) => objective.kind === "latency");
  const never = neverAnswered(run);
  const whole = asked.map((objective): Count => {
    switch (objective.kind) {
      case "latency":
        return sum([timesOf(latencies, objective).beyond(objective.limit), never]);
      case "scale-events":
        return { bad: run.scale_events.length, of: run.ended_at_s / 3600 };
      case "gpu-hours":
        return { bad: run.gpu_hours, of: run.ended_at_s / 3600 };
      case "cost":
        return { bad: cost ?? 0, of: run.ended_at_s / 3600 };
      default:
        return sum([countIn(records, objective, limits), never]);
    }
  });
  return { whole, byWindow: objectives.window_s === undefined ? [] : windowed(records, asked, limits, objectives.window_s) };
};

const windowed = (
  records: readonly CountedRecord[],
  asked: readonly Objective[],
  limits: readonly LatencyObjective[],
  window: number,
): Count[][] => {
  const byWindow: (CountedRecord[] | undefined)[] = [];
  for (const record of records) (byWindow[Math.floor(record.arrivedAt / toNanoseconds(window))] ??= []).push(record);
  return Array.from(byWindow, (inside = []) => asked.map((objective) => countIn(inside, objective, limits)));
};

/** What an objective counts of several requests. */
export const countIn = (records: readonly CountedRecord[], objective: Objective, limits: readonly LatencyObjective[]): Count => {
  let bad = 0;
  let of = 0;
  for (const record of records) {
    const count = countOfOne(record, objective, limits);
    bad += count.bad;
    of += count.of;
  }
  return { bad, of };
};

const NONE: Count = { bad: 0, of: 0 };
const GOOD: Count = { bad: 0, of: 1 };
const BAD: Count = { bad: 1, of: 1 };

/**
 * What an objective counts of one request: the request itself, or its gaps.
 *
 * @param limits of all latency objectives, for goodput
 */
export const countOfOne = (record: CountedRecord, objective: Objective, limits: readonly LatencyObjective[]): Count => {
  switch (objective.kind) {
    case "latency": {
      if (!covers(objective.scope, record.priority)) return NONE;
      if (objective.metric === "itl") return gapsBeyond(record, objective);
      const within = isWithin(record, objective);
      return within === null ? NONE : within ? GOOD : BAD;
    }
    case "goodput":
      return !covers(objective.scope, record.priority) ? NONE : isGood(record, limits) ? GOOD : BAD;
    case "rejected":
      return !covers(objective.scope, record.priority) ? NONE : timesOrNull(record) !== null ? GOOD : BAD;
    default:
      return NONE;
  }
};

const gapsBeyond = (record: CountedRecord, { limit }: LatencyObjective): Count => {
  const of = gapsOf(record);
  return { bad: timesOrNull(record) === null ? of : (record.gapsBeyond?.get(limit) ?? 0), of };
};

/** Whether a request finished within all limits that are for it. */
export const isGood = (record: CountedRecord, limits: readonly LatencyObjective[]): boolean =>
  timesOrNull(record) !== null && limits.every((limit) => !covers(limit.scope, record.priority) || isWithin(record, limit) !== false);

/**
 * Null where the request has no such latency and counts neither way; one that did not finish is not. Of gaps, so many may be beyond the
 * limit as the percentile leaves: of 200, two at p99.
 */
export const isWithin = (record: CountedRecord, objective: LatencyObjective): boolean | null => {
  const times = timesOrNull(record);
  if (times === null) return false;
  if (objective.metric === "itl") {
    const { bad, of } = gapsBeyond(record, objective);
    return of === 0 ? null : bad <= allowed(objective) * of;
  }
  const time = times[objective.metric];
  return time === null ? null : toSeconds(time) <= objective.limit;
};
