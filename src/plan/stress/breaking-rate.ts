import { quantity } from "../../format.ts";
import type { Request } from "../../traffic/request.ts";
import { pooled } from "../objectives/counts.ts";
import { isBetterWithMore } from "../search/fixed-capacity.ts";
import { questionsUnderHardship } from "../search/hardships.ts";
import { largestHeldOrNull } from "./largest-held.ts";
import type { Question } from "../search/question.ts";
import { replicate, verdictOf } from "../search/replications.ts";

/** The rate that breaks it is found to within this share. */
export const BREAKING_PRECISION = 0.05;

/** Replications that are asked: how much more traffic it takes need not be known to a percent. */
const SEEDS = 2;

/** The same requests in the same order, all arrivals closer together by one factor; think times of sessions stay. */
const faster = (requests: readonly Request[], factor: number): Request[] =>
  requests.map((request) => ({ ...request, arrivedAt: Math.floor(request.arrivedAt / factor) }));

/**
 * Whether a fixed number of replicas is not known to miss an objective on other requests than the question's own: by the shares of two
 * replications together.
 */
export const holdsOn = (question: Question, replicas: number, requestsOf: Question["requestsOf"]): boolean => {
  const { objectives, seeds } = question;
  return questionsUnderHardship({ ...question, requestsOf }).every((each) => {
    const counts = seeds.slice(0, SEEDS).map((seed) => replicate(each, { kind: "fixed", replicas }, seed).counts);
    return verdictOf([pooled(counts)], objectives, isBetterWithMore) !== "misses";
  });
};

/**
 * How many times the traffic's rate a fixed number of replicas takes before an objective is missed, bursts and all closer together by it: the
 * largest multiple found to hold. Null where even sixteen times do not break it, 0 where a sixteenth does.
 *
 * @param known a multiple that is known to hold: 1 of an answer
 */
export const breakingRateOrNull = (question: Question, replicas: number, known = 1): number | null => {
  const holds = (factor: number): boolean => {
    question.onProgress(`${quantity(replicas, "replica")} at ${factor.toPrecision(3)} times the rate`);
    return holdsOn(question, replicas, (seed) => faster(question.requestsOf(seed), factor));
  };
  return largestHeldOrNull(holds, { from: 1.25, step: 1.5, precision: BREAKING_PRECISION, least: 1 / 16, most: 16, known });
};
