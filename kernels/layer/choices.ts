import type { Dtype, KernelVariant, Shape } from "../kernel.ts";

/** A variant, and a shape at which it was found to be the fastest: it stands for all shapes that are nearer to this one than to another's. */
export interface Choice {
  readonly shape: Shape;
  readonly variant: string;
}

/** Which variant computes each part of a layer at which sizes, so that what is composed is what was measured. At least one for each part. */
export interface LayerChoices {
  readonly matmul: readonly Choice[];
  readonly attention_prefill: readonly Choice[];
  readonly attention_decode: readonly Choice[];
}

/** Choices that run on every adapter with the dtype; a starting point before any were measured. Up to 8 tokens are few. */
export const defaultChoices = (dtype: Dtype): LayerChoices => ({
  matmul: [
    { shape: { m: 4 }, variant: `matmul/matvec-4x64-${dtype}` },
    { shape: { m: 17 }, variant: `matmul/tiled-64x64x16-4x4-${dtype}` },
  ],
  attention_prefill: [{ shape: {}, variant: `attention-prefill/tiled-16x32-${dtype}` }],
  attention_decode: [{ shape: {}, variant: `attention-decode/split-256-${dtype}` }],
});

/** Every variant that is chosen for something. */
export const chosenIds = ({ matmul, attention_prefill, attention_decode }: LayerChoices): string[] => [
  ...new Set([...matmul, ...attention_prefill, ...attention_decode].map(({ variant }) => variant)),
];

/** Distance of two shapes in the sizes that the first one names: root of the sum of squares of log ratios, so that 1 is as far from 4 as 4 from 16. */
export const distance = (named: Shape, other: Shape): number =>
  Math.hypot(...Object.entries(named).map(([name, size]) => Math.log((1 + size) / (1 + (other[name] ?? 0)))));

/**
 * The variant chosen for a shape: that of the nearest one at which any was chosen; of two as near the first.
 *
 * @throws RangeError without a choice
 */
export const chosenFor = (choices: readonly Choice[], shape: Shape): string => {
  const [first, ...others] = choices;
  if (first === undefined) throw new RangeError("expected at least one choice of a variant, got none");
  return others.reduce((best, choice) => (distance(choice.shape, shape) < distance(best.shape, shape) ? choice : best), first).variant;
};

/** A variant by its id. @throws RangeError where none of that dtype has it */
export const variantNamed = <V extends KernelVariant>(family: string, variants: readonly V[], dtype: Dtype, id: string): V => {
  const found = variants.find((variant) => variant.id === id && variant.dtype === dtype);
  if (found !== undefined) return found;
  const known = variants.filter((variant) => variant.dtype === dtype).map((variant) => variant.id);
  throw new RangeError(`${family}/${dtype}: expected one of ${known.join(", ")}, got ${id}`);
};
