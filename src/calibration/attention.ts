import { prefillPairs, type HeadSizes } from "../../kernels/attention/problem.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import type { Profile } from "../profile/schema.ts";
import { canonicalJson } from "../json.ts";
import { groupBy } from "../stats/group-by.ts";
import { relativeNonNegativeLeastSquares } from "../stats/least-squares.ts";
import { measuredKernels, missing, sizeOf, type MeasuredKernel } from "./measured.ts";

/** Attention of one layer: its coefficients, the range they were fitted over, and the head layout that was measured. */
export interface PrefillAttention {
  readonly setup_s: number;
  /** Loading a query and writing its result, and the part of a tile of keys that it does not see. */
  readonly per_token_s: number;
  readonly per_pair_s: number;
  /** Keys a chunk attends to, its own included. */
  readonly context: readonly [number, number];
  readonly measured: HeadSizes;
}

export interface DecodeAttention {
  readonly setup_s: number;
  readonly per_sequence_s: number;
  readonly per_key_s: number;
  readonly sequences: readonly [number, number];
  readonly context: readonly [number, number];
  readonly measured: HeadSizes;
}

/**
 * Prefill attention of one layer: set-up, seconds per token and seconds per query–key pair, with errors counted relative to each
 * measurement.
 *
 * Where this head layout was not measured, the nearest one is scaled by arithmetic (heads × head size).
 *
 * @throws InputError where the profile has no prefill attention in this element type
 */
export const prefillAttention = (profile: Profile, shape: HeadSizes, dtype: Dtype): PrefillAttention => {
  const kernels = nearestLayout(measuredKernels(profile, "attention-prefill", dtype), shape, queryWidth);
  if (kernels.length === 0) throw missing(profile, `prefill attention in ${dtype}`, "attention-prefill");
  const measured = layoutOf(kernels[0]!);
  const fastest = fastestOf(kernels);
  const [setup = 0, perToken = 0, perPair = 0] = relativeNonNegativeLeastSquares(
    fastest.map((kernel) => {
      const chunk = sizeOf(kernel, "chunk");
      return [1, chunk, prefillPairs(chunk, sizeOf(kernel, "context"))];
    }),
    fastest.map(({ seconds }) => seconds),
  );
  const scale = queryWidth(shape) / queryWidth(measured);
  return {
    setup_s: setup,
    per_token_s: perToken * scale,
    per_pair_s: perPair * scale,
    context: rangeOf(fastest.map((kernel) => sizeOf(kernel, "chunk") + sizeOf(kernel, "context"))),
    measured,
  };
};

/**
 * Decode attention of one layer: set-up, seconds per sequence and seconds per key, with errors counted relative to each
 * measurement.
 *
 * Where this head layout was not measured, the nearest one is scaled by what is read (cached heads × head size).
 *
 * @throws InputError where the profile has no decode attention in this element type
 */
export const decodeAttention = (profile: Profile, shape: HeadSizes, dtype: Dtype): DecodeAttention => {
  const kernels = nearestLayout(measuredKernels(profile, "attention-decode", dtype), shape, cacheWidth);
  if (kernels.length === 0) throw missing(profile, `decode attention in ${dtype}`, "attention-decode");
  const measured = layoutOf(kernels[0]!);
  const fastest = fastestOf(kernels);
  const [setup = 0, perSequence = 0, perKey = 0] = relativeNonNegativeLeastSquares(
    fastest.map((kernel) => {
      const sequences = sizeOf(kernel, "sequences");
      return [1, sequences, sequences * sizeOf(kernel, "context")];
    }),
    fastest.map(({ seconds }) => seconds),
  );
  const scale = cacheWidth(shape) / cacheWidth(measured);
  return {
    setup_s: setup,
    per_sequence_s: perSequence * scale,
    per_key_s: perKey * scale,
    sequences: rangeOf(fastest.map((kernel) => sizeOf(kernel, "sequences"))),
    context: rangeOf(fastest.map((kernel) => sizeOf(kernel, "context"))),
    measured,
  };
};

export const isSameLayout = (a: HeadSizes, b: HeadSizes): boolean =>
  a.heads === b.heads && a.kv_heads === b.kv_heads && a.head_dim === b.head_dim;

const queryWidth = ({ heads, head_dim }: HeadSizes) => heads * head_dim;
const cacheWidth = ({ kv_heads, head_dim }: HeadSizes) => kv_heads * head_dim;

const layoutOf = (kernel: MeasuredKernel): HeadSizes => ({
  heads: sizeOf(kernel, "heads"),
  kv_heads: sizeOf(kernel, "kv_heads"),
  head_dim: sizeOf(kernel, "head_dim"),
});

/** The measurements of one head layout: the very one where it is there, else the nearest in width. */
const nearestLayout = (kernels: readonly MeasuredKernel[], shape: HeadSizes, width: (layout: HeadSizes) => number) => {
  const distance = (kernel: MeasuredKernel) => {
    const layout = layoutOf(kernel);
    return isSameLayout(layout, shape) ? -1 : Math.abs(Math.log(width(layout) / width(shape)));
  };
  const nearest = Math.min(...kernels.map(distance));
  const first = kernels.find((kernel) => distance(kernel) === nearest);
  return first === undefined ? [] : kernels.filter((kernel) => isSameLayout(layoutOf(kernel), layoutOf(first)));
};

/** The fastest variant at each shape. */
const fastestOf = (kernels: readonly MeasuredKernel[]): MeasuredKernel[] =>
  [...groupBy(kernels, ({ shape }) => canonicalJson(shape)).values()].map((group) =>
    group.reduce((best, kernel) => (kernel.seconds < best.seconds ? kernel : best)),
  );

const rangeOf = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
