import type { RequestRecord } from "../fleet/config.ts";
import type { Latency } from "../fleet/run.ts";
import { toSeconds, type Seconds } from "../units.ts";
import { durationOf } from "./demand.ts";
import type { Measure, Outcome } from "./experiment.ts";
import { isGood } from "../plan/objectives/counts.ts";
import { paidReplicas } from "../plan/search/replications.ts";

/** Numbers that several experiments read off a run. */

const latency = (key: string, name: string, of: (outcome: Outcome) => number | null | undefined, about: string): Measure => ({
  key,
  name,
  about,
  unit: "s",
  of: (outcome) => of(outcome) ?? null,
});

const ttft = ({ run }: Outcome): Latency => run.latency.ttft_s;

export const ttftP50 = latency("ttft_p50_s", "TTFT p50", (outcome) => ttft(outcome)?.p50, "Median time to first token, all requests.");
export const ttftP95 = latency("ttft_p95_s", "TTFT p95", (outcome) => ttft(outcome)?.p95, "95th percentile of the time to first token.");
export const ttftP99 = latency("ttft_p99_s", "TTFT p99", (outcome) => ttft(outcome)?.p99, "99th percentile of the time to first token.");
export const tpotP99 = latency(
  "tpot_p99_s",
  "TPOT p99",
  ({ run }) => run.latency.tpot_s?.p99,
  "99th percentile over requests of the time per output token after the first.",
);
export const endToEndMean = latency(
  "end_to_end_mean_s",
  "end to end",
  ({ run }) => run.latency.end_to_end_s?.mean,
  "Mean time from arrival to the last token.",
);

export const missedShare: Measure = {
  key: "missed_share",
  name: "missed",
  about: "Share of requests that did not finish within both objectives, each read as a limit on every request.",
  unit: "share",
  of: (outcome) =>
    outcome.records.length === 0
      ? null
      : outcome.records.filter((record) => !isGood(record, outcome.lab.limits)).length / outcome.records.length,
};

export const gpuHours: Measure = {
  key: "gpu_hours",
  name: "GPU-hours",
  about: "GPU time paid for, in all states, from the first arrival until the last request has left.",
  unit: "gpu-hours",
  of: ({ run }) => run.gpu_hours,
};

export const meanReplicas: Measure = {
  key: "replicas_mean",
  name: "replicas",
  about: "Replicas paid for, averaged over the run; those that start or drain are among them.",
  unit: "number",
  of: ({ run }) => paidReplicas(run),
};

export const costPerGoodToken: Measure = {
  key: "gpu_s_per_1000_good_tokens",
  name: "GPU-s per 1,000 good tokens",
  about: "GPU time paid for over output tokens of requests within both objectives.",
  unit: "number",
  of: (outcome) => {
    let tokens = 0;
    for (const record of outcome.records) if (isGood(record, outcome.lab.limits)) tokens += record.outputTokens;
    return tokens === 0 ? null : (outcome.run.gpu_hours * 3_600_000) / tokens;
  },
};

export const utilization: Measure = {
  key: "busy_share",
  name: "busy",
  about: "Share of the time that ready replicas were paid for in which a step was running.",
  unit: "share",
  of: ({ run }) => run.utilization,
};

export const meanBatch: Measure = {
  key: "mean_batch",
  name: "batch",
  about: "Running sequences, averaged over busy time.",
  unit: "number",
  of: ({ run }) => run.mean_batch,
};

export const preemptionsPer1000: Measure = {
  key: "preemptions_per_1000",
  name: "preempted per 1,000",
  about: "Preemptions for lack of KV blocks, per 1,000 requests.",
  unit: "number",
  of: ({ run }) => (run.requests.arrived === 0 ? null : (1000 * run.preemptions) / run.requests.arrived),
};

export const scaleEventsPerHour: Measure = {
  key: "scale_events_per_h",
  name: "scale events/h",
  about: "Changes of the number of replicas wanted, per hour of the demand.",
  unit: "number",
  of: ({ run, demand }) => (run.scale_events.length * 3600) / durationOf(demand),
};

/** Mean time to first token of the requests that arrived within a time; null without any. */
export const meanTtftOf = (records: readonly RequestRecord[], from: Seconds, to: Seconds): Seconds | null => {
  let [sum, count] = [0, 0];
  for (const { arrivedAt, firstTokenAt } of records) {
    const at = toSeconds(arrivedAt);
    if (firstTokenAt === null || at < from || at >= to) continue;
    sum += firstTokenAt - arrivedAt;
    count += 1;
  }
  return count === 0 ? null : toSeconds(sum / count);
};
