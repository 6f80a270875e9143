import { InputError } from "../../errors.ts";
import { limit, list, plain, quantity } from "../../format.ts";
import type { Input } from "../../provenance.ts";
import { originOf } from "../../scenario/origin.ts";
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
import type { GivenScenario } from "../../scenario/parse.ts";
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

const LATENCY_KEYS = LATENCIES.flatMap((metric) =>
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

/** As it is written: `ttft.p99<=2s`, `ttft.p99[priority=1]<=30s`, `goodput>=99%`, `scale-events<=2/h`. */
export const textOf = (objective: Objective): string => {
  switch (objective.kind) {
    case "latency": {
      const { metric, share, limit: most, scope } = objective;
      return `${metric}.p${plain(share * 100, 3)}${scopeText(scope)}<=${limit(most).replace(" ", "")}`;
    }
    case "goodput":
      return `goodput${scopeText(objective.scope)}>=${plain(objective.limit * 100, 6)}%`;
    case "rejected":
      return `rejected${scopeText(objective.scope)}<=${plain(objective.limit * 100, 6)}%`;
    default:
      return `${objective.kind}<=${plain(objective.limit, 6)}/h`;
  }
};

const scopeText = (scope: Scope | null): string => (scope === null ? "" : "only" in scope ? `[priority=${scope.only}]` : "[others]");

const scopeInWords = (scope: Scope | null): string =>
  scope === null ? "" : "only" in scope ? ` of priority ${scope.only}` : " of the other priorities";

/** What a percentile or a share is of: "TTFT p99", "goodput of priority 1". */
export const nameInWords = (objective: LatencyObjective | ShareObjective): string => {
  const name = objective.kind === "latency" ? `${METRIC_NAMES[objective.metric]} p${plain(objective.share * 100, 3)}` : objective.kind;
  return `${name}${scopeInWords(objective.scope)}`;
};

/** As a sentence says it: "TTFT p99 ≤ 2 s". */
export const inWords = (objective: Objective): string => {
  switch (objective.kind) {
    case "latency":
      return `${nameInWords(objective)} ≤ ${limit(objective.limit)}`;
    case "goodput":
      return `${nameInWords(objective)} ≥ ${plain(100 * objective.limit)} %`;
    case "rejected":
      return `${nameInWords(objective)} ≤ ${plain(100 * objective.limit)} %`;
    case "scale-events":
      return `${plain(objective.limit, 6)} scale events an hour at most`;
    case "gpu-hours":
      return `${plain(objective.limit, 6)} GPUs on average at most`;
    case "cost":
      return `a cost of ${plain(objective.limit, 6)} an hour at most`;
    default:
      return objective satisfies never;
  }
};

export const METRIC_NAMES: Readonly<Record<LatencyMetric, string>> = { ttft: "TTFT", tpot: "TPOT", itl: "ITL", e2e: "end to end" };

/** All of them as a sentence says them: "TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms". */
export const objectivesInWords = (objectives: Objectives): string => {
  return `${list(objectivesOf(objectives).map(inWords))}${conditionsInWords(objectives)}`;
};

/** Under what else they are to hold, to follow them in a sentence: ", also in every 10 s"; nothing where nothing is asked for. */
export const conditionsInWords = ({ window_s: window, survive = 0 }: Pick<Objectives, "window_s" | "survive">): string => {
  const each = window === undefined ? "" : `, also in every ${limit(window)}`;
  return `${each}${survive === 0 ? "" : `, with ${survive} of the replicas gone or lost when it is busiest, and through a rolling update`}`;
};

/** The objectives as inputs of an answer. */
export const objectiveInputs = (from: GivenScenario): Input[] => {
  const { objectives } = from.scenario;
  const row = (name: string, value: string, key: keyof Objectives): Input => ({
    name: `objective, ${name}`,
    value,
    ...originOf(from, `objectives.${key}`),
  });
  return [
    ...objectivesOf(objectives).map((objective) => {
      const [name = "", value = ""] = textOf(objective).split(/(?=[<>]=)/u);
      const isOfClass = "scope" in objective && objective.scope !== null && "only" in objective.scope;
      return row(
        name,
        objective.kind === "latency" ? `≤ ${limit(objective.limit)}` : value.replace("<=", "≤ ").replace(">=", "≥ "),
        isOfClass ? "classes" : objective.key,
      );
    }),
    ...(objectives.window_s === undefined ? [] : [row("window", `every ${limit(objectives.window_s)}`, "window_s")]),
    ...(objectives.survive === undefined || objectives.survive === 0
      ? []
      : [row("survive", `${quantity(objectives.survive, "replica")} gone or lost, and a rolling update`, "survive")]),
  ];
};

/** How an objective is written: its key in the data, and how its number is read. */
interface Term {
  readonly key: Exclude<keyof Objectives, "classes">;
  readonly comparison: "<=" | ">=" | "=";
  /** Null where it is no such number. */
  readonly read: (text: string) => number | null;
  readonly example: string;
  /** Whether it can be on the requests of one priority only. */
  readonly isByClass?: true;
}

const seconds = (text: string): number | null => {
  const [, number, unit] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)$/u.exec(text) ?? [];
  const value = Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600 }[(unit ?? "s") as "ms"];
  return unit !== undefined && value > 0 ? (unit === "ms" ? Number(number) / 1000 : value) : null;
};
const share = (text: string): number | null => {
  const [, number, sign] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/u.exec(text) ?? [];
  // 99.9 / 100 is not 0.999.
  const value = Number(`${number}${sign === "%" ? "e-2" : ""}`);
  return number !== undefined && value <= 1 ? value : null;
};
const perHour = (text: string): number | null => {
  const [, number] = /^(\d+(?:\.\d+)?|\.\d+)\/h$/u.exec(text) ?? [];
  return number === undefined ? null : Number(number);
};
/** Nothing runs for nothing. */
const moreThanNonePerHour = (text: string): number | null => perHour(text) || null;
const whole = (text: string): number | null => (/^\d+$/u.test(text) ? Number(text) : null);

const TERMS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ...LATENCY_KEYS.map(({ key, metric, percentile }): [string, Term] => [
    `${metric}.${percentile}`,
    { key, comparison: "<=", read: seconds, example: `${metric}.${percentile}<=2s`, isByClass: true },
  ]),
  ["goodput", { key: "goodput", comparison: ">=", read: share, example: "goodput>=99%", isByClass: true }],
  ["rejected", { key: "rejected", comparison: "<=", read: share, example: "rejected<=0.1%", isByClass: true }],
  ["scale-events", { key: "scale_events_per_h", comparison: "<=", read: perHour, example: "scale-events<=2/h" }],
  ["gpu-hours", { key: "gpu_hours_per_h", comparison: "<=", read: moreThanNonePerHour, example: "gpu-hours<=40/h" }],
  ["cost", { key: "cost_per_h", comparison: "<=", read: moreThanNonePerHour, example: "cost<=100/h" }],
  ["window", { key: "window_s", comparison: "=", read: seconds, example: "window=10m" }],
  ["survive", { key: "survive", comparison: "=", read: whole, example: "survive=1" }],
]);

/** A term taken apart: `ttft.p99`, `1` of `[priority=1]` or `[others]`, `<=`, `2s`. */
const TERM = /^([a-z0-9.-]+)(?:\[priority=(-?\d+(?:\.\d+)?)\]|(\[others\]))?(<=|>=|<|>|=)(.+)$/u;

/**
 * Reads objectives as people write them: `ttft.p99<=2s ttft.p99[priority=1]<=30s scale-events<=2/h`, separated by spaces or commas. An
 * objective of one priority takes its requests out of those for all on the same; `[others]` says so and changes nothing.
 *
 * @returns those that the text names
 * @param place where the text stands, for messages: `--slo`
 * @throws InputError for anything else
 */
export const parseObjectives = (text: string, place: string): Partial<Objectives> => {
  const all: Partial<Record<Term["key"], number>> = {};
  const classes = new Map<number, Partial<Record<Term["key"], number>>>();
  const terms = text
    .replaceAll(/\s*(<=|>=|<|>|=)\s*/gu, "$1")
    .split(/[\s,]+/u)
    .filter((term) => term !== "");
  if (terms.length === 0) throw new InputError(place, `expected objectives, got ${JSON.stringify(text)}`, NEXT_STEP);
  for (const written of terms) {
    const [, name = "", priority, others, comparison, number = ""] = TERM.exec(written) ?? [];
    const term = TERMS.get(name);
    if (term === undefined)
      throw new InputError(place, `expected one of ${[...TERMS.keys()].join(", ")}, got ${JSON.stringify(written)}`, NEXT_STEP);
    if (comparison !== term.comparison) {
      throw new InputError(place, `expected ${name}${term.comparison}…, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    }
    const value = term.read(number);
    if (value === null) {
      const rule = Number.parseFloat(number) === 0 ? "more than 0" : "a number with its unit";
      throw new InputError(place, `expected ${rule}, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    }
    if ((priority ?? others) !== undefined && term.isByClass !== true)
      throw new InputError(place, `expected ${name} of all requests, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    const into = priority === undefined ? all : (classes.get(Number(priority)) ?? {});
    if (priority !== undefined) classes.set(Number(priority), into);
    if (into[term.key] !== undefined) throw new InputError(place, `expected ${name} once, got it twice`, "Keep one of them.");
    into[term.key] = value;
  }
  const ofClasses = [...classes].map(([priority, objectives]): ClassObjectives => ({ priority, ...objectives }));
  return ofClasses.length === 0 ? all : { ...all, classes: ofClasses };
};

const NEXT_STEP = 'Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".';
