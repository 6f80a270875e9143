import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { variants } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";
import { STEP_FAMILY } from "../../kernels/layer/engine-step.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { Job, TimedJob } from "../profile/jobs.ts";
import type { Profile } from "../profile/schema.ts";
import { settledChoices, workloadFor, type DeviceKind } from "../profile/settled.ts";
import { stepJob } from "../profile/timed-jobs.ts";
import type { Batch, Composite } from "../profile/workload.ts";
import type { Seconds } from "../units.ts";
import { stepPredictor } from "./composites.ts";
import { stepDtype } from "./dtype.ts";
import { measuredKernels, type MeasuredKernel } from "./measured.ts";
import { stepCurve } from "./step.ts";

/** What a check measures: steps that nothing was ever fitted to, and some kernels of the profile once more. */
export interface CheckPlan {
  readonly seed: number;
  /** Of all that is timed: a process that did not see a variant pass has no time of it. */
  readonly verify: readonly Job[];
  readonly steps: readonly TimedJob[];
  readonly again: readonly TimedJob[];
}

/** Steps a check draws: as many of each kind. */
const STEPS_OF_A_KIND = 4;
const KINDS = ["decode", "prefill", "mixed"] as const;
const MOST_LAYERS = 4;
/** A step that is predicted to take longer is drawn again: it would be measured too few times. */
const LONGEST: Readonly<Record<"gpu" | "software", Seconds>> = { gpu: 0.5, software: 0.12 };
const MOST_DRAWS = 1000;
/** Of each family so many kernels are measured again, from the quickest to the slowest. */
const AGAIN = { matmul: 4, "attention-prefill": 2, "attention-decode": 2, "rms-norm": 1 } as const;

const hasVariant = (id: string): boolean => variants.some((variant) => variant.id === id);

export const deviceKindOf = (profile: Profile): DeviceKind => ({
  adapter: profile.environment.adapter,
  isGpu: profile.is_gpu,
  isQuick: profile.is_quick,
});

/**
 * Draws steps at random within the profile's valid ranges, sizes even on a logarithmic scale, none of a size that was ever fitted or
 * checked in it; and picks kernels to measure again.
 *
 * @param seed the same seed and profile give the same plan
 * @param isKnown whether there is a variant of that id today: a profile may be older than the kernels, and what is gone is not measured again
 * @throws InputError naming a measurement that the profile lacks
 */
export const planCheck = (profile: Profile, seed: number, isKnown = hasVariant): CheckPlan => {
  const device = deviceKindOf(profile);
  const { model } = workloadFor(device).core;
  const dtype = stepDtype(profile);
  const choices = settledChoices(device, profile);
  const predict = stepPredictor(profile, dtype);
  const longest = LONGEST[profile.is_gpu ? "gpu" : "software"];
  const draw = drawer(profile, model, seed);
  const steps = new Map<string, TimedJob>();
  for (let tries = 0; steps.size < KINDS.length * STEPS_OF_A_KIND && tries < MOST_DRAWS; tries++) {
    const composite = draw(KINDS[steps.size % KINDS.length]!);
    if (composite === null) continue;
    const job = stepJob(model, composite, choices);
    if (job.kind === "layer" && predict({ id: job.id, shape: job.layer.shape }) <= longest) steps.set(job.id, job);
  }
  const again = Object.entries(AGAIN).flatMap(([family, count]) =>
    spread(
      measuredKernels(profile, family, dtype).filter(({ variant }) => isKnown(variant)),
      count,
    ),
  );
  const step = `${STEP_FAMILY}/${dtype}`;
  return {
    seed,
    verify: [
      ...[...new Set(again.map(({ variant }) => variant))].map((variant): Job => ({ kind: "verify", id: `verify ${variant}`, variant })),
      { kind: "verify", id: `verify ${step}`, variant: step, choices },
    ],
    steps: [...steps.values()],
    again: again.map(asJob),
  };
};

/** Gives a composite of the kind; null where the draw fell on a size that the profile has seen. */
const drawer = (profile: Profile, model: LanguageModel, seed: number) => {
  const { valid } = stepCurve(profile, model, stepDtype(profile)).curve;
  const seen = seenIn(profile);
  const generator = xoroshiro128plus(seed);
  const between = ([low, high]: readonly [number, number]): number =>
    Math.round(Math.exp(Math.log(low) + uniformFloat64(generator) * Math.log(high / low)));
  const chunkWithin = (most: number): Batch => {
    const prefill_tokens = between([Math.min(valid.prefill_context[0], most), most]);
    const room = valid.prefill_context[1] - prefill_tokens;
    const prefill_context = uniformFloat64(generator) < 0.5 || room < 1 ? 0 : between([1, room]);
    return { prefill_tokens, prefill_context, decode_sequences: 0, decode_context: 0 };
  };
  return (kind: (typeof KINDS)[number]): Composite | null => {
    const decode_sequences = between(valid.decode_sequences);
    const decode_context = between(valid.decode_context);
    const most = Math.min(valid.tokens[1], valid.prefill_context[1]);
    const batch: Batch =
      kind === "decode"
        ? { prefill_tokens: 0, prefill_context: 0, decode_sequences, decode_context }
        : kind === "prefill"
          ? chunkWithin(most)
          : { ...chunkWithin(Math.max(1, most - decode_sequences)), decode_sequences, decode_context };
    const composite = {
      batch,
      layers: between([1, Math.min(MOST_LAYERS, model.layers)]),
      hasHead: kind !== "prefill" || uniformFloat64(generator) < 0.5,
    };
    return seen(batch) ? null : composite;
  };
};

/** Whether a fit or an earlier check saw the batch's token count, its chunk or its decoding sequences. */
const seenIn = ({ measurements }: Profile): ((batch: Batch) => boolean) => {
  const seen = new Set<string>();
  for (const measurement of measurements) {
    if (measurement.kind !== "kernel") continue;
    const { m, chunk, sequences, context, prefill_tokens, prefill_context, decode_sequences, decode_context } = measurement.shape;
    if (m !== undefined) seen.add(`tokens ${m}`);
    if (prefill_tokens !== undefined && decode_sequences !== undefined) seen.add(`tokens ${prefill_tokens + decode_sequences}`);
    seen.add(`chunk ${chunk ?? prefill_tokens} ${chunk === undefined ? prefill_context : context}`);
    seen.add(`sequences ${sequences ?? decode_sequences} ${sequences === undefined ? decode_context : context}`);
  }
  return ({ prefill_tokens, prefill_context, decode_sequences, decode_context }) =>
    seen.has(`tokens ${prefill_tokens + decode_sequences}`) ||
    (prefill_tokens > 0 && seen.has(`chunk ${prefill_tokens} ${prefill_context}`)) ||
    (decode_sequences > 0 && seen.has(`sequences ${decode_sequences} ${decode_context}`));
};

/** Some of them, evenly by rank of time; all where there are no more. */
const spread = (kernels: readonly MeasuredKernel[], count: number): MeasuredKernel[] => {
  const sorted = kernels.toSorted((a, b) => a.seconds - b.seconds);
  const places = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) / count) * sorted.length));
  return [...new Set(places)].flatMap((place) => sorted[place] ?? []);
};

const asJob = ({ id, variant, shape, cache }: MeasuredKernel): TimedJob => ({
  kind: "kernel",
  id,
  variant,
  shape: { ...shape } satisfies Shape,
  cache,
});
