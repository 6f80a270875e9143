import { blank, DIVISION, type Expectation, expError, gamma, storedError, sumError, ULP } from "../bounds.ts";
import type { Dtype } from "../kernel.ts";
import { type BlockTable, slotOf } from "./paged-cache.ts";
import { type HeadSizes, type Sequences, startsOf } from "./problem.ts";

/** Operations on a softmax weight that do not grow with the keys: rescales by fully masked tiles, merges of splits. */
const SPARE_STEPS = 64;

interface Tensors {
  readonly queries: Float64Array;
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

/** A query vector: the row of its token, its head, and the cache slots it attends to. */
interface Query {
  readonly row: number;
  readonly head: number;
  readonly slots: readonly number[];
}

/**
 * Attention of one query vector in f64, with its bound.
 *
 * 1. A score s = q·k/√d has error δ: the f32 sum's γ and three more roundings for the scale.
 * 2. Softmax turns score errors into relative errors of the weights: with all |δ| ≤ δ*, each weight is within a factor e^(±2δ*).
 * 3. The online softmax multiplies each weight by exp of a difference and rescales it, at most once for each tile and so at most
 *    once for each key plus SPARE_STEPS times. WGSL's exp is off by (3 + 2|x|) ULP, its argument by another |x| ULP. The
 *    arguments of the rescales telescope: their sum is at most the range R of the scores, and that of the weight itself is too.
 *    So with n keys the weights are off by (n + 64)·(3 + 1) ULP for the steps and 3·2R ULP for the arguments, in the numerator
 *    and again in the denominator, whose sums add γₙ each, and the final division its own error.
 * 4. The output, a mean of values v weighted by p, is then off by the weights' relative error times Σ p|v|.
 */
const attendOne = (dtype: Dtype, sizes: HeadSizes, query: Query, { queries, keys, values }: Tensors, out: Expectation): void => {
  const { heads, kv_heads, head_dim } = sizes;
  const { row, head, slots } = query;
  const keyCount = slots.length;
  const queryAt = (row * heads + head) * head_dim;
  const kvHead = Math.floor(head / (heads / kv_heads));
  const cachedAt = (key: number) => (slots[key]! * kv_heads + kvHead) * head_dim;
  const scale = 1 / Math.sqrt(head_dim);
  const scores = new Float64Array(keyCount);
  let scoreError = 0;
  for (let key = 0; key < keyCount; key++) {
    const k = cachedAt(key);
    let sum = 0;
    let magnitudes = 0;
    for (let d = 0; d < head_dim; d++) {
      const product = queries[queryAt + d]! * keys[k + d]!;
      sum += product;
      magnitudes += Math.abs(product);
    }
    scores[key] = sum * scale;
    scoreError = Math.max(scoreError, scale * (sumError(head_dim, magnitudes) + gamma(3) * magnitudes * (1 + gamma(head_dim + 1))));
  }
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const smallest = scores.reduce((a, b) => Math.min(a, b), Infinity);
  const span = largest - smallest + 2 * scoreError;
  const perWeight = (keyCount + SPARE_STEPS) * (expError(0) + ULP) + 2 * span * 3 * ULP;
  // Products of (1 + small) in numerator and denominator: e^x − 1 bounds them all at once.
  const relative = Math.expm1(2 * scoreError + 2 * (perWeight + gamma(keyCount + 2)) + DIVISION + 2 * ULP);

  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b, 0);
  for (let d = 0; d < head_dim; d++) {
    let mean = 0;
    let magnitude = 0;
    for (let key = 0; key < keyCount; key++) {
      const v = cachedAt(key) + d;
      const weight = weights[key]! / total;
      mean += weight * values[v]!;
      magnitude += weight * Math.abs(values[v]!);
    }
    out.expected[queryAt + d] = mean;
    out.bound[queryAt + d] = storedError(dtype, mean, relative * magnitude + keyCount * 2 ** -120);
  }
};

/**
 * Attention of a batch in f64: the last `tokens` of each sequence's positions are its queries, in the batch's order of rows, and each sees
 * all positions up to its own, in the slots that the block table gives them.
 */
export const attend = (dtype: Dtype, sizes: HeadSizes, batch: Sequences, table: BlockTable, tensors: Tensors): Expectation => {
  const out = blank(tensors.queries.length);
  const starts = startsOf(batch);
  batch.tokens.forEach((tokens, sequence) => {
    const length = batch.lengths[sequence]!;
    const slots = Array.from({ length }, (_, position) => slotOf(table, sequence, position));
    for (let token = 0; token < tokens; token++) {
      const query = { row: starts[sequence]! + token, slots: slots.slice(0, length - tokens + token + 1) };
      for (let head = 0; head < sizes.heads; head++) attendOne(dtype, sizes, { ...query, head }, tensors, out);
    }
  });
  return out;
};
