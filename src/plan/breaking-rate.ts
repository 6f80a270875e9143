import type { Request } from "../traffic/request.ts";
import { pooled } from "./counts.ts";
import { isBetterWithMore } from "./fixed-capacity.ts";
import { questionsUnderHardship } from "./hardships.ts";
import { replicate, verdictOf, type Question } from "./replications.ts";

/** The rate that breaks it is found to within this share. */
export const BREAKING_PRECISION = 0.05;

/** Beyond this multiple of the traffic the search ends. */
const MOST = 16;

/** Replications that are asked: how much more traffic it takes need not be known to a percent. */
const SEEDS = 2;

/** The same requests in the same order, all arrivals closer together by one factor; think times of sessions stay. */
const faster = (requests: readonly Request[], factor: number): Request[] =>
  requests.map((request) => ({ ...request, arrivedAt: Math.floor(request.arrivedAt / factor) }));

/**
 * How many times the traffic's rate a fixed number of replicas takes before an objective is missed, bursts and all closer together by it: the
 * largest multiple at which the shares of two replications together are within what is allowed; null where even sixteen times do not break it.
 */
export const breakingRateOrNull = (question: Question, replicas: number): number | null => {
  const { objectives, onProgress } = question;
  const breaksAt = (factor: number): boolean => {
    onProgress(`${replicas} replicas at ${factor.toPrecision(3)} times the rate`);
    const asked = { ...question, requestsOf: (seed: number) => faster(question.requestsOf(seed), factor) };
    return questionsUnderHardship(asked).some((each) => {
      const counts = question.seeds.slice(0, SEEDS).map((seed) => replicate(each, { kind: "fixed", replicas }, seed).counts);
      return verdictOf([pooled(counts)], objectives, isBetterWithMore) === "misses";
    });
  };
  let holds = 1;
  let breaks = 1.25;
  while (!breaksAt(breaks)) {
    holds = breaks;
    if (breaks >= MOST) return null;
    breaks *= 1.5;
  }
  while (breaks > holds * (1 + BREAKING_PRECISION)) {
    const middle = Math.sqrt(holds * breaks);
    if (breaksAt(middle)) breaks = middle;
    else holds = middle;
  }
  return holds;
};
