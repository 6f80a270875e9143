import { emptyBatch, type StepTimeModel } from "../replica/step-batch.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { Effect, Sample } from "./effect.ts";
import { EFFECT_WINDOW } from "./scale-effects.ts";
import type { ScaleEffect } from "./scale-effect-schema.ts";

/** What the figures of an effect are put together with. */
export interface EffectContext {
  readonly stepTime: StepTimeModel;
  readonly gpusPerReplica: number;
  readonly hasPrefixCache: boolean;
  /** Tokens a second that a replica computes at best. */
  readonly peak: number;
  /** Tokens that a decoding request attends to, averaged over the run. */
  readonly meanContext: number;
  readonly endedAt: Nanoseconds;
}

/** What was recorded of a change, as a run says it. */
export const scaleEffectOf = (effect: Effect, context: EffectContext): ScaleEffect => {
  const { scaling, start, decided, settled, ended, added } = effect;
  const { gpusPerReplica, peak, endedAt } = context;
  const isUp = scaling.to > scaling.from;
  const since = (at: Nanoseconds | null): number | null => (at === null || at === Infinity ? null : toSeconds(at - scaling.at));
  const before = { ...latencies(effect.before), ...sums(start, decided) };
  const during = { ...latencies(effect.during), ...sums(decided, settled ?? ended) };
  const after = { ...latencies(effect.after), ...sums(settled, ended) };
  const refill = context.hasPrefixCache && before.hit_rate !== null ? refillTokens(effect, isUp, before.hit_rate) : null;
  const loading = added.reduce((total, { settledAt }) => total + (settledAt ?? endedAt) - scaling.at, 0);
  return {
    window_s: toSeconds(EFFECT_WINDOW),
    helped_after_s: since(effect.helpedAt),
    settled_after_s: since(effect.settledAt),
    before,
    during,
    after,
    requests_waited: isUp ? effect.waited : null,
    load_gpu_s: gpusPerReplica * toSeconds(loading),
    ...batchesApart(effect, isUp),
    refill_tokens: refill,
    refill_gpu_s: refill === null ? null : (gpusPerReplica * refill) / peak,
    batch_gpu_s: batchTime(before.mean_batch, after.mean_batch, settled, ended, context),
  };
};

const latencies = ({ requests, ttftP99, tpotP50 }: Effect["before"]) => ({ requests, ttft_p99_s: ttftP99, tpot_p50_s: tpotP50 });

const sums = (from: Sample | null, to: Sample | null) => {
  const grown = (key: "running_s" | "busy_s" | "hitTokens" | "queriedTokens"): number =>
    from === null || to === null ? 0 : to.reading[key] - from.reading[key];
  const [busy, queried] = [grown("busy_s"), grown("queriedTokens")];
  return {
    mean_batch: busy > 0 ? grown("running_s") / busy : null,
    hit_rate: queried > 0 ? grown("hitTokens") / queried : null,
  };
};

const batchesApart = ({ settled, ended, addedAtSettled: from, addedAtEnd: to }: Effect, isUp: boolean) => {
  if (!isUp || settled === null || from === null || to === null) return { added_mean_batch: null, others_mean_batch: null };
  const [busy, running] = [toSeconds(to.busy - from.busy), toSeconds(to.running - from.running)];
  const others = ended!.reading.busy_s - settled.reading.busy_s - busy;
  const theirs = ended!.reading.running_s - settled.reading.running_s - running;
  return { added_mean_batch: busy > 0 ? running / busy : null, others_mean_batch: others > 0 ? theirs / others : null };
};

const refillTokens = ({ settled, ended, queriedTokens, hitTokens }: Effect, isUp: boolean, hitRate: number): number => {
  if (isUp) return Math.max(0, hitRate * queriedTokens - hitTokens);
  if (settled === null || ended === null) return 0;
  const queried = ended.reading.queriedTokens - settled.reading.queriedTokens;
  return Math.max(0, hitRate * queried - (ended.reading.hitTokens - settled.reading.hitTokens));
};

const batchTime = (
  before: number | null,
  after: number | null,
  from: Sample | null,
  to: Sample | null,
  { stepTime, meanContext, gpusPerReplica }: EffectContext,
): number | null => {
  if (before === null || after === null) return null;
  const busy = to!.reading.busy_s - from!.reading.busy_s;
  return gpusPerReplica * busy * (1 - timePerToken(stepTime, before, meanContext) / timePerToken(stepTime, after, meanContext));
};

/** Seconds of a step for each token that it decodes, in a batch whose mean size need not be whole. */
const timePerToken = (stepTime: StepTimeModel, batch: number, context: number): number => {
  const below = Math.max(1, Math.floor(batch));
  const part = Math.max(0, batch - below);
  const least = decodeTime(stepTime, below, context);
  return (least + (part === 0 ? 0 : part * (decodeTime(stepTime, below + 1, context) - least))) / Math.max(1, batch);
};

const decodeTime = (stepTime: StepTimeModel, sequences: number, context: number): number => {
  const batch = emptyBatch();
  batch.tokens = sequences;
  batch.outputs = sequences;
  batch.decodeSequences = sequences;
  batch.decodeKeys = sequences * context;
  batch.decodeContext = context;
  return toSeconds(stepTime.stepTime(batch));
};
