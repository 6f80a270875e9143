import { variantById } from "../../../kernels/index.ts";
import { blockTable, type BlockTable, slotOf } from "../../../kernels/attention/paged-cache.ts";
import type { Shape, Values } from "../../../kernels/kernel.ts";
import { fillValues } from "../../../harness/measure/fill.ts";
import type { Family } from "../../../src/report/peers-schema.ts";

/** Of every random input, ours and the peers'. */
export const SEED = 20_261;

/** C[m×n] = A[m×k] · Wᵀ. */
export interface MatmulProblem {
  readonly family: "matmul";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** m×k. */
  readonly a: Float32Array<ArrayBuffer>;
  /** n×k, as models store them and Ballast's kernels read them. */
  readonly weights: Float32Array<ArrayBuffer>;
  /** k×n, as most libraries multiply fastest. */
  readonly transposed: () => Float32Array<ArrayBuffer>;
}

/** Attention of `rows` tokens to `length` keys of each sequence; causal where a row is a token of the prompt itself. */
export interface AttentionProblem {
  readonly family: "attention-decode" | "attention-prefill";
  readonly sequences: number;
  readonly rows: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** [sequence][row][head][dim]. */
  readonly queries: Float32Array<ArrayBuffer>;
  /** [sequence][position][kv head][dim]. */
  readonly keys: Float32Array<ArrayBuffer>;
  readonly values: Float32Array<ArrayBuffer>;
}

export type Problem = MatmulProblem | AttentionProblem;

/** What the input buffers of a family hold at a shape. Every variant of the family is filled with the same. */
export const inputsOf = (variant: string, shape: Shape): Values =>
  Object.fromEntries(
    variantById(variant)
      .run(shape)
      .buffers.filter(({ role }) => role === "input")
      .map((spec) => [spec.name, fillValues(spec, SEED)]),
  );

const floats = (values: Float64Array | undefined): Float32Array<ArrayBuffer> => Float32Array.from(values ?? []);

/** rows×columns to columns×rows, in blocks that stay in the cache. */
export const transposed = (matrix: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> => {
  const BLOCK = 32;
  const result = new Float32Array(matrix.length);
  for (let top = 0; top < rows; top += BLOCK) {
    for (let left = 0; left < columns; left += BLOCK) {
      for (let row = top; row < Math.min(top + BLOCK, rows); row++) {
        for (let column = left; column < Math.min(left + BLOCK, columns); column++) {
          result[column * rows + row] = matrix[row * columns + column]!;
        }
      }
    }
  }
  return result;
};

/** Keys or values as libraries want them: the positions of a sequence one after another, gathered from Ballast's blocks. */
const contiguous = (cache: Float64Array | undefined, table: BlockTable, sequences: number, length: number, slotLength: number) => {
  const result = new Float32Array(sequences * length * slotLength);
  for (let sequence = 0; sequence < sequences; sequence++) {
    for (let position = 0; position < length; position++) {
      const slot = slotOf(table, sequence, position) * slotLength;
      result.set(cache!.subarray(slot, slot + slotLength), (sequence * length + position) * slotLength);
    }
  }
  return result;
};

/** The same problem as Ballast's kernels get, from what their buffers hold. */
export const problemOf = (family: Family, shape: Shape, inputs: Values): Problem => {
  if (family === "matmul") {
    const { m = 0, n = 0, k = 0 } = shape;
    const weights = floats(inputs["w"]);
    return { family, m, n, k, a: floats(inputs["a"]), weights, transposed: () => transposed(weights, n, k) };
  }
  const { heads = 0, kv_heads = 0, head_dim = 0, sequences = 1, context = 0, chunk = 1 } = shape;
  const length = family === "attention-decode" ? context : context + chunk;
  const table = blockTable(Array.from({ length: sequences }, () => length));
  const cached = (cache: Float64Array | undefined) => contiguous(cache, table, sequences, length, kv_heads * head_dim);
  return {
    family,
    sequences,
    rows: chunk,
    length,
    heads,
    kvHeads: kv_heads,
    headDim: head_dim,
    queries: floats(inputs["queries"]),
    keys: cached(inputs["keys"]),
    values: cached(inputs["values"]),
  };
};

/** [a][b][c][d] to [a][c][b][d]. */
const swapMiddle = (values: Float32Array, [a, b, c, d]: readonly [number, number, number, number]): Float32Array<ArrayBuffer> => {
  const result = new Float32Array(values.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) {
        const from = ((i * b + j) * c + k) * d;
        result.set(values.subarray(from, from + d), ((i * c + k) * b + j) * d);
      }
    }
  }
  return result;
};

/** Keys or values with the positions of a head together: [sequence][kv head][position][dim]. */
export const byHead = ({ sequences, length, kvHeads, headDim }: AttentionProblem, cache: Float32Array): Float32Array<ArrayBuffer> =>
  swapMiddle(cache, [sequences, length, kvHeads, headDim]);

/** Keys by head and transposed: [sequence][kv head][dim][position]. */
export const keysTransposed = (problem: AttentionProblem): Float32Array<ArrayBuffer> => {
  const { sequences, length, kvHeads, headDim, keys } = problem;
  const byHeads = byHead(problem, keys);
  const size = length * headDim;
  const result = new Float32Array(byHeads.length);
  for (let i = 0; i < sequences * kvHeads; i++)
    result.set(transposed(byHeads.subarray(i * size, (i + 1) * size), length, headDim), i * size);
  return result;
};

/**
 * Queries with all that share a key–value head together, [sequence][kv head][head of the group][row][dim]: one matrix product a
 * key–value head then serves its whole group.
 */
export const queriesByHead = ({ sequences, rows, heads, headDim, queries }: AttentionProblem): Float32Array<ArrayBuffer> =>
  swapMiddle(queries, [sequences, rows, heads, headDim]);

/** The inverse of `queriesByHead`, for results. */
export const byToken = ({ sequences, rows, heads, headDim }: AttentionProblem, results: Float32Array): Float32Array<ArrayBuffer> =>
  swapMiddle(results, [sequences, heads, rows, headDim]);

/** Added to scores of one group before softmax: 0 where a row may see a key, else −∞ as near as f32 has it. [head of the group × row][position] */
export const causalMask = ({ rows, length, heads, kvHeads }: AttentionProblem): Float32Array<ArrayBuffer> => {
  const perGroup = heads / kvHeads;
  const earlier = length - rows;
  const mask = new Float32Array(perGroup * rows * length);
  for (let row = 0; row < perGroup * rows; row++) mask.fill(-3e38, row * length + earlier + (row % rows) + 1, (row + 1) * length);
  return mask;
};
