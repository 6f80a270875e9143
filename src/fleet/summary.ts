import type { LostBlocks } from "../replica/lost-blocks.ts";
import type { Meters } from "../replica/meters.ts";
import type { WindowedIntegral } from "../sim/windowed-integral.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { FleetConfig } from "./config.ts";
import type { Fleet } from "./fleet.ts";
import { latencyFrom } from "./latency.ts";
import { notModelled } from "./not-modelled.ts";
import type { Outcomes } from "./outcomes.ts";
import { paidSoFar, sumOf } from "./paid.ts";
import { policyInWords } from "./policy.ts";
import type { Run } from "./run.ts";
import { RUN_SCHEMA } from "./run.ts";

const SECONDS_PER_HOUR = 3600;

interface Finished {
  readonly config: Omit<FleetConfig, "requests">;
  readonly outcomes: Outcomes;
  readonly fleet: Fleet;
  readonly meters: Meters;
  readonly lost: LostBlocks;
  readonly endedAt: Nanoseconds;
}

/** Puts a finished simulation into the form that is saved and read by people. */
export const summarise = ({ config, outcomes, fleet, meters, lost, endedAt }: Finished): Run => {
  const busy = meters.busy.total();
  const serving = busy + meters.idle.total();
  const paid = paidSoFar(meters, config);
  return {
    schema: RUN_SCHEMA,
    scenario: config.scenario,
    seed: config.seed,
    policy: policyInWords(config.policy),
    inputs: [...config.inputs],
    ended_at_s: toSeconds(endedAt),
    requests: { arrived: outcomes.arrived, ...outcomes.byState() },
    latency: {
      ttft_s: latencyFrom(outcomes.ttft),
      tpot_s: latencyFrom(outcomes.tpot),
      end_to_end_s: latencyFrom(outcomes.endToEnd),
    },
    tokens: {
      prompt: outcomes.promptTokens,
      output: outcomes.outputTokens,
      recomputed: meters.preemptedTokens - meters.foundAgainTokens,
      ...(meters.abandonedTokens === 0 ? {} : { abandoned: meters.abandonedTokens }),
    },
    prefix_cache: config.replica.enablePrefixCaching
      ? { queried_tokens: meters.queriedTokens, hit_tokens: meters.hitTokens, ...lostTokens(lost, config.replica.blockSize) }
      : null,
    preemptions: meters.preemptions,
    ...(config.churn?.drain.kind === "hand-over" ? { hand_overs: fleet.disruptions.handedOver } : {}),
    steps: meters.steps,
    extrapolated_steps: meters.extrapolatedSteps,
    paid_s: paid,
    ...((config.gpusPerReplica ?? 1) === 1 ? {} : { gpus_per_replica: config.gpusPerReplica }),
    gpu_hours: sumOf(paid) / SECONDS_PER_HOUR,
    utilization: serving === 0 ? null : busy / serving,
    mean_batch: busy === 0 ? null : meters.running.total() / busy,
    ...(config.admission === undefined && config.clients === undefined ? {} : { admission: admissionOf(outcomes) }),
    scale_events: fleet.scaleLog.events(),
    ...(config.churn?.failures === undefined && config.churn?.rolling_update === undefined
      ? {}
      : { disruptions: fleet.disruptions.events() }),
    timeline: timelineOf(outcomes, meters, config.replica.numGpuBlocks - 1, endedAt),
    not_modelled: notModelled(config),
  };
};

const admissionOf = (outcomes: Outcomes): Run["admission"] => ({
  attempts: outcomes.attempts,
  retries: outcomes.retries,
  failures: outcomes.failures().map(({ state, reason, attempts, requests }) => ({ state, reason, attempts, requests })),
  not_sent: outcomes.notSent,
  deferred_s: latencyFrom(outcomes.deferred),
});

/** What went with the caches of replicas, if any did. */
const lostTokens = ({ thrownAway, askedFor }: LostBlocks, blockSize: number): { lost_tokens?: number; missed_tokens?: number } =>
  thrownAway === 0 ? {} : { lost_tokens: thrownAway * blockSize, missed_tokens: askedFor * blockSize };

const timelineOf = (outcomes: Outcomes, meters: Meters, usableBlocks: number, endedAt: Nanoseconds): Run["timeline"] => {
  const { window } = meters;
  const count = Math.max(Math.ceil(endedAt / window), outcomes.arrivals.length);
  const windows = Array.from({ length: count }, (_, index) => index);
  // The last window is as long as the run lasts in it.
  const lengthOf = (index: number): number => Math.min(window, endedAt - index * window);
  const mean = (integral: WindowedIntegral, index: number): number => (lengthOf(index) > 0 ? integral.of(index) / lengthOf(index) : 0);
  return {
    window_s: toSeconds(window),
    arrivals: windows.map((index) => outcomes.arrivals[index] ?? 0),
    replicas_ready: windows.map((index) => mean(meters.ready, index)),
    replicas_starting: windows.map((index) => mean(meters.provisioning, index) + mean(meters.loading, index) + mean(meters.warming, index)),
    queued: windows.map((index) => mean(meters.queued, index)),
    running: windows.map((index) => mean(meters.running, index)),
    kv_use: windows.map((index) => {
      const serving = meters.busy.of(index) + meters.idle.of(index);
      return serving === 0 ? 0 : meters.kvBlocks.of(index) / (serving * usableBlocks);
    }),
    ttft_p99_s: windows.map((index) => {
      const sketch = outcomes.ttftByWindow[index];
      return sketch === undefined ? null : toSeconds(sketch.quantile(0.99));
    }),
  };
};
