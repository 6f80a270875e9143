import { blank, type Expectation, storedError, sumError } from "../bounds.ts";
import type { Dtype, KernelFeature, KernelVariant, Shape } from "../kernel.ts";
import type { Plan } from "../plan.ts";
import { sizesOf } from "../shape.ts";

/**
 * C[m×n] = A[m×k] · Wᵀ: a linear layer over m tokens, its weights W row-major n×k as Hugging Face stores them. A, W and C hold
 * `dtype`, sums are f32.
 */
export interface MatmulSizes {
  /** Tokens. */
  readonly m: number;
  /** Outputs of the layer. */
  readonly n: number;
  /** Inputs of the layer. */
  readonly k: number;
}

/** Names of the three buffers. */
export interface MatmulBuffers {
  readonly a: string;
  readonly w: string;
  readonly c: string;
}

export interface MatmulVariant extends KernelVariant {
  /** Rows of C that take time where m are asked for: a tile is computed whole, however few of its rows are stored. */
  readonly rowsComputed: (m: number) => number;
  readonly plan: (sizes: MatmulSizes, buffers: MatmulBuffers) => Plan;
}

/** Scale of uniform random weights for which k inputs of unit variance give an output of unit variance. */
export const weightScale = (k: number): number => Math.sqrt(3 / k);

/** What distinguishes one matmul variant from another. */
interface Technique {
  /** Without the dtype: `tiled`. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly needs: readonly KernelFeature[];
  readonly summary: string;
  readonly version: number;
  readonly verificationShapes: readonly MatmulSizes[];
  /** Rows of C in one tile, for a problem of m rows. */
  readonly tileRows: (m: number) => number;
  readonly plan: (sizes: MatmulSizes, buffers: MatmulBuffers) => Plan;
}

export const matmulVariant = ({ name, dtype, needs, summary, version, verificationShapes, tileRows, plan }: Technique): MatmulVariant => ({
  id: `matmul/${name}-${dtype}`,
  family: "matmul",
  dtype,
  needs,
  summary,
  version,
  verificationShapes: verificationShapes.map(({ m, n, k }) => ({ m, n, k })),
  rowsComputed: (m) => Math.ceil(m / tileRows(m)) * tileRows(m),
  plan,
  run: (shape: Shape) => {
    const sizes = sizesOf("matmul", ["m", "n", "k"], shape);
    const { m, n, k } = sizes;
    const { dispatches, scratch } = plan(sizes, { a: "a", w: "w", c: "c" });
    return {
      buffers: [
        { name: "a", role: "input", type: dtype, length: m * k, fill: { kind: "random", scale: 1 } },
        { name: "w", role: "input", type: dtype, length: n * k, fill: { kind: "random", scale: weightScale(k) }, holds: "weights" },
        { name: "c", role: "output", type: dtype, length: m * n, fill: { kind: "unset" } },
        ...scratch,
      ],
      dispatches,
      operations: 2 * m * n * k,
      bytes: (m * k + n * k + m * n) * (dtype === "f16" ? 2 : 4),
      reference: ({ a, w }) => [{ buffer: "c", ...linear(dtype, sizes, a!, w!) }],
    };
  },
});

/** The layer in f64. An output is off by the error of its f32 sum and by the rounding where it is stored. */
export const linear = (dtype: Dtype, { m, n, k }: MatmulSizes, a: Float64Array, w: Float64Array): Expectation => {
  const result = blank(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      let magnitudes = 0;
      for (let i = 0; i < k; i++) {
        const product = a[row * k + i]! * w[column * k + i]!;
        sum += product;
        magnitudes += Math.abs(product);
      }
      result.expected[row * n + column] = sum;
      result.bound[row * n + column] = storedError(dtype, sum, sumError(k, magnitudes));
    }
  }
  return result;
};
