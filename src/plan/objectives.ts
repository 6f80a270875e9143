import { InputError } from "../errors.ts";
import { limit, list, plain } from "../format.ts";
import type { Input } from "../provenance.ts";
import { originOf } from "../scenario/origin.ts";
import { LATENCIES, PERCENTILES, type LatencyKey, type LatencyMetric, type Objectives, type Percentile } from "../scenario/objectives.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import type { Seconds } from "../units.ts";

/** A percentile of a latency and what it must not exceed: of all requests, a share of at most `1 − share` may lie beyond the limit. */
export interface LatencyObjective {
  readonly kind: "latency";
  readonly key: LatencyKey;
  readonly metric: LatencyMetric;
  readonly share: number;
  readonly limit: Seconds;
}

/** A share of requests that must be within the limits of all latency objectives. */
interface GoodputObjective {
  readonly kind: "goodput";
  readonly key: "goodput";
  readonly limit: number;
}

/** What must not be exceeded: a share of requests that end otherwise than finished, scale events per hour, GPUs on average. */
interface CeilingObjective {
  readonly kind: "rejected" | "scale-events" | "gpu-hours";
  readonly key: "rejected" | "scale_events_per_h" | "gpu_hours_per_h";
  readonly limit: number;
}

export type Objective = LatencyObjective | GoodputObjective | CeilingObjective;

const LATENCY_KEYS = LATENCIES.flatMap((metric) =>
  (Object.keys(PERCENTILES) as Percentile[]).map((percentile) => ({ key: `${metric}_${percentile}_s` as const, metric, percentile })),
);

/** The objectives that data asks for, latencies first. */
export const objectivesOf = (objectives: Objectives): Objective[] => [
  ...LATENCY_KEYS.flatMap(({ key, metric, percentile }): Objective[] => {
    const asked = objectives[key];
    return asked === undefined ? [] : [{ kind: "latency", key, metric, share: PERCENTILES[percentile], limit: asked }];
  }).sort((a, b) => rank(a) - rank(b)),
  ...(objectives.goodput === undefined ? [] : [{ kind: "goodput", key: "goodput", limit: objectives.goodput } as const]),
  ...(objectives.rejected === undefined ? [] : [{ kind: "rejected", key: "rejected", limit: objectives.rejected } as const]),
  ...(objectives.scale_events_per_h === undefined
    ? []
    : [{ kind: "scale-events", key: "scale_events_per_h", limit: objectives.scale_events_per_h } as const]),
  ...(objectives.gpu_hours_per_h === undefined
    ? []
    : [{ kind: "gpu-hours", key: "gpu_hours_per_h", limit: objectives.gpu_hours_per_h } as const]),
];

/** TTFT before TPOT before end to end, as they are listed. */
const rank = (objective: Objective): number => (objective.kind === "latency" ? LATENCIES.indexOf(objective.metric) : LATENCIES.length);

/** Shares are compared to within this: 1 − 0.9 is a little less than 0.1. */
const TINY = 1e-12;

/** Of the requests (or hours) that an objective counts, the share (or number) of bad ones that it allows. */
export const allowed = (objective: Objective): number => {
  switch (objective.kind) {
    case "latency":
      return 1 - objective.share + TINY;
    case "goodput":
      return 1 - objective.limit + TINY;
    default:
      return objective.limit;
  }
};

/** As it is written: `ttft.p99<=2s`, `goodput>=99%`, `scale-events<=2/h`. */
export const textOf = (objective: Objective): string => {
  switch (objective.kind) {
    case "latency":
      return `${objective.metric}.p${plain(objective.share * 100, 3)}<=${limit(objective.limit).replace(" ", "")}`;
    case "goodput":
      return `goodput>=${plain(objective.limit * 100, 6)}%`;
    case "rejected":
      return `rejected<=${plain(objective.limit * 100, 6)}%`;
    default:
      return `${objective.kind}<=${plain(objective.limit, 6)}/h`;
  }
};

/** As a sentence says it: "TTFT p99 ≤ 2 s". */
export const inWords = (objective: Objective): string => {
  switch (objective.kind) {
    case "latency":
      return `${METRIC_NAMES[objective.metric]} p${plain(objective.share * 100, 3)} ≤ ${limit(objective.limit)}`;
    case "goodput":
      return `goodput ≥ ${plain(100 * objective.limit)} %`;
    case "rejected":
      return `rejected ≤ ${plain(100 * objective.limit)} %`;
    case "scale-events":
      return `${plain(objective.limit, 6)} scale events an hour at most`;
    default:
      return `${plain(objective.limit, 6)} GPUs on average at most`;
  }
};

export const METRIC_NAMES: Readonly<Record<LatencyMetric, string>> = { ttft: "TTFT", tpot: "TPOT", e2e: "end to end" };

/** All of them as a sentence says them: "TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms". */
export const objectivesInWords = (objectives: Objectives): string => {
  const { window_s: window, survive = 0 } = objectives;
  const all = list(objectivesOf(objectives).map(inWords));
  const each = window === undefined ? "" : `, also in every ${limit(window)}`;
  return `${all}${each}${survive === 0 ? "" : `, with ${survive} of the replicas gone`}`;
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
      return row(
        name,
        objective.kind === "latency" ? `≤ ${limit(objective.limit)}` : value.replace("<=", "≤ ").replace(">=", "≥ "),
        objective.key,
      );
    }),
    ...(objectives.window_s === undefined ? [] : [row("window", `every ${limit(objectives.window_s)}`, "window_s")]),
    ...(objectives.survive === undefined ? [] : [row("survive", `${objectives.survive} replicas gone`, "survive")]),
  ];
};

/** How an objective is written: its key in the data, and how its number is read. */
interface Term {
  readonly key: keyof Objectives;
  readonly comparison: "<=" | ">=" | "=";
  /** Null where it is no such number. */
  readonly read: (text: string) => number | null;
  readonly example: string;
}

const seconds = (text: string): number | null => {
  const [, number, unit] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)$/u.exec(text) ?? [];
  const value = Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600 }[(unit ?? "s") as "ms"];
  return unit !== undefined && value > 0 ? (unit === "ms" ? Number(number) / 1000 : value) : null;
};
const share = (text: string): number | null => {
  const [, number, sign] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/u.exec(text) ?? [];
  const value = Number(number) / (sign === "%" ? 100 : 1);
  return number !== undefined && value <= 1 ? value : null;
};
const perHour = (text: string): number | null => {
  const [, number] = /^(\d+(?:\.\d+)?|\.\d+)\/h$/u.exec(text) ?? [];
  return number === undefined ? null : Number(number);
};
const whole = (text: string): number | null => (/^\d+$/u.test(text) ? Number(text) : null);

const TERMS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ...LATENCY_KEYS.map(({ key, metric, percentile }): [string, Term] => [
    `${metric}.${percentile}`,
    { key, comparison: "<=", read: seconds, example: `${metric}.${percentile}<=2s` },
  ]),
  ["goodput", { key: "goodput", comparison: ">=", read: share, example: "goodput>=99%" }],
  ["rejected", { key: "rejected", comparison: "<=", read: share, example: "rejected<=0.1%" }],
  ["scale-events", { key: "scale_events_per_h", comparison: "<=", read: perHour, example: "scale-events<=2/h" }],
  ["gpu-hours", { key: "gpu_hours_per_h", comparison: "<=", read: perHour, example: "gpu-hours<=40/h" }],
  ["window", { key: "window_s", comparison: "=", read: seconds, example: "window=10m" }],
  ["survive", { key: "survive", comparison: "=", read: whole, example: "survive=1" }],
]);

/**
 * Reads objectives as people write them: `ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h`, separated by spaces or commas.
 *
 * @returns those that the text names
 * @param place where the text stands, for messages: `--slo`
 * @throws InputError for anything else
 */
export const parseObjectives = (text: string, place: string): Partial<Objectives> => {
  const objectives: Partial<Record<keyof Objectives, number>> = {};
  const terms = text
    .replaceAll(/\s*(<=|>=|<|>|=)\s*/gu, "$1")
    .split(/[\s,]+/u)
    .filter((term) => term !== "");
  if (terms.length === 0) throw new InputError(place, `expected objectives, got ${JSON.stringify(text)}`, NEXT_STEP);
  for (const written of terms) {
    const [, name = "", comparison, number = ""] = /^([a-z0-9.-]+)(<=|>=|<|>|=)(.+)$/u.exec(written) ?? [];
    const term = TERMS.get(name);
    if (term === undefined)
      throw new InputError(place, `expected one of ${[...TERMS.keys()].join(", ")}, got ${JSON.stringify(written)}`, NEXT_STEP);
    if (comparison !== term.comparison) {
      throw new InputError(place, `expected ${name}${term.comparison}…, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    }
    const value = term.read(number);
    if (value === null)
      throw new InputError(place, `expected a number with its unit, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    if (objectives[term.key] !== undefined) throw new InputError(place, `expected ${name} once, got it twice`, "Keep one of them.");
    objectives[term.key] = value;
  }
  return objectives;
};

const NEXT_STEP = 'Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".';
