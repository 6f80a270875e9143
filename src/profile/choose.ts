import { variantsOf } from "../../kernels/index.ts";
import type { Dtype, KernelVariant, Shape } from "../../kernels/kernel.ts";
import { type Choice, chosenFor, defaultChoices, type LayerChoices } from "../../kernels/layer/choices.ts";
import type { Findings } from "./jobs.ts";
import type { Tuning } from "./measurements/tuning.ts";

/** Which element type to measure in: f16 where kernels may use it, as models are served. */
export const dtypeFor = (features: readonly string[], isGpu: boolean): Dtype => (isGpu && features.includes("shader-f16") ? "f16" : "f32");

/**
 * The variants to begin with, before any was timed here. Barriers and workgroup memory are what GPUs are good at and what a
 * software adapter is worst at.
 */
export const startingChoices = (dtype: Dtype, isGpu: boolean, features: readonly string[]): LayerChoices => {
  const choices = defaultChoices(dtype);
  const hasSubgroups = features.includes("subgroups");
  const attention = (prefill: string, decode: string) => ({
    attention_prefill: [{ shape: {}, variant: `attention-prefill/${prefill}-${dtype}` }],
    attention_decode: [{ shape: {}, variant: `attention-decode/${decode}-${dtype}` }],
  });
  if (!isGpu) {
    return {
      ...choices,
      ...(hasSubgroups ? attention("quad-16", "quad") : attention("thread", "thread")),
      matmul: hasSubgroups
        ? [{ shape: {}, variant: `matmul/lanes-16x8-16-${dtype}` }]
        : [
            { shape: { m: 4 }, variant: `matmul/matvec-thread-4x64-${dtype}` },
            { shape: { m: 17 }, variant: `matmul/registers-8x8-2x8-${dtype}` },
          ],
    };
  }
  if (!hasSubgroups) return choices;
  const [, many] = choices.matmul;
  return {
    ...attention("subgroup", "subgroup-split-512"),
    matmul: [{ shape: { m: 4 }, variant: `matmul/matvec-subgroup-4x64-${dtype}` }, many!],
  };
};

/**
 * Whether a variant is worth verifying and racing on a kind of device. A software adapter runs a workgroup's threads one after another and stops all
 * of them at every barrier, which makes kernels with barriers many times slower than those without; what is made for it spills a GPU's registers.
 */
export const isForDevice = ({ run, verificationShapes, madeFor }: KernelVariant, isGpu: boolean): boolean =>
  isGpu
    ? madeFor !== "software"
    : !verificationShapes.some((shape) => run(shape).dispatches.some(({ wgsl }) => wgsl.includes("workgroupBarrier")));

/** The parts of a layer that a variant is chosen for, and the family that each is of. */
const PARTS = {
  matmul: "matmul",
  attention_prefill: "attention-prefill",
  attention_decode: "attention-decode",
} as const satisfies Record<keyof LayerChoices, string>;

/** The family's variants in this element type that are right on this device. */
export const passedVariants = ({ verifications }: Findings, family: string, dtype: Dtype): KernelVariant[] => {
  const passed = new Set(verifications.flatMap(({ kind, variant }) => (kind === "passed" ? [variant] : [])));
  return variantsOf(family).filter((variant) => variant.dtype === dtype && passed.has(variant.id));
};

/** Variants worth racing at a shape: right on this device, and not out of the question there. */
export const candidatesAt = (found: Findings, family: string, dtype: Dtype, shape: Shape): string[] =>
  passedVariants(found, family, dtype)
    .filter((variant) => variant.suits?.(shape) ?? true)
    .map(({ id }) => id);

/**
 * The variants that were fastest at the shapes that were tuned at. Of a part that nothing was tuned for, those to begin with, or where one of
 * them is wrong here the first that is right; itself where none is, so that its refusal is recorded.
 */
export const chosenVariants = (found: Findings, starting: LayerChoices, dtype: Dtype): LayerChoices => {
  const tunings = found.measurements.filter(
    (measurement): measurement is Tuning => measurement.kind === "tuning" && measurement.dtype === dtype,
  );
  const chosen = (part: keyof LayerChoices): Choice[] => {
    const family = PARTS[part];
    const passed = passedVariants(found, family, dtype).map(({ id }) => id);
    // A choice that was taken over counts only where its variant is right here today.
    const tuned = tunings.filter((tuning) => tuning.family === family && passed.includes(tuning.choice));
    if (tuned.length > 0) return tuned.map(({ shape, choice }) => ({ shape: sizesChosenBy(shape), variant: choice }));
    return starting[part].map(({ shape, variant }) => ({ shape, variant: passed.includes(variant) ? variant : (passed[0] ?? variant) }));
  };
  return { matmul: chosen("matmul"), attention_prefill: chosen("attention_prefill"), attention_decode: chosen("attention_decode") };
};

/** Heads are the model's: a choice made for some holds for others. */
const HEADS = ["heads", "kv_heads", "head_dim"];

const sizesChosenBy = (shape: Shape): Shape => Object.fromEntries(Object.entries(shape).filter(([name]) => !HEADS.includes(name)));

/** The variant to beat at a shape: the one to begin with where it is a candidate, else the first candidate; null without any. */
export const defaultAmong = (candidates: readonly string[], starting: readonly Choice[], shape: Shape): string | null => {
  const wanted = chosenFor(starting, shape);
  return candidates.includes(wanted) ? wanted : (candidates[0] ?? null);
};
