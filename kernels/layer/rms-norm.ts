import { blank, DIVISION, type Expectation, gamma, INVERSE_SQRT, storedError, sumError } from "../bounds.ts";
import type { Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { directives, FLAT_GROUP, gridOf, needsOf, paramsBlock, storage } from "../wgsl.ts";

/** Keeps the root away from zero; the value Llama models use. */
const EPSILON = 1e-5;
const THREADS = 64;

interface Sizes {
  readonly tokens: number;
  readonly hidden: number;
}

export const rmsNormWgsl = (dtype: Dtype): string => `${directives(dtype)}
// out[t] = x[first_row + t] · weight / √(mean(x[first_row + t]²) + ${EPSILON})
// x, out: tokens×hidden row-major ${dtype} · weight: hidden ${dtype} · one workgroup per token

${paramsBlock(["tokens", "hidden", "first_row"])}
${storage(1, "x", "read", dtype)}
${storage(2, "weight", "read", dtype)}
${storage(3, "out", "read_write", dtype)}

var<workgroup> partial: array<f32, ${THREADS}>;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let token = ${FLAT_GROUP};
  if (token >= params.tokens) { return; }
  let first = (params.first_row + token) * params.hidden;
  let result = token * params.hidden;
  var sum = 0f;
  for (var i = thread; i < params.hidden; i += ${THREADS}u) {
    let value = f32(x[first + i]);
    sum = fma(value, value, sum);
  }
  partial[thread] = sum;
  for (var stride = ${THREADS / 2}u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) { partial[thread] += partial[thread + stride]; }
  }
  workgroupBarrier();
  let factor = inverseSqrt(partial[0] / f32(params.hidden) + ${EPSILON});
  for (var i = thread; i < params.hidden; i += ${THREADS}u) {
    out[result + i] = ${dtype}(f32(x[first + i]) * factor * f32(weight[i]));
  }
}
`;

/** @param firstRow row of `x` to begin with: the head needs only the last rows of a batch */
export const rmsNormDispatch = (
  dtype: Dtype,
  { tokens, hidden }: Sizes,
  x: string,
  weight: string,
  out: string,
  firstRow = 0,
): Dispatch => ({
  label: "rms-norm",
  wgsl: rmsNormWgsl(dtype),
  entryPoint: "main",
  params: [tokens, hidden, firstRow],
  bindings: [
    { buffer: x, access: "read" },
    { buffer: weight, access: "read" },
    { buffer: out, access: "read_write" },
  ],
  workgroups: gridOf(tokens),
});

/**
 * The norm in f64. The mean square is off by its f32 sum's error and two roundings more (a division, epsilon), the root by half of
 * that, relatively, plus 2 ULP; then come two products.
 */
export const normalise = (dtype: Dtype, { tokens, hidden }: Sizes, x: Float64Array, weight: Float64Array): Expectation => {
  const result = blank(tokens * hidden);
  for (let token = 0; token < tokens; token++) {
    let squares = 0;
    for (let i = token * hidden; i < (token + 1) * hidden; i++) squares += x[i]! * x[i]!;
    const mean = squares / hidden + EPSILON;
    const meanError = sumError(hidden, squares) / hidden + mean * (DIVISION + gamma(2));
    // 1/√ of the smallest mean there can be is the largest factor: (1 − e)^(−1/2) − 1 ≥ what the largest mean would take away.
    const rootError = 1 / Math.sqrt(1 - meanError / mean) - 1;
    const relative = (1 + rootError) * (1 + INVERSE_SQRT) * (1 + gamma(2)) - 1;
    for (let i = 0; i < hidden; i++) {
      const at = token * hidden + i;
      const value = (x[at]! * weight[i]!) / Math.sqrt(mean);
      result.expected[at] = value;
      result.bound[at] = storedError(dtype, value, relative * Math.abs(value));
    }
  }
  return result;
};

export const rmsNorm = (dtype: Dtype): KernelVariant => ({
  id: `rms-norm/${dtype}`,
  family: "rms-norm",
  dtype,
  needs: needsOf(dtype),
  summary: `${THREADS} threads for each token, one pass for the mean square and one for the product`,
  version: 1,
  verificationShapes: [
    { tokens: 1, hidden: 1 },
    { tokens: 3, hidden: 63 },
    { tokens: 2, hidden: 65 },
    { tokens: 17, hidden: 512 },
  ],
  run: (shape) => {
    const sizes = sizesOf("rms-norm", ["tokens", "hidden"], shape);
    const { tokens, hidden } = sizes;
    return {
      buffers: [
        { name: "x", role: "input", type: dtype, length: tokens * hidden, fill: { kind: "random", scale: 2 } },
        { name: "weight", role: "input", type: dtype, length: hidden, fill: { kind: "random", scale: 1 }, holds: "weights" },
        { name: "out", role: "output", type: dtype, length: tokens * hidden, fill: { kind: "unset" } },
      ],
      dispatches: [rmsNormDispatch(dtype, sizes, "x", "weight", "out")],
      operations: 4 * tokens * hidden,
      bytes: (2 * tokens * hidden + hidden) * (dtype === "f16" ? 2 : 4),
      reference: ({ x, weight }) => [{ buffer: "out", ...normalise(dtype, sizes, x!, weight!) }],
    };
  },
});
