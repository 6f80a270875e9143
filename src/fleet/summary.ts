import type { LostBlocks } from "../replica/lost-blocks.ts";
import type { Meters } from "../replica/meters.ts";
import { peakTokenRate } from "../replica/peak-rate.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { SimulationConfig } from "./config.ts";
import type { EffectRecord } from "./effect.ts";
import type { Fleet } from "./fleet.ts";
import { latencyFrom } from "./latency.ts";
import { notModelled } from "./not-modelled.ts";
import type { Outcomes } from "./outcomes.ts";
import { paidSoFar, sumOf } from "./paid.ts";
import { policyInWords } from "./policy.ts";
import type { Run } from "./run.ts";
import { RUN_SCHEMA } from "./run.ts";
import { scaleEffectOf } from "./scale-effect.ts";
import { timelineOf } from "./timeline.ts";
import { unreachableTargets } from "./unreachable-targets.ts";

const SECONDS_PER_HOUR = 3600;

interface Finished {
  readonly config: SimulationConfig;
  readonly outcomes: Outcomes;
  readonly fleet: Fleet;
  /** What was recorded around scale events; null where there could be none. */
  readonly effects: readonly EffectRecord[] | null;
  readonly meters: Meters;
  readonly lost: LostBlocks;
  readonly endedAt: Nanoseconds;
}

/** Puts a finished simulation into the form that is saved and read by people. */
export const summarise = ({ config, outcomes, fleet, effects, meters, lost, endedAt }: Finished): Run => {
  const busy = meters.busy.total();
  const serving = busy + meters.idle.total();
  const paid = paidSoFar(meters, config);
  const peak = peakTokenRate(config.stepTime, config.replica);
  const { finished, promptTokens, outputTokens } = outcomes;
  const cautions = [...(config.cautions ?? []), ...unreachableTargets(config)];
  const effectContext = {
    stepTime: config.stepTime,
    gpusPerReplica: config.gpusPerReplica ?? 1,
    hasPrefixCache: config.replica.enablePrefixCaching,
    peak,
    // A request decodes from its prompt up to its last token: half its output, on average.
    meanContext: finished === 0 ? 1 : Math.max(1, Math.floor((promptTokens + outputTokens / 2) / finished)),
  };
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
    useful_share: serving === 0 ? null : meters.computed.total / (peak * toSeconds(serving)),
    peak_tokens_per_s: peak,
    mean_batch: busy === 0 ? null : meters.running.total() / busy,
    ...(config.admission === undefined && config.clients === undefined ? {} : { admission: admissionOf(outcomes) }),
    scale_events: fleet.scaleLog.events().map((event, i) => {
      const effect = effects?.[i];
      return effect === undefined || effect.isLeftToUpdate ? event : { ...event, effect: scaleEffectOf(effect, effectContext) };
    }),
    ...(config.churn?.failures === undefined && config.churn?.rolling_update === undefined
      ? {}
      : { disruptions: fleet.disruptions.events() }),
    timeline: timelineOf(config, outcomes, meters, peak, endedAt),
    ...(cautions.length === 0 ? {} : { cautions }),
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
