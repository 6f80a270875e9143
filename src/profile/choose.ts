import { median } from "simple-statistics";
import { variantsOf } from "../../kernels/index.ts";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { defaultChoices, type LayerChoices } from "../../kernels/layer/decoder-layer.ts";
import type { Seconds } from "../units.ts";
import type { Findings } from "./jobs.ts";

/** A variant slower than the best by more than this, at a size where each has its chance, is not tried at others. */
const HOPELESS = 8;

/** Which element type to measure in: f16 where kernels may use it, as models are served. */
export const dtypeFor = (features: readonly string[], isGpu: boolean): Dtype => (isGpu && features.includes("shader-f16") ? "f16" : "f32");

/** Up to here a step counts as of few tokens until it is known better: decode batches of a lightly loaded server. */
const FEW_TOKENS = 16;

/**
 * The variants to begin with, before any was timed here. Barriers and workgroup memory are what GPUs are good at and what a
 * software adapter is worst at.
 */
export const startingChoices = (dtype: Dtype, isGpu: boolean, features: readonly string[]): LayerChoices => {
  const choices = { ...defaultChoices(dtype), few_tokens: FEW_TOKENS };
  const hasSubgroups = features.includes("subgroups");
  if (!isGpu) {
    return {
      ...choices,
      matmul_few: `matmul/matvec-thread-${dtype}`,
      matmul_many: `matmul/registers-${dtype}`,
      attention_prefill: `attention-prefill/${hasSubgroups ? "quad-16" : "thread"}-${dtype}`,
      attention_decode: `attention-decode/${hasSubgroups ? "quad" : "thread"}-${dtype}`,
    };
  }
  return hasSubgroups
    ? {
        ...choices,
        matmul_few: `matmul/matvec-subgroup-${dtype}`,
        attention_prefill: `attention-prefill/subgroup-${dtype}`,
        attention_decode: `attention-decode/subgroup-split-512-${dtype}`,
      }
    : choices;
};

/** The family's variants in this element type that are right on this device. */
export const passedVariants = ({ verifications }: Findings, family: string, dtype: Dtype): string[] => {
  const passed = new Set(verifications.flatMap(({ kind, variant }) => (kind === "passed" ? [variant] : [])));
  return variantsOf(family).flatMap((variant) => (variant.dtype === dtype && passed.has(variant.id) ? [variant.id] : []));
};

/** Median seconds at this shape, by variant, of those that were timed at it; the cold time where there is one, as a step would find it. */
const timesAt = ({ measurements }: Findings, variants: readonly string[], shape: Shape): Map<string, Seconds> => {
  const times = new Map<string, Seconds>();
  const timed = measurements.filter((measurement) => measurement.kind === "kernel");
  for (const measurement of [...timed.filter(({ cache }) => cache === "hot"), ...timed.filter(({ cache }) => cache === "cold")]) {
    if (!variants.includes(measurement.variant) || !isSameShape(measurement.shape, shape)) continue;
    times.set(measurement.variant, median(measurement.timing.samples_s));
  }
  return times;
};

const isSameShape = (a: Shape, b: Shape): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, size]) => b[name] === size);

/** The variants worth timing elsewhere: those within 8 times of the fastest at this shape; none where none was timed. */
export const contenders = (found: Findings, variants: readonly string[], shape: Shape): string[] => {
  const times = timesAt(found, variants, shape);
  const best = Math.min(...times.values());
  return [...times].filter(([, seconds]) => seconds <= HOPELESS * best).map(([variant]) => variant);
};

/**
 * The fastest over several shapes by geometric mean of the time beside the best one's; only variants timed at all of them count.
 * Null where there is none.
 */
export const fastestOrNull = (found: Findings, variants: readonly string[], shapes: readonly Shape[]): string | null => {
  const byShape = shapes.map((shape) => timesAt(found, variants, shape));
  const scored = variants.flatMap((variant) => {
    const times = byShape.map((times) => times.get(variant));
    if (times.length === 0 || times.some((seconds) => seconds === undefined)) return [];
    return [{ variant, score: times.reduce((sum: number, seconds, i) => sum + Math.log(seconds! / Math.min(...byShape[i]!.values())), 0) }];
  });
  return scored.sort((a, b) => a.score - b.score)[0]?.variant ?? null;
};

/** Shapes at which variants were compared: the same layer at rising token counts. */
export interface ComparedShapes {
  readonly linear: readonly { readonly m: number; readonly n: number; readonly k: number }[];
  /** For how many tokens the variant for few is sought; the other is sought beyond. */
  readonly fewUpTo: number;
  readonly prefill: Shape;
  readonly decode: Shape;
}

/**
 * The variants that were fastest here; those to begin with where nothing was timed. Few tokens end where the variant for many
 * was first faster.
 */
export const chosenVariants = (found: Findings, starting: LayerChoices, dtype: Dtype, compared: ComparedShapes): LayerChoices => {
  const { linear, fewUpTo, prefill, decode } = compared;
  const matmuls = passedVariants(found, "matmul", dtype);
  const few =
    fastestOrNull(
      found,
      matmuls,
      linear.filter(({ m }) => m <= fewUpTo),
    ) ?? usable(matmuls, starting.matmul_few);
  const many =
    fastestOrNull(
      found,
      matmuls,
      linear.filter(({ m }) => m > fewUpTo),
    ) ?? usable(matmuls, starting.matmul_many);
  const races = linear.map((shape) => ({ m: shape.m, times: timesAt(found, [few, many], shape) })).filter(({ times }) => times.size > 0);
  const firstLost = races.findIndex(({ times }) => (times.get(few) ?? Infinity) > (times.get(many) ?? Infinity));
  const won = firstLost < 0 ? races : races.slice(0, firstLost);
  const attention = (family: string, shape: Shape, start: string) => {
    const variants = passedVariants(found, family, dtype);
    return fastestOrNull(found, variants, [shape]) ?? usable(variants, start);
  };
  return {
    few_tokens: races.length === 0 ? starting.few_tokens : (won.at(-1)?.m ?? 0),
    matmul_few: few,
    matmul_many: many,
    attention_prefill: attention("attention-prefill", prefill, starting.attention_prefill),
    attention_decode: attention("attention-decode", decode, starting.attention_decode),
  };
};

/** The variant to begin with, or where it did not pass the first that did; itself where none did, so that its refusal is recorded. */
const usable = (passed: readonly string[], starting: string): string => (passed.includes(starting) ? starting : (passed[0] ?? starting));
