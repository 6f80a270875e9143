import { blank, DIVISION, type Expectation, expError, gamma, storedError, sumError, ULP } from "../bounds.ts";
import type { Dtype } from "../kernel.ts";
import type { DecodeSizes, HeadSizes, PrefillSizes } from "./problem.ts";

/** Operations on a softmax weight that do not grow with the keys: rescales by fully masked tiles, merges of splits. */
const SPARE_STEPS = 64;

interface Tensors {
  readonly queries: Float64Array;
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

/** A query vector: its token and head, and the cache positions it attends to. */
interface Query {
  readonly token: number;
  readonly head: number;
  readonly firstPosition: number;
  readonly keyCount: number;
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
  const { token, head, firstPosition, keyCount } = query;
  const queryAt = (token * heads + head) * head_dim;
  const kvHead = Math.floor(head / (heads / kv_heads));
  const cachedAt = (key: number) => ((firstPosition + key) * kv_heads + kvHead) * head_dim;
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

/** Attention of a prompt chunk in f64: token t sees keys 0 … context + t. `queries` holds the chunk's tokens only. */
export const attendPrefill = (dtype: Dtype, sizes: PrefillSizes, tensors: Tensors): Expectation => {
  const out = blank(tensors.queries.length);
  for (let token = 0; token < sizes.chunk; token++) {
    for (let head = 0; head < sizes.heads; head++) {
      attendOne(dtype, sizes, { token, head, firstPosition: 0, keyCount: sizes.context + token + 1 }, tensors, out);
    }
  }
  return out;
};

/** Attention of one token per sequence in f64: each sees all `context` keys of its own cache. */
export const attendDecode = (dtype: Dtype, sizes: DecodeSizes, tensors: Tensors): Expectation => {
  const out = blank(tensors.queries.length);
  for (let token = 0; token < sizes.sequences; token++) {
    for (let head = 0; head < sizes.heads; head++) {
      attendOne(dtype, sizes, { token, head, firstPosition: token * sizes.context, keyCount: sizes.context }, tensors, out);
    }
  }
  return out;
};
