import { blank, DIVISION, type Expectation, gamma, INVERSE_SQRT, storedError, sumError } from "../bounds.ts";
import type { Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { directives, elementType, FLAT_GROUP, gridOf, needsOf, paramsBlock, storage, type Width, widthFor } from "../wgsl.ts";
import { add } from "./residual-add.ts";

/** Keeps the root away from zero; the value Llama models use. */
const EPSILON = 1e-5;
const THREADS = 64;

interface Sizes {
  readonly tokens: number;
  readonly hidden: number;
}

/** What a norm does besides: nothing, add a second input first and keep the sum, or take its rows from a list. */
type NormOf = "rows" | "sums" | "listed rows";

const headers = (dtype: Dtype): Readonly<Record<NormOf, string>> => ({
  rows: `// out[t] = x[t] · weight / √(mean(x[t]²) + ${EPSILON})
// x, out: tokens×hidden row-major ${dtype} · weight: hidden ${dtype} · one workgroup per token`,
  sums: `// sum = x + y, out[t] = sum[t] · weight / √(mean(sum[t]²) + ${EPSILON})
// x, y, sum, out: tokens×hidden row-major ${dtype} · weight: hidden ${dtype} · one workgroup per token`,
  "listed rows": `// out[t] = x[rows[t]] · weight / √(mean(x[rows[t]]²) + ${EPSILON})
// x, out: row-major, hidden wide, ${dtype} · weight: hidden ${dtype} · rows: u32 · one workgroup per row of out`,
});

export const rmsNormWgsl = (dtype: Dtype, width: Width, of: NormOf): string => {
  const element = elementType(dtype, width);
  const widened = elementType("f32", width);
  const wide = (value: string) => (dtype === "f32" ? value : `${widened}(${value})`);
  const bindings = [
    ["x", "read", element],
    ...(of === "sums" ? [["y", "read", element]] : []),
    ["weight", "read", element],
    ...(of === "listed rows" ? [["rows", "read", "u32"]] : []),
    ...(of === "sums" ? [["sum", "read_write", element]] : []),
    ["out", "read_write", element],
  ] as [string, "read" | "read_write", string][];
  return `${directives(dtype)}
${headers(dtype)[of]}

${paramsBlock(["tokens", "hidden"])}
${bindings.map(([name, access, type], i) => storage(i + 1, name, access, type)).join("\n")}

var<workgroup> partial: array<f32, ${THREADS}>;
var<workgroup> factor_of_row: array<f32, 1>;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let token = ${FLAT_GROUP};
  if (token >= params.tokens) { return; }
  let length = params.hidden / ${width}u;
  let first = ${of === "listed rows" ? "rows[token]" : "token"} * length;
  var squares = ${widened}();
  for (var i = thread; i < length; i += ${THREADS}u) {
${
  of === "sums"
    ? `    let rounded = ${element}(${wide("x[first + i]")} + ${wide("y[first + i]")});
    sum[first + i] = rounded;
    let value = ${wide("rounded")};`
    : `    let value = ${wide("x[first + i]")};`
}
    squares = fma(value, value, squares);
  }
  partial[thread] = ${width === 4 ? "squares.x + squares.y + squares.z + squares.w" : "squares"};
  workgroupBarrier();
  // One thread adds them up: two barriers in all, where a tree would need six.
  if (thread == 0u) {
    var total = 0f;
    for (var i = 0u; i < ${THREADS}u; i++) { total += partial[i]; }
    factor_of_row[0] = inverseSqrt(total / f32(params.hidden) + ${EPSILON});
  }
  workgroupBarrier();
  let factor = factor_of_row[0];
  for (var i = thread; i < length; i += ${THREADS}u) {
    out[token * length + i] = ${element}(${wide(of === "sums" ? "sum[first + i]" : "x[first + i]")} * factor * ${wide("weight[i]")});
  }
}
`;
};

const dispatchOf = (
  dtype: Dtype,
  { tokens, hidden }: Sizes,
  of: NormOf,
  read: readonly string[],
  written: readonly string[],
): Dispatch => ({
  label: of === "sums" ? "residual-norm" : "rms-norm",
  wgsl: rmsNormWgsl(dtype, widthFor(hidden), of),
  entryPoint: "main",
  params: [tokens, hidden],
  bindings: [
    ...read.map((buffer) => ({ buffer, access: "read" as const })),
    ...written.map((buffer) => ({ buffer, access: "read_write" as const })),
  ],
  workgroups: gridOf(tokens),
});

export const rmsNormDispatch = (dtype: Dtype, sizes: Sizes, x: string, weight: string, out: string): Dispatch =>
  dispatchOf(dtype, sizes, "rows", [x, weight], [out]);

/** Of the rows of `x` that the buffer `rows` lists: the head needs only those that produce a token. */
export const listedNormDispatch = (dtype: Dtype, sizes: Sizes, x: string, weight: string, rows: string, out: string): Dispatch =>
  dispatchOf(dtype, sizes, "listed rows", [x, weight, rows], [out]);

/** The residual's addition and the norm after it, which would read the sum again. */
export const residualNormDispatch = (
  dtype: Dtype,
  sizes: Sizes,
  { x, y, weight, sum, out }: Readonly<Record<"x" | "y" | "weight" | "sum" | "out", string>>,
): Dispatch => dispatchOf(dtype, sizes, "sums", [x, y, weight], [sum, out]);

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
    const meanError = sumError(hidden + THREADS, squares) / hidden + mean * (DIVISION + gamma(2));
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

const verificationShapes = [
  { tokens: 1, hidden: 1 },
  { tokens: 3, hidden: 63 },
  { tokens: 2, hidden: 65 },
  { tokens: 5, hidden: 252 },
  { tokens: 17, hidden: 512 },
  // More workgroups than one dimension holds.
  { tokens: 65_537, hidden: 1 },
];

export const rmsNorm = (dtype: Dtype): KernelVariant => ({
  id: `rms-norm/${dtype}`,
  family: "rms-norm",
  dtype,
  needs: needsOf(dtype),
  summary: `${THREADS} threads for each token, one pass for the mean square and one for the product`,
  version: 3,
  verificationShapes,
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

/** The residual's addition together with the norm behind it; judged one after the other, the norm on the sum as it was stored. */
export const residualNorm = (dtype: Dtype): KernelVariant => ({
  id: `residual-norm/${dtype}`,
  family: "residual-norm",
  dtype,
  needs: needsOf(dtype),
  summary: `the residual's addition and the norm of its sum, ${THREADS} threads for each token`,
  version: 2,
  verificationShapes,
  run: (shape) => {
    const sizes = sizesOf("residual-norm", ["tokens", "hidden"], shape);
    const { tokens, hidden } = sizes;
    return {
      buffers: [
        ...["x", "y"].map((name) => ({
          name,
          role: "input" as const,
          type: dtype,
          length: tokens * hidden,
          fill: { kind: "random" as const, scale: 1 },
        })),
        { name: "weight", role: "input", type: dtype, length: hidden, fill: { kind: "random", scale: 1 }, holds: "weights" },
        ...["sum", "out"].map((name) => ({
          name,
          role: "output" as const,
          type: dtype,
          length: tokens * hidden,
          fill: { kind: "unset" as const },
        })),
      ],
      dispatches: [residualNormDispatch(dtype, sizes, { x: "x", y: "y", weight: "weight", sum: "sum", out: "out" })],
      operations: 5 * tokens * hidden,
      bytes: (4 * tokens * hidden + hidden) * (dtype === "f16" ? 2 : 4),
      reference: ({ x, y, weight }, after) => [
        { buffer: "sum", ...add(dtype, x!, y!) },
        { buffer: "out", ...normalise(dtype, sizes, after["sum"]!, weight!) },
      ],
    };
  },
});
