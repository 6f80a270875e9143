import { Race } from "./racing.ts";
import type { Question } from "./replications.ts";
import type { Request } from "../traffic/request.ts";

/** The rate that breaks it is found to within this share. */
export const PRECISION = 0.03;

/** Beyond this multiple of the traffic the search ends. */
const MOST = 16;

/** The same requests in the same order, all arrivals closer together by one factor; think times of sessions stay. */
const faster = (requests: readonly Request[], factor: number): Request[] =>
  requests.map((request) => ({ ...request, arrivedAt: Math.floor(request.arrivedAt / factor) }));

/**
 * How many times the traffic's rate a fixed number of replicas still takes: the largest multiple found at which no objective is known to be
 * missed, bursts and all closer together by it; null where even sixteen times do not break it.
 */
export const breakingRateOrNull = (question: Question, replicas: number): number | null => {
  const serving = replicas - (question.objectives.survive ?? 0);
  const breaksAt = (factor: number): boolean => {
    const race = new Race({ ...question, requestsOf: (seed) => faster(question.requestsOf(seed), factor) });
    return (
      race.decide({ kind: "fixed", replicas: serving }, `${replicas} replicas at ${factor.toPrecision(3)} times the rate`) === "misses"
    );
  };
  let holds = 1;
  let breaks = 1.25;
  while (!breaksAt(breaks)) {
    holds = breaks;
    if (breaks >= MOST) return null;
    breaks *= 1.5;
  }
  while (breaks > holds * (1 + PRECISION)) {
    const middle = Math.sqrt(holds * breaks);
    if (breaksAt(middle)) breaks = middle;
    else holds = middle;
  }
  return holds;
};
