import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import { inWords } from "../../src/plan/objectives/in-words.ts";
import { objectivesOf } from "../../src/plan/objectives/objectives.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { replicate, resultsOf } from "../../src/plan/search/replications.ts";
import type { ObjectiveResult } from "../../src/plan/schema.ts";
import type { Request } from "../../src/traffic/request.ts";
import { randomQuestion } from "./random-question.ts";

/** How often the 95 % intervals over eight replications hold the value of a very long run of the same generator. */

const SIZE = { requests: [8000, 8000], load: 2 } as const;
const REPLICATIONS = 8;
/** Times a replication's requests. */
const LONG = 250;
/** Of the first seed of the intervals; the long run has the seed before. */
const FIRST_SEED = 2_000_000;

export interface Coverage {
  readonly generator: number;
  readonly words: string;
  readonly replicas: number;
  /** By figure: of so many intervals, so many hold the long run's value, and so many lie below it. */
  readonly figures: readonly {
    readonly name: string;
    readonly long: number;
    readonly intervals: number;
    readonly hold: number;
    readonly below: number;
  }[];
}

/**
 * @param intervals how many
 * @returns null where no fleet of up to twelve replicas is the answer
 */
export const coverageOf = (device: DeviceModel, generator: number, intervals: number): Coverage | null => {
  const { question, words, requestsOver } = randomQuestion(device, generator, SIZE);
  const search = smallestFixed(question);
  if (search.kind === "not-found" || search.replicas > 12) return null;
  const { replicas } = search;
  const objectives = { ttft_p50_s: 1, ttft_p90_s: 1, ttft_p99_s: 1, tpot_p50_s: 1, tpot_p99_s: 0.1, e2e_p95_s: 1 };
  const asked = { ...question, objectives };
  const resultsAt = (seeds: readonly number[], requestsOf: Question["requestsOf"]): ObjectiveResult[] =>
    resultsOf(
      seeds.map((seed) => replicate({ ...asked, requestsOf }, { kind: "fixed", replicas }, seed)),
      objectives,
    );
  const long = resultsAt([FIRST_SEED - 1], (seed) => requestsOver(LONG, seed));
  const stated = Array.from({ length: intervals }, (_, i) =>
    resultsAt(
      Array.from({ length: REPLICATIONS }, (__, k) => FIRST_SEED + i * REPLICATIONS + k),
      (seed): readonly Request[] => requestsOver(1, seed),
    ),
  );
  const figures = objectivesOf(objectives).map((objective, at) => {
    const value = long[at]!.value ?? Infinity;
    const each = stated.map((results) => results[at]!.interval!);
    return {
      name: inWords(objective).replace(/ ≤.*/u, ""),
      long: value,
      intervals,
      hold: each.filter(({ low, high }) => (low ?? Infinity) <= value && value <= (high ?? Infinity)).length,
      below: each.filter(({ high }) => (high ?? Infinity) < value).length,
    };
  });
  return { generator, words, replicas, figures };
};
