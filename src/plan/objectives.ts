import { InputError } from "../errors.ts";
import type { RequestRecord } from "../fleet/config.ts";
import type { Input } from "../provenance.ts";
import { limit } from "../format.ts";
import { originOf } from "../scenario/origin.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import type { Objectives } from "../scenario/schema.ts";
import { toSeconds, type Seconds } from "../units.ts";
import type { ObjectiveResult } from "./schema.ts";

/** One objective: a percentile of a latency and what it must not exceed. */
interface Objective {
  readonly key: keyof Objectives;
  readonly metric: "ttft" | "tpot";
  readonly share: number;
}

const OBJECTIVES: readonly Objective[] = [
  { key: "ttft_p99_s", metric: "ttft", share: 0.99 },
  { key: "tpot_p99_s", metric: "tpot", share: 0.99 },
];

/** As it is written: `ttft.p99`. */
const nameOf = ({ metric, share }: Objective): string => `${metric}.p${share * 100}`;

/** `ttft.p99<=2s`. */
const textOf = (objective: Objective, limit_s: Seconds): string => `${nameOf(objective)}<=${limit(limit_s).replace(" ", "")}`;

/** Objectives as a sentence says them: "TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms". */
export const objectivesInWords = (objectives: Objectives): string =>
  OBJECTIVES.map(({ key, metric, share }) => `${metric.toUpperCase()} p${share * 100} ≤ ${limit(objectives[key])}`).join(" and ");

/** The objectives as inputs of an answer. */
export const objectiveInputs = (from: GivenScenario): Input[] =>
  OBJECTIVES.map((objective) => ({
    name: `objective, ${nameOf(objective)}`,
    value: `≤ ${limit(from.scenario.objectives[objective.key])}`,
    ...originOf(from, `objectives.${objective.key}`),
  }));

/**
 * Reads objectives as people write them: `ttft.p99<=2s tpot.p99<=80ms`, separated by spaces or commas.
 *
 * @returns those that the text names
 * @param place where the text stands, for messages: `--slo`
 * @throws InputError for anything else
 */
export const parseObjectives = (text: string, place: string): Partial<Objectives> => {
  const objectives: Partial<Objectives> = {};
  const terms = text.split(/[\s,]+/u).filter((term) => term !== "");
  if (terms.length === 0) throw malformed(place, text);
  for (const term of terms) {
    const match = /^([a-z0-9.]+)<=?(\d+(?:\.\d+)?|\.\d+)(s|ms)$/u.exec(term);
    const objective = OBJECTIVES.find((candidate) => nameOf(candidate) === match?.[1]);
    const seconds = Number(match?.[2]) / (match?.[3] === "ms" ? 1000 : 1);
    if (objective === undefined || !(seconds > 0)) throw malformed(place, term);
    if (objectives[objective.key] !== undefined)
      throw new InputError(place, `expected ${nameOf(objective)} once, got it twice`, "Keep one of them.");
    objectives[objective.key] = seconds;
  }
  return objectives;
};

const malformed = (place: string, found: string): InputError =>
  new InputError(
    place,
    `expected objectives on ${OBJECTIVES.map(nameOf).join(" or ")} with a limit in s or ms, got ${JSON.stringify(found)}`,
    'Write them so: "ttft.p99<=2s tpot.p99<=80ms".',
  );

/** Latencies of one run, in nanoseconds and rising order, and how many requests have none because they never got there. */
export interface Latencies {
  readonly ttft: Float64Array;
  readonly tpot: Float64Array;
  /** Rejected or unfinished: each misses every objective. */
  readonly missing: number;
}

/**
 * Latencies of the requests that finished. TPOT is per request: the time from its first token to its last over the tokens after
 * the first; a finished request of one token has none and counts neither way.
 */
export const latenciesOf = (records: readonly RequestRecord[]): Latencies => {
  const ttft: number[] = [];
  const tpot: number[] = [];
  for (const { state, arrivedAt, firstTokenAt, lastTokenAt, outputTokens } of records) {
    if (state !== "finished" || firstTokenAt === null || lastTokenAt === null) continue;
    ttft.push(firstTokenAt - arrivedAt);
    if (outputTokens > 1) tpot.push((lastTokenAt - firstTokenAt) / (outputTokens - 1));
  }
  return { ttft: Float64Array.from(ttft).sort(), tpot: Float64Array.from(tpot).sort(), missing: records.length - ttft.length };
};

/** What the objectives are on: each percentile over all requests (type 7). Null where it lies among the missing ones. */
export const valuesOf = (latencies: Latencies): Record<keyof Objectives, Seconds | null> => {
  const valueOf = ({ metric, share }: Objective) => percentileOrNull(latencies[metric], latencies.missing, share);
  return Object.fromEntries(OBJECTIVES.map((objective) => [objective.key, valueOf(objective)])) as Record<keyof Objectives, Seconds | null>;
};

/** Each objective on one run: met where its value is known and within the limit. */
export const evaluate = (latencies: Latencies, objectives: Objectives): ObjectiveResult[] => {
  const values = valuesOf(latencies);
  return OBJECTIVES.map((objective) => {
    const limit_s = objectives[objective.key];
    const value_s = values[objective.key];
    return { objective: textOf(objective, limit_s), limit_s, value_s, is_met: value_s !== null && value_s <= limit_s };
  });
};

/** Null where it lies among the missing; 0 where there is neither a time nor a missing one. */
const percentileOrNull = (sorted: Float64Array, missing: number, share: number): Seconds | null => {
  const rank = Math.max(0, sorted.length + missing - 1) * share;
  const below = Math.floor(rank);
  const above = Math.ceil(rank);
  if (sorted.length === 0 && missing === 0) return 0;
  const low = sorted[below];
  const high = sorted[above];
  return low === undefined || high === undefined ? null : toSeconds(low + (rank - below) * (high - low));
};

/** Over several runs each objective has the value of its worst. */
export const worstOf = (runs: readonly (readonly ObjectiveResult[])[]): ObjectiveResult[] =>
  (runs[0] ?? []).map((first, i) =>
    runs.reduce((worst, run) => {
      const result = run[i] ?? worst;
      return (result.value_s ?? Infinity) > (worst.value_s ?? Infinity) ? result : worst;
    }, first),
  );
