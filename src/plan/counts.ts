import type { RequestRecord } from "../fleet/config.ts";
import type { Run } from "../fleet/run.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import { beyond, timesOrNull, type Latencies } from "./latencies.ts";
import { objectivesOf, type LatencyObjective, type Objective } from "./objectives.ts";

/** What an objective counts in one run: bad ones of so many. Both are requests, or scale events or GPU-hours of so many hours. */
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

/** Counts, by objective in the order of `objectivesOf`. */
export const countsOf = (records: readonly RequestRecord[], latencies: Latencies, run: Run, objectives: Objectives): Counts => {
  const asked = objectivesOf(objectives);
  const limits = asked.filter((objective) => objective.kind === "latency");
  const whole = asked.map((objective): Count => {
    switch (objective.kind) {
      case "latency":
        return beyond(latencies, objective.metric, objective.limit);
      case "goodput":
        return { bad: records.filter((record) => !isGood(record, limits)).length, of: records.length };
      case "rejected":
        return { bad: latencies.missing, of: records.length };
      case "scale-events":
        return { bad: run.scale_events.length, of: run.ended_at_s / 3600 };
      case "gpu-hours":
        return { bad: run.gpu_hours, of: run.ended_at_s / 3600 };
      default:
        return objective satisfies never;
    }
  });
  return { whole, byWindow: objectives.window_s === undefined ? [] : windowed(records, asked, limits, objectives.window_s) };
};

const windowed = (
  records: readonly RequestRecord[],
  asked: readonly Objective[],
  limits: readonly LatencyObjective[],
  window: number,
): Count[][] => {
  const byWindow: (RequestRecord[] | undefined)[] = [];
  for (const record of records) (byWindow[Math.floor(record.arrivedAt / toNanoseconds(window))] ??= []).push(record);
  return Array.from(byWindow, (inside = []) => asked.map((objective) => countIn(inside, objective, limits)));
};

const countIn = (records: readonly RequestRecord[], objective: Objective, limits: readonly LatencyObjective[]): Count => {
  switch (objective.kind) {
    case "latency": {
      const counted = records.map((record) => isWithin(record, objective)).filter((within) => within !== null);
      return { bad: counted.filter((within) => !within).length, of: counted.length };
    }
    case "goodput":
      return { bad: records.filter((record) => !isGood(record, limits)).length, of: records.length };
    case "rejected":
      return { bad: records.filter((record) => timesOrNull(record) === null).length, of: records.length };
    default:
      return { bad: 0, of: 0 };
  }
};

/** Whether a request finished within all limits. */
export const isGood = (record: RequestRecord, limits: readonly LatencyObjective[]): boolean =>
  timesOrNull(record) !== null && limits.every((limit) => isWithin(record, limit) !== false);

/** Null where the request has no such latency and counts neither way; one that did not finish is not. */
export const isWithin = (record: RequestRecord, { metric, limit }: LatencyObjective): boolean | null => {
  const times = timesOrNull(record);
  if (times === null) return false;
  const time = times[metric];
  return time === null ? null : toSeconds(time) <= limit;
};
