import {
  LATENCIES,
  metricOf,
  PERCENTILES,
  type ClassObjectives,
  type LatencyKey,
  type LatencyMetric,
  type Objectives,
  type Percentile,
} from "../../scenario/objectives.ts";
import type { Seconds } from "../../units.ts";

/** Requests of one priority, or all but those of some. */
export type Scope = { readonly only: number } | { readonly except: readonly number[] };

/** Whether a request of this priority is among those that an objective is on; null: all are. */
export const covers = (scope: Scope | null, priority: number): boolean =>
  scope === null || ("only" in scope ? scope.only === priority : !scope.except.includes(priority));

/**
 * A percentile of a latency and what it must not exceed: of all requests, a share of at most `1 − share` may lie beyond the limit. Of
 * `itl` it is a share of all gaps between tokens.
 */
export interface LatencyObjective {
  readonly kind: "latency";
  readonly key: LatencyKey;
  readonly metric: LatencyMetric;
  readonly share: number;
  readonly limit: Seconds;
  /** The requests that it is on; null: all. */
  readonly scope: Scope | null;
}

/** A share of requests that must be within the limits of all latency objectives, or that may end otherwise than finished. */
export interface ShareObjective {
  readonly kind: "goodput" | "rejected";
  readonly key: "goodput" | "rejected";
  readonly limit: number;
  readonly scope: Scope | null;
}

/** What must not be exceeded: scale events per hour, GPUs on average, money an hour. */
interface CeilingObjective {
  readonly kind: "scale-events" | "gpu-hours" | "cost";
  readonly key: "scale_events_per_h" | "gpu_hours_per_h" | "cost_per_h";
  readonly limit: number;
}

export type Objective = LatencyObjective | ShareObjective | CeilingObjective;

/** Every percentile of every latency that an objective can be on. */
export const LATENCY_KEYS = LATENCIES.flatMap((metric) =>
  (Object.keys(PERCENTILES) as Percentile[]).map((percentile) => ({ key: `${metric}_${percentile}_s` as const, metric, percentile })),
);

const CEILINGS = [
  ["scale-events", "scale_events_per_h"],
  ["gpu-hours", "gpu_hours_per_h"],
  ["cost", "cost_per_h"],
] as const;

/** The objectives that data asks for: latencies first, each metric's for all before those of classes, then shares and ceilings. */
export const objectivesOf = (objectives: Objectives): Objective[] => {
  const groups = [
    { of: objectives, scopeOf: (key: string) => exceptOrNull(objectives.classes, key) },
    ...(objectives.classes ?? []).map((of) => ({ of, scopeOf: (): Scope => ({ only: of.priority }) })),
  ];
  return [
    ...LATENCIES.flatMap((asked) =>
      groups.flatMap(({ of, scopeOf }) =>
        LATENCY_KEYS.flatMap(({ key, metric, percentile }): Objective[] => {
          const most = of[key];
          const isAsked = metric === asked && most !== undefined && most < Infinity;
          return isAsked ? [{ kind: "latency", key, metric, share: PERCENTILES[percentile], limit: most, scope: scopeOf(key) }] : [];
        }),
      ),
    ),
    ...(["goodput", "rejected"] as const).flatMap((kind) =>
      groups.flatMap(({ of, scopeOf }): Objective[] => {
        const asked = of[kind];
        return asked === undefined ? [] : [{ kind, key: kind, limit: asked, scope: scopeOf(kind) }];
      }),
    ),
    ...CEILINGS.flatMap(([kind, key]): Objective[] => {
      const most = objectives[key];
      return most === undefined ? [] : [{ kind, key, limit: most }];
    }),
  ];
};

/** All requests but those of classes that have an objective of their own on the same; null: all. */
const exceptOrNull = (classes: readonly ClassObjectives[] = [], key: string): Scope | null => {
  const except = classes
    .filter((each) => Object.keys(each).some((other) => metricOf(other) === metricOf(key)))
    .map(({ priority }) => priority);
  return except.length === 0 ? null : { except };
};

/** Shares are compared to within this: 1 − 0.9 is a little less than 0.1. */
const TINY = 1e-12;

/** What is counted is compared to within this share of the limit: sums of hours and of money end in digits that nobody has asked for. */
const CLOSE = 1e-9;

/** The share that may lie beyond a percentile. */
export const allowedBeyond = (share: number): number => 1 - share + TINY;

/** Of the requests (gaps, or hours) that an objective counts, the share (or number) of bad ones that it allows. */
export const allowed = (objective: Objective): number => {
  switch (objective.kind) {
    case "latency":
      return allowedBeyond(objective.share);
    case "goodput":
      return allowedBeyond(objective.limit);
    default:
      return objective.limit * (1 + CLOSE);
  }
};
