import { ULP } from "../bounds.ts";
import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { FLAT_GROUP, gridOf, paramsBlock, range, storage } from "../wgsl.ts";

const THREADS = 64;
/** vec4 chains a thread keeps going at once: enough independent work to hide the latency of a multiply-add. */
const CHAINS = 4;

export const multiplyAddWgsl = (): string => `// x ← x·a + b, steps times, on ${CHAINS} independent vec4s a thread
// coefficients: a then b for each chain, vec4 f32 · start: one f32 per thread · sums: one f32 per thread
// Everything depends on values read at run time and every chain reaches the result, so nothing can be left out.

${paramsBlock(["threads", "steps"])}
${storage(1, "coefficients", "read", "vec4<f32>")}
${storage(2, "start", "read", "f32")}
${storage(3, "sums", "read_write", "f32")}

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = ${FLAT_GROUP} * ${THREADS}u + thread;
  if (at >= params.threads) { return; }
${range(CHAINS)
  .map(
    (c) => `  let a_${c} = coefficients[${2 * c}];
  let b_${c} = coefficients[${2 * c + 1}];
  var x_${c} = vec4<f32>(start[at]);`,
  )
  .join("\n")}
  for (var step = 0u; step < params.steps; step++) {
${range(CHAINS)
  .map((c) => `    x_${c} = fma(x_${c}, a_${c}, b_${c});`)
  .join("\n")}
  }
  sums[at] = dot(${range(CHAINS)
    .map((c) => `x_${c}`)
    .join(" + ")}, vec4<f32>(1));
}
`;

/**
 * One thread in f64, with its bound. A step's error is at most |a| times the last one's, plus two roundings of at most
 * |a|·|x| + |b| there can be (one where the multiply-add is fused). |a| < 1, so both stay bounded. The final sum of 4·CHAINS
 * lanes adds as many roundings of the sum of magnitudes.
 */
const runThread = (coefficients: Float64Array, start: number, steps: number): { sum: number; bound: number } => {
  let sum = 0;
  let error = 0;
  let magnitude = 0;
  for (let chain = 0; chain < CHAINS; chain++) {
    for (let lane = 0; lane < 4; lane++) {
      const a = coefficients[8 * chain + lane]!;
      const b = coefficients[8 * chain + 4 + lane]!;
      let x = start;
      let e = 0;
      for (let step = 0; step < steps; step++) {
        const largest = Math.abs(a) * (Math.abs(x) + e) + Math.abs(b);
        x = x * a + b;
        e = Math.abs(a) * e + 2 * ULP * largest + 2 ** -125;
      }
      sum += x;
      error += e;
      magnitude += Math.abs(x) + e;
    }
  }
  return { sum, bound: error + 4 * CHAINS * ULP * magnitude * (1 + 4 * CHAINS * ULP) };
};

/** The arithmetic roof for f32 multiply-adds outside matrix units. */
export const multiplyAdd: KernelVariant = {
  id: "multiply-add/chains",
  family: "multiply-add",
  dtype: "f32",
  needs: [],
  summary: `${CHAINS} independent vec4 chains of fused multiply-adds a thread`,
  version: 1,
  verificationShapes: [
    { threads: 1, steps: 1 },
    { threads: 63, steps: 7 },
    { threads: 65, steps: 300 },
  ],
  run: (shape) => {
    const { threads, steps } = sizesOf("multiply-add", ["threads", "steps"], shape);
    return {
      buffers: [
        { name: "coefficients", role: "input", type: "f32", length: 8 * CHAINS, fill: { kind: "random", scale: 1 } },
        { name: "start", role: "input", type: "f32", length: threads, fill: { kind: "random", scale: 1 } },
        { name: "sums", role: "output", type: "f32", length: threads, fill: { kind: "unset" } },
      ],
      dispatches: [
        {
          label: "multiply-add",
          wgsl: multiplyAddWgsl(),
          entryPoint: "main",
          params: [threads, steps],
          bindings: [
            { buffer: "coefficients", access: "read" },
            { buffer: "start", access: "read" },
            { buffer: "sums", access: "read_write" },
          ],
          workgroups: gridOf(Math.ceil(threads / THREADS)),
        },
      ],
      operations: 2 * 4 * CHAINS * threads * steps,
      bytes: (8 * CHAINS + 2 * threads) * 4,
      reference: ({ coefficients, start }) => {
        const expected = new Float64Array(threads);
        const bound = new Float64Array(threads);
        for (let thread = 0; thread < threads; thread++) {
          const result = runThread(coefficients!, start![thread]!, steps);
          expected[thread] = result.sum;
          bound[thread] = result.bound;
        }
        return [{ buffer: "sums", expected, bound }];
      },
    };
  },
};
