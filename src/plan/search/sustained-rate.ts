import { createStreams } from "../../sim/streams.ts";
import type { LatencyMetric, Objectives } from "../../scenario/objectives.ts";
import type { Request } from "../../traffic/request.ts";
import { toNanoseconds, type Seconds } from "../../units.ts";
import { Copies } from "../../traffic/copies.ts";
import { isBetterWithMore } from "./fixed-capacity.ts";
import { objectivesOf } from "../objectives/objectives.ts";
import type { Question } from "./question.ts";
import { replicate, verdictOf, type Replication } from "./replications.ts";

/** How close the search comes: the rate it gives meets the objectives, and one at most this share higher misses them. */
export const PRECISION = 0.03;

/** How often the guess is doubled or halved before the search gives up. */
const MOST_DOUBLINGS = 20;

/** A stream is steady where it lasts so many times as long as a request may take at its limits, within these bounds. */
const LIVES = 10;
const SHORTEST: Seconds = 60;
const LONGEST: Seconds = 600;

/**
 * The same requests in the same order as a Poisson stream of this rate; the gaps of one seed only stretch with the rate. Where they are over too
 * soon, copies of them follow: a queue that grows takes a while to be seen.
 *
 * @param least how long it lasts at least, on average
 */
export const asPoisson = (requests: readonly Request[], requestsPerSecond: number, seed: number, least: Seconds): Request[] => {
  const gaps = createStreams(seed).named("arrivals/steady");
  const number = Math.max(requests.length, Math.ceil(requestsPerSecond * least));
  const copies = number > requests.length ? new Copies(requests) : null;
  let at = 0;
  return Array.from({ length: number }, (_, id) => {
    const request = requests[id % requests.length]!;
    at += gaps.exponential(1);
    const arrivedAt = toNanoseconds(at / requestsPerSecond);
    return copies === null || id < requests.length ? { ...request, arrivedAt } : { ...copies.of(request, arrivedAt), id };
  });
};

/** How long a stream has to last to be called steady: ten times as long as a request of average length takes at the tightest limits, one to ten minutes. */
const steadyFor = (requests: readonly Request[], objectives: Objectives): Seconds => {
  const limits = objectivesOf(objectives).filter((each) => each.kind === "latency");
  const tightest = (metric: LatencyMetric): number => {
    const least = limits.reduce((most, each) => (each.metric === metric ? Math.min(most, each.limit) : most), Infinity);
    return least === Infinity ? 0 : least;
  };
  const tokens = requests.reduce((sum, { outputTokens }) => sum + outputTokens, 0) / requests.length;
  return Math.min(LONGEST, Math.max(SHORTEST, LIVES * (tightest("ttft") + tightest("tpot") * tokens)));
};

/** The question's requests of its first seed as a Poisson stream of this rate, long enough to be called steady. */
export const steadyStream = ({ requestsOf, seeds: [seed = 0], objectives }: Question, requestsPerSecond: number): Request[] => {
  const requests = requestsOf(seed);
  return asPoisson(requests, requestsPerSecond, seed, steadyFor(requests, objectives));
};

/** A fixed number of replicas on the question's requests of its first seed, as a Poisson stream of this rate. */
export const atSteadyRate = (question: Question, replicas: number, requestsPerSecond: number): Replication => {
  const [seed = 0] = question.seeds;
  question.onProgress(`${replicas} ${replicas === 1 ? "replica" : "replicas"} at a steady ${requestsPerSecond.toPrecision(3)} requests/s`);
  const requests = steadyStream(question, requestsPerSecond);
  return replicate({ ...question, requestsOf: () => requests }, { kind: "fixed", replicas }, seed);
};

/** Two rates between which a fleet's capacity lies: at one it meets the objectives, at the other it misses them; null where none was found. */
export interface RateBracket {
  readonly met: number | null;
  readonly missed: number | null;
}

/**
 * Brackets the highest steady rate, in requests per second, that a fixed number of replicas sustains: the question's requests as a Poisson
 * stream, every objective met but ceilings on GPUs and on cost: what a fleet costs is no matter of the rate that it sustains. Doubles or halves a guess, then bisects the ratio until the two are within `PRECISION`; takes it that
 * a higher rate is never better.
 *
 * None is `missed` up to 2²⁰ times the guess where the requests are too few to make a queue at any rate.
 */
export const bracketSustainedRate = (question: Question, replicas: number, guess: number): RateBracket =>
  bracketRate(
    (rate) => verdictOf([atSteadyRate(question, replicas, rate).counts], question.objectives, isBetterWithMore) === "meets",
    guess,
  );

/** The same of anything that meets its objectives at a rate or does not. */
export const bracketRate = (meetsAt: (requestsPerSecond: number) => boolean, guess: number): RateBracket => {
  const step = meetsAt(guess) ? 2 : 0.5;
  let met = step === 2 ? guess : null;
  let missed = step === 2 ? null : guess;
  for (
    let doublings = 0, rate = guess * step;
    doublings < MOST_DOUBLINGS && (met === null || missed === null);
    doublings += 1, rate *= step
  ) {
    if (meetsAt(rate)) met = rate;
    else missed = rate;
  }
  while (met !== null && missed !== null && missed > met * (1 + PRECISION)) {
    const middle = Math.sqrt(met * missed);
    if (meetsAt(middle)) met = middle;
    else missed = middle;
  }
  return { met, missed };
};

/** The highest steady rate found to meet the objectives; null where they are missed down to 2⁻²⁰ times the guess. */
export const sustainedRateOrNull = (question: Question, replicas: number, guess: number): number | null =>
  bracketSustainedRate(question, replicas, guess).met;
