import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { pooled, type Counts } from "../../src/plan/objectives/counts.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { replicate, verdictOf } from "../../src/plan/search/replications.ts";
import { randomQuestion } from "./random-question.ts";

/** The search beside a simulation of every number of replicas with ten times the replications, on seeds that the search has not seen. */

const MOST_REPLICAS = 12;
const TIMES = 10;
/**
 * Replications that the search gives a number it looks into. Numbers from one below what it says to one above get ten times as many as it gave any of
 * those; the others, where much is missed or nothing, ten times these.
 */
const LEAST = 4;
/** Of the first seed of the exhaustive run. */
const FIRST_SEED = 1_000_000;
const SIZE = { requests: [200, 1000], load: 6 } as const;

export interface Outcome {
  readonly number: number;
  readonly words: string;
  /** Smallest number that may do and the number that the search promises; null where it says that none will. */
  readonly found: { readonly atLeast: number; readonly replicas: number } | null;
  /** The smallest number within the objectives by all replications together; null where none up to twelve is. */
  readonly truth: number | null;
  /** Whether the exhaustive run's interval lies beyond an objective at the number that the search promises. */
  readonly isBrokenPromise: boolean;
  readonly cpu_s: { readonly search: number; readonly exhaustive: number };
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export const compare = (device: DeviceModel, number: number): Outcome => {
  const { question, words } = randomQuestion(device, number, SIZE);
  const start = cpuSeconds();
  const search = smallestFixed(question);
  const searched = cpuSeconds();
  const [low, high] = search.kind === "found" ? [search.atLeast - 1, search.replicas + 1] : [1, MOST_REPLICAS];
  const isNear = (replicas: number): boolean => replicas >= low && replicas <= high;
  const most = search.tried.reduce((a, { replicas, replications }) => (isNear(replicas) ? Math.max(a, replications) : a), LEAST);
  const counts = Array.from({ length: MOST_REPLICAS }, (_, i) => countsAt(question, i + 1, TIMES * (isNear(i + 1) ? most : LEAST)));
  const isWithin = counts.map((each) => verdictOf([pooled(each)], question.objectives) === "meets");
  const promised = search.kind === "found" ? counts[search.replicas - 1] : undefined;
  return {
    number,
    words,
    found: search.kind === "found" ? { atLeast: search.atLeast, replicas: search.replicas } : null,
    truth: isWithin.includes(true) ? isWithin.indexOf(true) + 1 : null,
    isBrokenPromise: promised !== undefined && verdictOf(promised, question.objectives) === "misses",
    cpu_s: { search: searched - start, exhaustive: cpuSeconds() - searched },
  };
};

const countsAt = ({ setup, objectives, requestsOf }: Question, replicas: number, replications: number): Counts[] =>
  Array.from({ length: replications }, (_, i) => {
    const seed = FIRST_SEED + i;
    return replicate({ setup, objectives, requestsOf, seeds: [seed], onProgress: () => {} }, { kind: "fixed", replicas }, seed).counts;
  });

type Judged = "right" | "right, undecided" | "wrong" | "wrong, undecided" | "left out";

/** Undecided between two numbers is right where the truth is either; between more it is wrong. */
export const judge = ({ found, truth }: Outcome): Judged => {
  if (truth === null) return found === null || found.replicas <= MOST_REPLICAS ? (found === null ? "right" : "wrong") : "left out";
  if (found === null) return "wrong";
  const { atLeast, replicas } = found;
  if (atLeast === replicas) return replicas === truth ? "right" : "wrong";
  return replicas - atLeast === 1 && (truth === atLeast || truth === replicas) ? "right, undecided" : "wrong, undecided";
};
