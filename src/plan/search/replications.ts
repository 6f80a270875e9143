import { latencyOf } from "../../fleet/latency.ts";
import type { Policy } from "../../fleet/policy.ts";
import type { Run } from "../../fleet/run.ts";
import { simulate } from "../../fleet/simulate.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import { costOf } from "../../scenario/prices.ts";
import { countsOf, type Counts } from "../objectives/counts.ts";
import { GapMeter, type CountedRecord } from "../objectives/gaps.ts";
import { latenciesOf, pooledPercentileOrNull, timesOf, timesOfClasses, type Latencies } from "../objectives/latencies.ts";
import { textOf } from "../objectives/in-words.ts";
import { objectivesOf, type Objective } from "../objectives/objectives.ts";
import { tailOrNull } from "./measures.ts";
import { percentileIntervalOrNull } from "../objectives/percentile-interval.ts";
import type { Question } from "./question.ts";
import type { Candidate, ObjectiveResult } from "../schema.ts";
import { estimateOf, verdictsOf, worst, worstWindowOrNull, type Verdict } from "../objectives/verdict.ts";

/** One policy on the requests of one seed. */
export interface Replication {
  readonly run: Run;
  readonly latencies: Latencies;
  readonly counts: Counts;
  /** In the currency of the prices; absent: there are none. */
  readonly cost?: number;
  /** What the fleet went through; absent: nothing but what the setup says. */
  readonly hardship?: string;
  /** The same without what the fleet has to survive, which is what policies are compared in; absent: it has nothing to survive. */
  readonly calm?: () => Replication;
  /** Whether this replication by itself is within every objective. */
  readonly meets: boolean;
}

/** One policy on the requests of one seed, under the question's hardship if it has one. */
export const replicate = ({ setup, objectives, prices, hardship, requestsOf }: Question, policy: Policy, seed: number): Replication => {
  const requests = requestsOf(seed);
  const fleet = hardship === undefined ? setup : hardship.applyTo(setup, requests);
  const asked = objectivesOf(objectives).filter((objective) => objective.kind === "latency");
  const gaps = new GapMeter(asked);
  const records: CountedRecord[] = [];
  const recordsTokens = !gaps.isIdle;
  const run = simulate({ ...fleet, policy, seed, requests, recordsTokens }, (record) => records.push(gaps.take(record)));
  const others = new Map([...timesOfClasses(records, asked), ...gaps.times()]);
  const all = latenciesOf(records);
  const isEndToEnd = asked.some(({ metric }) => metric === "e2e");
  const latencies: Latencies = { ...all, e2e: isEndToEnd ? all.e2e : null, ...(others.size === 0 ? {} : { others }) };
  const cost = prices === undefined ? null : costOf(run, policy, prices);
  const counts = countsOf(records, latencies, run, objectives, cost);
  const meets = verdictOf([counts], objectives) === "meets";
  return {
    run,
    latencies,
    counts,
    meets,
    ...(cost === null ? {} : { cost }),
    ...(hardship === undefined ? {} : { hardship: hardship.name }),
  };
};

/** Whether all objectives hold over these replications together, or all that are judged. */
export const verdictOf = (
  counts: readonly Counts[],
  objectives: Objectives,
  isJudged: (objective: Objective) => boolean = () => true,
): Verdict => {
  const asked = objectivesOf(objectives);
  const verdicts = verdictsOf(counts, asked);
  return worst(verdicts.filter((_, i) => isJudged(asked[i]!)));
};

/** Each objective over all replications together. */
export const resultsOf = (replications: readonly Replication[], objectives: Objectives): ObjectiveResult[] => {
  const asked = objectivesOf(objectives);
  const counts = replications.map((replication) => replication.counts);
  const verdicts = verdictsOf(counts, asked);
  return asked.map((objective, i): ObjectiveResult => {
    const verdict = verdicts[i]!;
    const common = { objective: textOf(objective), limit: objective.limit, verdict, worst_window: worstWindowOrNull(counts, i) };
    if (objective.kind === "latency") {
      const sets = replications.map(({ latencies }) => timesOf(latencies, objective));
      return {
        ...common,
        unit: "s",
        value: pooledPercentileOrNull(sets, objective.share),
        interval: percentileIntervalOrNull(sets, objective.share),
      };
    }
    const { value, low, high } = estimateOf(
      counts.map(({ whole }) => whole[i]!),
      objective,
    );
    const interval = replications.length < 2 ? null : { low, high };
    return objective.kind === "goodput"
      ? { ...common, unit: "share", value: 1 - value, interval: interval === null ? null : { low: 1 - high, high: 1 - low } }
      : { ...common, unit: unitOf(objective), value, interval };
  });
};

const unitOf = ({ kind }: Objective): ObjectiveResult["unit"] => (kind === "rejected" ? "share" : "1/h");

/**
 * A policy's replications summed up: objectives and latencies over all requests together, the rest as means. Where the fleet has to
 * survive something, replicas, GPU-hours, cost and scale events are those of the same replications without it.
 */
export const candidateOf = (replications: readonly Replication[], objectives: Objectives): Candidate => {
  const runs = replications.map(({ run }) => run);
  const [first] = runs;
  const { hardship } = replications[0] ?? {};
  if (first === undefined) throw new RangeError("a candidate needs at least one replication");
  const calm = replications.map((each) => each.calm?.() ?? each);
  const isCompared = replications[0]?.calm !== undefined;
  const calmRuns = calm.map(({ run }) => run);
  const wanted = calmRuns.flatMap(replicasWanted);
  const pooled = (metric: "ttft" | "tpot") => latencyOf(replications.flatMap(({ latencies }) => [...latencies[metric]]));
  return {
    policy: first.policy,
    ...(hardship === undefined ? {} : { hardship }),
    replicas: {
      min: wanted.reduce((a, b) => Math.min(a, b)),
      max: wanted.reduce((a, b) => Math.max(a, b)),
      mean: mean(calmRuns.map(paidReplicas)),
    },
    objectives: resultsOf(replications, objectives),
    verdict: verdictOf(
      replications.map(({ counts }) => counts),
      objectives,
    ),
    replications: replications.length,
    replications_met: replications.filter(({ meets }) => meets).length,
    gpu_hours: mean(calmRuns.map(({ gpu_hours }) => gpu_hours)),
    ...costPart(calm),
    scale_events: mean(calmRuns.map(({ scale_events }) => scale_events.length)),
    ...(isCompared ? { compared: { under: "nothing", tail: tailOrNull(resultsOf(calm, objectives)) } } : {}),
    utilization: meanOrNull(runs.map(({ utilization }) => utilization)),
    mean_batch: meanOrNull(runs.map(({ mean_batch }) => mean_batch)),
    ttft_s: pooled("ttft"),
    tpot_s: pooled("tpot"),
  };
};

/** Mean cost of the runs, all told and by the hour; nothing where there are no prices. */
const costPart = (replications: readonly Replication[]): Pick<Candidate, "cost"> => {
  const costs = replications.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
  if (costs.length === 0) return {};
  const hours = replications.reduce((sum, { run }) => sum + run.ended_at_s, 0) / 3600;
  return { cost: { total: mean(costs), per_hour: costs.reduce((sum, cost) => sum + cost, 0) / hours } };
};

/** Every number of replicas that the policy asked for; before the first scale event, what the run was paid for. */
const replicasWanted = (run: Run): number[] =>
  run.scale_events.length === 0 ? [Math.floor(paidReplicas(run) + 0.5)] : run.scale_events.flatMap(({ from, to }) => [from, to]);

/** Time average of the replicas paid for, those that start or drain included; 0 of a run that lasts no time. */
export const paidReplicas = ({ gpu_hours, ended_at_s, gpus_per_replica: gpus = 1 }: Run): number =>
  ended_at_s === 0 ? 0 : (gpu_hours * 3600) / ended_at_s / gpus;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const meanOrNull = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
};
