import type { RequestRecord } from "../../fleet/config.ts";
import { count, duration, limit, list, percent, plain, quantity } from "../../format.ts";
import { toSeconds } from "../../units.ts";
import { countIn } from "../objectives/counts.ts";
import { GapMeter } from "../objectives/gaps.ts";
import { latenciesOf, pooledPercentileOrNull, timesOf, timesOfClasses, timesOrNull } from "../objectives/latencies.ts";
import { inWords, nameInWords } from "../objectives/in-words.ts";
import { allowed, covers, objectivesOf, type LatencyObjective, type Objective } from "../objectives/objectives.ts";
import type { Question } from "./question.ts";
import { bestRecords } from "./unloaded.ts";

/** Replications of generated traffic that are looked at. */
const SEEDS = 4;

/**
 * Why no number of replicas meets the objectives: the first one that is missed although every request has an idle replica to itself, with
 * its value then, which is the best there is, and from how many replicas on it can be had. Null where that would meet them all.
 */
export const whyImpossibleOrNull = ({ setup, objectives, seeds, requestsOf }: Question): string | null => {
  const { replica, stepTime } = setup;
  const asked = objectivesOf(objectives);
  const limits = asked.filter((objective) => objective.kind === "latency");
  const gaps = new GapMeter(limits);
  const records = seeds
    .slice(0, SEEDS)
    .flatMap((seed) => Array.from(bestRecords(requestsOf(seed), replica, stepTime, !gaps.isIdle), (record) => gaps.take(record)));
  const latencies = { ...latenciesOf(records), others: new Map([...timesOfClasses(records, limits), ...gaps.times()]) };
  const where = (): string => `at best, where every request has an idle replica to itself${fromHowMany(requestsOf(seeds[0]!), records)}`;
  const counted = (objective: Judged) =>
    objective.kind === "latency" ? timesOf(latencies, objective).beyond(objective.limit) : countIn(records, objective, limits);
  const missed = asked
    .filter((objective): objective is Judged => "scope" in objective)
    .filter((objective) => {
      const { bad, of } = counted(objective);
      return bad > allowed(objective) * of;
    });
  const [, ...others] = missed.map((objective) => inWords(objective));
  const too = others.length === 0 ? "" : `; then ${list(others)} ${others.length === 1 ? "is" : "are"} missed as well`;
  for (const objective of missed) {
    const { bad, of } = counted(objective);
    const value = objective.kind === "latency" ? pooledPercentileOrNull([timesOf(latencies, objective)], objective.share) : null;
    if (objective.kind === "latency" && value !== null) {
      return `${nameInWords(objective)} is ${duration(value)} ${where()}, and the limit is ${limit(objective.limit)}${anatomy(records, objective)}${too}`;
    }
    if (objective.kind === "goodput") {
      return `${nameInWords(objective)} is ${plain(100 * (1 - bad / of), 4)} % ${where()}, and the limit is ${plain(100 * objective.limit)} %${too}`;
    }
    const those = records.filter(({ priority }) => covers(objective.scope, priority));
    const missing = those.filter(({ state }) => state !== "finished").length / those.length;
    const tooLong = `${percent(missing)} of the requests are longer than a server takes (max_model_len ${count(replica.maxModelLen)} tokens) and are rejected`;
    return objective.kind === "rejected"
      ? `${tooLong}, by any number of replicas, and the limit is ${plain(100 * objective.limit)} %`
      : `${tooLong}, and a rejected request misses every objective`;
  }
  return null;
};

type Judged = Extract<Objective, { readonly scope: unknown }>;

/** How many replicas give every request one to itself: as many as requests are in flight at most. Nothing where sessions go on later. */
const fromHowMany = (requests: readonly { readonly next?: unknown }[], all: readonly RequestRecord[]): string => {
  if (requests.some(({ next }) => next !== undefined)) return "";
  const records = all.slice(0, requests.length).filter(({ lastTokenAt }) => lastTokenAt !== null);
  const ends = Float64Array.from(records, ({ lastTokenAt }) => lastTokenAt!).sort();
  let [most, left] = [0, 0];
  records.forEach(({ arrivedAt }, i) => {
    while (ends[left]! <= arrivedAt) left += 1;
    most = Math.max(most, i + 1 - left);
  });
  return ` (from ${quantity(most, "replica")} on)`;
};

/** Of what the request is made that lies at an end-to-end percentile. */
const anatomy = (records: readonly RequestRecord[], { metric, share, scope }: LatencyObjective): string => {
  if (metric !== "e2e") return "";
  const timed = records.flatMap((record) => {
    const times = covers(scope, record.priority) ? timesOrNull(record) : null;
    return times === null ? [] : [{ ...times, ...record }];
  });
  timed.sort((a, b) => a.e2e - b.e2e);
  const found = timed[Math.min(timed.length, Math.max(1, Math.ceil(share * timed.length))) - 1];
  if (found === undefined || found.tpot === null) return "";
  const { ttft, tpot, promptTokens, outputTokens } = found;
  return `: a request of ${count(promptTokens)} and ${count(outputTokens)} tokens takes ${duration(toSeconds(ttft))} to the first and ${count(outputTokens - 1)} × ${duration(toSeconds(tpot))} after it`;
};
