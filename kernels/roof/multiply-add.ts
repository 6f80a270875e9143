import { storedError, ULP } from "../bounds.ts";
import { elementwiseGrid, elementwiseMain } from "../elementwise.ts";
import type { Dtype, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { directives, elementType, needsOf, paramsBlock, range, storage, type Width } from "../wgsl.ts";

/** What a tuner varies. */
export interface MultiplyAddStructure {
  readonly dtype: Dtype;
  /** Lanes of a chain: scalars or vec4s. */
  readonly width: Width;
  /** Chains a thread keeps going at once: enough independent work to hide the latency of a multiply-add, few enough for its registers. */
  readonly chains: number;
  readonly threads: number;
}

/** Steps written out in the loop's body, so that counting them costs little beside them. */
const UNROLLED = 8;

export const multiplyAddWgsl = ({ dtype, width, chains, threads }: MultiplyAddStructure): string => {
  const all = range(chains);
  const type = elementType(dtype, width);
  const step = (indent: string): string => all.map((c) => `${indent}x_${c} = fma(x_${c}, a, b);`).join("\n");
  const widened = (c: number): string => {
    const x = dtype === "f32" ? `x_${c}` : `${width === 4 ? "vec4<f32>" : "f32"}(x_${c})`;
    return width === 4 ? `dot(${x}, vec4<f32>(1))` : x;
  };
  return `${directives(dtype)}// x ← x·a + b, steps times, in ${dtype}, on ${chains} independent ${width === 4 ? "vec4s" : "scalars"} a thread; ${threads} threads a workgroup
// coefficients: ${type}: a, b, then a factor for each chain · start: one ${dtype} a thread · sums: one f32 a thread
// Everything depends on values read at run time and every chain reaches the result, so nothing can be left out.

${paramsBlock(["threads", "steps"])}
${storage(1, "coefficients", "read", type)}
${storage(2, "start", "read", dtype)}
${storage(3, "sums", "read_write", "f32")}

${elementwiseMain(
  "params.threads",
  `  let a = coefficients[0];
  let b = coefficients[1];
${all.map((c) => `  var x_${c} = start[at] * coefficients[${2 + c}];`).join("\n")}
  for (var step = 0u; step < params.steps / ${UNROLLED}u; step++) {
${range(UNROLLED)
  .map(() => step("    "))
  .join("\n")}
  }
  for (var step = 0u; step < params.steps % ${UNROLLED}u; step++) {
${step("    ")}
  }
  sums[at] = ${all.map(widened).join("\n    + ")};`,
  threads,
)}`;
};

/**
 * One thread in f64, with its bound. A step's error is at most |a| times the last one's, plus two roundings of at most
 * |a|·|x| + |b| there can be (one where the multiply-add is fused). |a| ≤ 1, so both stay bounded. The final sum of all lanes adds as
 * many roundings, in f32, of the sum of magnitudes.
 */
const runThread = (
  { dtype, width, chains }: MultiplyAddStructure,
  coefficients: Float64Array,
  start: number,
  steps: number,
): { sum: number; bound: number } => {
  let sum = 0;
  let error = 0;
  let magnitude = 0;
  for (let chain = 0; chain < chains; chain++) {
    for (let lane = 0; lane < width; lane++) {
      const a = coefficients[lane]!;
      const b = coefficients[width + lane]!;
      let x = start * coefficients[(2 + chain) * width + lane]!;
      let e = storedError(dtype, x, ULP * Math.abs(x));
      for (let step = 0; step < steps; step++) {
        const product = Math.abs(a) * (Math.abs(x) + e);
        x = x * a + b;
        // Rounded once as a product and once as a sum.
        e = Math.abs(a) * e + storedError(dtype, product, 0) + storedError(dtype, product + Math.abs(b), 0);
        if (dtype === "f32") e += 2 * ULP * (product + Math.abs(b));
      }
      sum += x;
      error += e;
      magnitude += Math.abs(x) + e;
    }
  }
  const lanes = width * chains;
  return { sum, bound: error + lanes * ULP * magnitude * (1 + lanes * ULP) };
};

/** The arithmetic roof for multiply-adds outside matrix units. */
const multiplyAdd = (id: string, structure: MultiplyAddStructure): KernelVariant => {
  const { dtype, width, chains, threads: workgroup } = structure;
  return {
    id,
    family: "multiply-add",
    dtype,
    needs: needsOf(dtype),
    summary: `${chains} independent ${width === 4 ? "vec4" : "scalar"} chains of fused multiply-adds in each of ${workgroup} threads`,
    version: 3,
    verificationShapes: [
      { threads: 1, steps: 1 },
      { threads: workgroup - 1, steps: UNROLLED - 1 },
      { threads: workgroup + 1, steps: 300 },
    ],
    run: (shape) => {
      const { threads, steps } = sizesOf("multiply-add", ["threads", "steps"], shape);
      const held = dtype === "f32" ? 4 : 2;
      const coefficients = (2 + chains) * width;
      return {
        buffers: [
          { name: "coefficients", role: "input", type: dtype, length: coefficients, fill: { kind: "random", scale: 1 } },
          { name: "start", role: "input", type: dtype, length: threads, fill: { kind: "random", scale: 1 } },
          { name: "sums", role: "output", type: "f32", length: threads, fill: { kind: "unset" } },
        ],
        dispatches: [
          {
            label: "multiply-add",
            wgsl: multiplyAddWgsl(structure),
            entryPoint: "main",
            params: [threads, steps],
            bindings: [
              { buffer: "coefficients", access: "read" },
              { buffer: "start", access: "read" },
              { buffer: "sums", access: "read_write" },
            ],
            workgroups: elementwiseGrid(threads, workgroup),
          },
        ],
        operations: 2 * width * chains * threads * steps,
        bytes: held * (coefficients + threads) + 4 * threads,
        reference: ({ coefficients, start }) => {
          const expected = new Float64Array(threads);
          const bound = new Float64Array(threads);
          for (let thread = 0; thread < threads; thread++) {
            const result = runThread(structure, coefficients!, start![thread]!, steps);
            expected[thread] = result.sum;
            bound[thread] = result.bound;
          }
          return [{ buffer: "sums", expected, bound }];
        },
      };
    },
  };
};

const named = (structure: MultiplyAddStructure): KernelVariant => {
  const { dtype, width, chains, threads } = structure;
  return multiplyAdd(`multiply-add/${width === 4 ? "vec4" : "scalar"}x${chains}-t${threads}-${dtype}`, structure);
};

export const multiplyAdds: readonly KernelVariant[] = [
  named({ dtype: "f32", width: 1, chains: 8, threads: 64 }),
  named({ dtype: "f32", width: 1, chains: 16, threads: 256 }),
  named({ dtype: "f32", width: 1, chains: 32, threads: 256 }),
  named({ dtype: "f32", width: 4, chains: 2, threads: 64 }),
  named({ dtype: "f32", width: 4, chains: 4, threads: 64 }),
  named({ dtype: "f32", width: 4, chains: 8, threads: 256 }),
  named({ dtype: "f16", width: 4, chains: 2, threads: 64 }),
  named({ dtype: "f16", width: 4, chains: 4, threads: 64 }),
  named({ dtype: "f16", width: 4, chains: 8, threads: 256 }),
];
