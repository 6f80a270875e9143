import { variantById } from "../../../kernels/index.ts";
import type { Shape, Values } from "../../../kernels/kernel.ts";
import type { Family } from "../../../src/report/peers-schema.ts";

/** How far a result is from the f64 reference, at worst. */
export interface Deviation {
  /** As a share of Σ|a·b| of the element (of Σ p|v| for attention). */
  readonly of_magnitudes: number;
  /** As a share of what f32 arithmetic allows, whatever the order of summation. */
  readonly of_bound: number;
}

export interface Judge {
  /** Outputs that are compared. */
  readonly compared: number;
  /** A share of the magnitudes that no result is off by whose roundings are independent of one another: far below the worst case of a long sum. */
  readonly likely: number;
  deviation(output: ArrayLike<number>): Deviation;
}

/** Multiply–adds that a reference may cost: more would take longer than the race. */
const MOST_WORK = 1e8;

/** Unit roundoff of f32. */
const ROUNDOFF = 2 ** -24;

/**
 * The worst case that the bound allows grows with the terms, and at k = 8192 would pass a product of matrices in f16. Here signs are random:
 * partial sums stay near √n of their terms' size, so n independent roundings of them come to √n · √n of it, n times a term and so a share
 * of Σ|a·b| that does not grow, of some half a roundoff. Sixteen are never reached by chance.
 */
const LIKELY_OF_PRODUCTS = 16 * ROUNDOFF;

/** Of attention over so many keys: softmax weights have one sign, so roundings come to √n roundoffs of a mean; eight times that for exp. */
const likelyOfAttention = (keys: number): number => 8 * Math.sqrt(keys) * ROUNDOFF;

/** Rows of a matmul that are compared: all where that is cheap, else the first, the last and some between. */
const sampledRows = (m: number, n: number, k: number): number[] => {
  const most = Math.max(1, Math.floor(MOST_WORK / (n * k)));
  if (most >= m) return Array.from({ length: m }, (_, row) => row);
  return Array.from({ length: most }, (_, i) => (most === 1 ? m - 1 : Math.round((i * (m - 1)) / (most - 1))));
};

/**
 * The reference of a family at a shape, computed once for all libraries by the kernels' own `reference()`. Magnitudes are the
 * same reference on absolute values: of weights and activations, of values for attention.
 */
export const judgeFor = (family: Family, variant: string, shape: Shape, inputs: Values): Judge => {
  if (family === "matmul") {
    const { m = 0, n = 0, k = 0 } = shape;
    const rows = sampledRows(m, n, k);
    const a = new Float64Array(rows.length * k);
    rows.forEach((row, i) => a.set(inputs["a"]!.subarray(row * k, (row + 1) * k), i * k));
    const sampled = { m: rows.length, n, k };
    return judge(variant, sampled, { a, w: inputs["w"]! }, ["a", "w"], LIKELY_OF_PRODUCTS, (i) => rows[Math.floor(i / n)]! * n + (i % n));
  }
  const { chunk = 0, context = 0 } = shape;
  return judge(variant, shape, inputs, ["values"], likelyOfAttention(context + chunk), (i) => i);
};

const judge = (
  variant: string,
  shape: Shape,
  inputs: Values,
  absolute: readonly string[],
  likely: number,
  outputIndex: (index: number) => number,
): Judge => {
  const run = variantById(variant).run(shape);
  const [reference] = run.reference(inputs, {});
  const magnitudes = Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [name, absolute.includes(name) ? values.map(Math.abs) : values]),
  );
  const [scale] = run.reference(magnitudes, {});
  if (reference === undefined || scale === undefined) throw new RangeError(`${variant} has no reference`);
  const { expected, bound } = reference;
  return {
    compared: expected.length,
    likely,
    deviation: (output) => {
      let ofMagnitudes = 0;
      let ofBound = 0;
      for (let i = 0; i < expected.length; i++) {
        const error = Math.abs((output[outputIndex(i)] ?? Number.NaN) - expected[i]!);
        // Written so that NaN is the worst of all.
        if (!(error / scale.expected[i]! <= ofMagnitudes)) ofMagnitudes = Number.isNaN(error) ? Infinity : error / scale.expected[i]!;
        if (!(error / bound[i]! <= ofBound)) ofBound = Number.isNaN(error) ? Infinity : error / bound[i]!;
      }
      return { of_magnitudes: ofMagnitudes, of_bound: ofBound };
    },
  };
};
