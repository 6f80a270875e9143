import { blank, type Expectation, storedError, sumError } from "../bounds.ts";
import type { Dtype, KernelFeature, KernelVariant, Shape, SubgroupMatrix } from "../kernel.ts";
import type { Plan } from "../plan.ts";
import { sizesOf } from "../shape.ts";
import type { WeightFormat } from "./weight-format.ts";

/**
 * C[m×n] = A[m×k] · Wᵀ: a linear layer over m tokens, its weights W row-major n×k as Hugging Face stores them. A and C hold
 * `dtype`, W what its format says; sums are f32.
 */
export interface MatmulSizes {
  /** Tokens. */
  readonly m: number;
  /** Outputs of the layer. */
  readonly n: number;
  /** Inputs of the layer. */
  readonly k: number;
}

/** Names of the three buffers. Scales of the weights, where their format has any, are in the buffer `<w>_scales`. */
export interface MatmulBuffers {
  readonly a: string;
  readonly w: string;
  readonly c: string;
}

export interface MatmulVariant extends KernelVariant {
  /** Rows of C that take time where m are asked for: a tile is computed whole, however few of its rows are stored. */
  readonly rowsComputed: (m: number) => number;
  readonly suits: (shape: Shape) => boolean;
  readonly plan: (sizes: MatmulSizes, buffers: MatmulBuffers) => Plan;
  /** What it should make of A (m×k) and the weights W (n×k), and how far from it it may be. */
  readonly expect: (sizes: MatmulSizes, a: Float64Array, w: Float64Array) => Expectation;
}

/** What distinguishes one matmul variant from another. */
interface Technique {
  /** Structure and all, without the dtype: `tiled-64x64x16-4x4`. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly format: WeightFormat;
  readonly needs: readonly KernelFeature[];
  readonly matrix?: SubgroupMatrix;
  /** As of a `KernelVariant`. */
  readonly madeFor?: KernelVariant["madeFor"];
  /** Roundings, or what costs as much as one, that a sum of k products may go through; k unless given. */
  readonly terms?: (k: number) => number;
  /** Whether it rounds weights to f16 before it multiplies: what its format holds need not be f16. */
  readonly roundsWeights?: boolean;
  readonly summary: string;
  readonly version: number;
  readonly verificationShapes: readonly MatmulSizes[];
  /** Rows of C in one tile, for a problem of m rows. */
  readonly tileRows: (m: number) => number;
  readonly suits: (sizes: MatmulSizes) => boolean;
  readonly plan: (sizes: MatmulSizes, buffers: MatmulBuffers) => Plan;
}

export const matmulVariant = (technique: Technique): MatmulVariant => {
  const {
    name,
    dtype,
    format,
    needs,
    matrix,
    madeFor,
    terms = (k) => k,
    roundsWeights = false,
    summary,
    version,
    verificationShapes,
    tileRows,
    suits,
    plan,
  } = technique;
  const { family, multiple } = format;
  const sizesIn = (shape: Shape): MatmulSizes => {
    const sizes = sizesOf(family, ["m", "n", "k"], shape);
    if (sizes.k % multiple !== 0) throw new RangeError(`${family}: expected k to be a multiple of ${multiple}, got ${sizes.k}`);
    return sizes;
  };
  const expect: MatmulVariant["expect"] = (sizes, a, w) => linear(dtype, sizes, a, w, { terms: terms(sizes.k), roundsWeights });
  return {
    id: `${family}/${name}-${dtype}`,
    family,
    dtype,
    needs,
    ...(matrix === undefined ? {} : { matrix }),
    ...(madeFor === undefined ? {} : { madeFor }),
    summary,
    version,
    verificationShapes: distinct(verificationShapes.map(({ m, n, k }) => ({ m, n, k: Math.ceil(k / multiple) * multiple }))),
    rowsComputed: (m) => Math.ceil(m / tileRows(m)) * tileRows(m),
    suits: (shape) => suits(sizesIn(shape)),
    plan,
    expect,
    run: (shape) => {
      const sizes = sizesIn(shape);
      const { m, n, k } = sizes;
      const { dispatches, scratch } = plan(sizes, { a: "a", w: "w", c: "c" });
      const weights = format.buffers("w", n, k);
      const weightBytes = weights.reduce((sum, { type, length }) => sum + length * (type === "f16" ? 2 : 4), 0);
      return {
        buffers: [
          { name: "a", role: "input", type: dtype, length: m * k, fill: { kind: "random", scale: 1 } },
          ...weights,
          { name: "c", role: "output", type: dtype, length: m * n, fill: { kind: "unset" } },
          ...scratch,
        ],
        dispatches,
        operations: 2 * m * n * k,
        bytes: (m * k + m * n) * (dtype === "f16" ? 2 : 4) + weightBytes,
        reference: (inputs) => {
          const values = weights.map((buffer) => inputs[buffer.name]!);
          return [{ buffer: "c", ...expect(sizes, inputs["a"]!, format.weights(values, sizes)) }];
        },
      };
    },
  };
};

const distinct = (shapes: readonly Shape[]): Shape[] => [
  ...new Map(shapes.map((shape) => [Object.values(shape).join(" "), shape])).values(),
];

/**
 * The layer in f64. An output is off by the error of its f32 sum, which has k terms unless another number is given, and by the rounding
 * where it is stored; where weights are rounded to f16 first, also by what each product loses by that.
 */
export const linear = (
  dtype: Dtype,
  { m, n, k }: MatmulSizes,
  a: Float64Array,
  w: Float64Array,
  { terms = k, roundsWeights = false }: { readonly terms?: number; readonly roundsWeights?: boolean } = {},
): Expectation => {
  const result = blank(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      let magnitudes = 0;
      let lost = 0;
      for (let i = 0; i < k; i++) {
        const x = a[row * k + i]!;
        const weight = w[column * k + i]!;
        sum += x * weight;
        magnitudes += Math.abs(x * weight);
        if (roundsWeights) lost += Math.abs(x) * storedError("f16", weight, 0);
      }
      result.expected[row * n + column] = sum;
      result.bound[row * n + column] = storedError(dtype, sum, lost + sumError(terms, magnitudes + lost));
    }
  }
  return result;
};
