import { emptyBatch, type StepTimeModel } from "../replica/step-batch.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { EffectRecord, Sums } from "./effect.ts";
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
}

/** What was recorded of a change, as a run says it. */
export const scaleEffectOf = (effect: EffectRecord, context: EffectContext): ScaleEffect => {
  const { scaling, start, decided, settled, ended } = effect;
  const { gpusPerReplica, peak } = context;
  const isUp = scaling.to > scaling.from;
  const since = (at: Nanoseconds | null): number | null => (at === null || at === Infinity ? null : toSeconds(at - scaling.at));
  const before = { ...effect.before, ...sums(start, decided) };
  const during = { ...effect.during, ...sums(decided, settled ?? ended) };
  const after = { ...effect.after, ...sums(settled, ended) };
  const refill = context.hasPrefixCache && before.hit_rate !== null ? refillTokens(effect, isUp, before.hit_rate) : null;
  return {
    window_s: toSeconds(EFFECT_WINDOW),
    helped_after_s: since(effect.helpedAt),
    settled_after_s: since(effect.settledAt),
    before,
    during,
    after,
    requests_waited: isUp ? effect.waited : null,
    load_gpu_s: gpusPerReplica * toSeconds(effect.loading),
    ...batchesApart(effect, isUp),
    refill_tokens: refill,
    refill_gpu_s: refill === null ? null : (gpusPerReplica * refill) / peak,
    batch_gpu_s: batchTime(before.mean_batch, after.mean_batch, settled, ended, context),
  };
};

const sums = (from: Sums | null, to: Sums | null) => {
  const grown = (key: Exclude<keyof Sums, "at">): number => (from === null || to === null ? 0 : to[key] - from[key]);
  const [busy, queried] = [grown("busy"), grown("queriedTokens")];
  return {
    mean_batch: busy > 0 ? grown("running") / busy : null,
    hit_rate: queried > 0 ? grown("hitTokens") / queried : null,
  };
};

/** Mean batch of the replicas that it added, and of the others, while "after" lasts. */
const batchesApart = ({ settled, ended, addedAtSettled: from, addedAtEnd: to }: EffectRecord, isUp: boolean) => {
  if (!isUp || settled === null || ended === null || from === null || to === null)
    return { added_mean_batch: null, others_mean_batch: null };
  const [busy, running] = [to.busy - from.busy, to.running - from.running];
  const others = ended.busy - settled.busy - busy;
  return {
    added_mean_batch: busy > 0 ? running / busy : null,
    others_mean_batch: others > 0 ? (ended.running - settled.running - running) / others : null,
  };
};

const refillTokens = ({ settled, ended, queriedTokens, hitTokens }: EffectRecord, isUp: boolean, hitRate: number): number => {
  if (isUp) return Math.max(0, hitRate * queriedTokens - hitTokens);
  if (settled === null || ended === null) return 0;
  const queried = ended.queriedTokens - settled.queriedTokens;
  return Math.max(0, hitRate * queried - (ended.hitTokens - settled.hitTokens));
};

const batchTime = (
  before: number | null,
  after: number | null,
  from: Sums | null,
  to: Sums | null,
  { stepTime, meanContext, gpusPerReplica }: EffectContext,
): number | null => {
  if (before === null || after === null) return null;
  const busy = toSeconds(to!.busy - from!.busy);
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
