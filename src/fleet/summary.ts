import type { Meters } from "../replica/meters.ts";
import { requestStates } from "../replica/request-table.ts";
import type { RequestState, RequestTable } from "../replica/request-table.ts";
import type { WindowedIntegral } from "../sim/windowed-integral.ts";
import type { Request } from "../traffic/request.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { FleetConfig, RequestRecord } from "./config.ts";
import type { Fleet } from "./fleet.ts";
import { latencyOf, quantileOfSorted } from "./latency.ts";
import { NOT_MODELLED } from "./not-modelled.ts";
import type { Run } from "./run.ts";
import { RUN_SCHEMA } from "./run.ts";
import type { Policy } from "./settings.ts";

const SECONDS_PER_HOUR = 3600;

/** What became of every request. */
export const requestRecords = (requests: readonly Request[], table: RequestTable): RequestRecord[] =>
  requests.map(({ id, arrivedAt, promptTokens, outputTokens }) => ({
    id,
    arrivedAt,
    promptTokens,
    outputTokens,
    state: requestStates[table.state[id]!]!,
    firstTokenAt: orNull(table.firstTokenAt[id]!),
    lastTokenAt: orNull(table.lastTokenAt[id]!),
    preemptions: table.preemptions[id]!,
  }));

const orNull = (time: number): Nanoseconds | null => (Number.isNaN(time) ? null : time);

interface Outcome {
  readonly config: FleetConfig;
  readonly records: readonly RequestRecord[];
  readonly fleet: Fleet;
  readonly meters: Meters;
  readonly endedAt: Nanoseconds;
}

/** Puts a finished simulation into the form that is saved and read by people. */
export const summarise = ({ config, records, fleet, meters, endedAt }: Outcome): Run => {
  const finished = records.filter((record) => record.state === "finished");
  const busy = meters.busy.total();
  const serving = busy + meters.idle.total();
  const paid = {
    provisioning: toSeconds(meters.provisioning.total()),
    loading: toSeconds(meters.loading.total()),
    warming: toSeconds(meters.warming.total()),
    busy: toSeconds(busy),
    idle: toSeconds(meters.idle.total()),
    asleep: 0,
    failed: 0,
  };
  return {
    schema: RUN_SCHEMA,
    scenario: config.scenario,
    seed: config.seed,
    policy: policyInWords(config.policy),
    inputs: [...config.inputs],
    ended_at_s: toSeconds(endedAt),
    requests: { arrived: records.length, ...countByState(records) },
    latency: {
      ttft_s: latencyOf(finished.map(ttft)),
      tpot_s: latencyOf(finished.filter((record) => record.outputTokens > 1).map(tpot)),
      end_to_end_s: latencyOf(finished.map((record) => record.lastTokenAt! - record.arrivedAt)),
    },
    tokens: {
      prompt: sum(finished.map((record) => record.promptTokens)),
      output: sum(finished.map((record) => record.outputTokens)),
      recomputed: meters.recomputedTokens,
    },
    preemptions: meters.preemptions,
    steps: meters.steps,
    extrapolated_steps: meters.extrapolatedSteps,
    paid_s: paid,
    gpu_hours: sum(Object.values(paid)) / SECONDS_PER_HOUR,
    utilization: serving === 0 ? null : busy / serving,
    mean_batch: busy === 0 ? null : meters.running.total() / busy,
    scale_events: fleet.scaleLog.events(),
    timeline: timelineOf(records, meters, config.replica.numGpuBlocks - 1, endedAt),
    not_modelled: [...NOT_MODELLED, ...config.notModelled],
  };
};

const ttft = (record: RequestRecord): number => record.firstTokenAt! - record.arrivedAt;
const tpot = (record: RequestRecord): number => (record.lastTokenAt! - record.firstTokenAt!) / (record.outputTokens - 1);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const countByState = (records: readonly RequestRecord[]): Record<RequestState, number> => {
  const counts = Object.fromEntries(requestStates.map((state) => [state, 0])) as Record<RequestState, number>;
  for (const record of records) counts[record.state] += 1;
  return counts;
};

const policyInWords = (policy: Policy): string => {
  switch (policy.kind) {
    case "fixed":
      return `fixed, ${policy.replicas} ${policy.replicas === 1 ? "replica" : "replicas"}`;
    case "hpa":
      return `HPA on ${policy.metric}, target ${policy.target_average} a pod, ${policy.min_replicas} to ${policy.max_replicas} replicas`;
    default:
      return policy satisfies never;
  }
};

const timelineOf = (records: readonly RequestRecord[], meters: Meters, usableBlocks: number, endedAt: Nanoseconds): Run["timeline"] => {
  const { window } = meters;
  const count = Math.max(Math.ceil(endedAt / window), Math.floor((records.at(-1)?.arrivedAt ?? -1) / window) + 1);
  const windows = Array.from({ length: count }, (_, index) => index);
  // The last window is as long as the run lasts in it.
  const lengthOf = (index: number): number => Math.min(window, endedAt - index * window);
  const mean = (integral: WindowedIntegral, index: number): number => (lengthOf(index) > 0 ? integral.of(index) / lengthOf(index) : 0);

  const arrivals = windows.map(() => 0);
  const ttfts: number[][] = windows.map(() => []);
  for (const record of records) {
    const index = Math.floor(record.arrivedAt / window);
    arrivals[index]! += 1;
    if (record.state === "finished") ttfts[index]!.push(ttft(record));
  }
  return {
    window_s: toSeconds(window),
    arrivals,
    replicas_ready: windows.map((index) => mean(meters.ready, index)),
    replicas_starting: windows.map((index) => mean(meters.provisioning, index) + mean(meters.loading, index) + mean(meters.warming, index)),
    queued: windows.map((index) => mean(meters.queued, index)),
    running: windows.map((index) => mean(meters.running, index)),
    kv_use: windows.map((index) => {
      const serving = meters.busy.of(index) + meters.idle.of(index);
      return serving === 0 ? 0 : meters.kvBlocks.of(index) / (serving * usableBlocks);
    }),
    ttft_p99_s: ttfts.map((times) => (times.length === 0 ? null : toSeconds(quantileOfSorted(Float64Array.from(times).sort(), 0.99)))),
  };
};
