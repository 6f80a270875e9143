import { type Expectation, storedError, ULP } from "../bounds.ts";
import type { Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { directives, needsOf, paramsBlock, storage } from "../wgsl.ts";
import { elementwiseGrid, elementwiseMain } from "../elementwise.ts";

export const residualAddWgsl = (dtype: Dtype): string => `${directives(dtype)}
// out = x + y, four elements a thread
// x, y, out: length elements of ${dtype}, padded to whole vec4s

${paramsBlock(["length"])}
${storage(1, "x", "read", `vec4<${dtype}>`)}
${storage(2, "y", "read", `vec4<${dtype}>`)}
${storage(3, "out", "read_write", `vec4<${dtype}>`)}

${elementwiseMain("(params.length + 3u) / 4u", `  out[at] = vec4<${dtype}>(vec4<f32>(x[at]) + vec4<f32>(y[at]));`)}`;

export const residualAddDispatch = (dtype: Dtype, length: number, x: string, y: string, out: string): Dispatch => ({
  label: "residual-add",
  wgsl: residualAddWgsl(dtype),
  entryPoint: "main",
  params: [length],
  bindings: [
    { buffer: x, access: "read" },
    { buffer: y, access: "read" },
    { buffer: out, access: "read_write" },
  ],
  workgroups: elementwiseGrid(Math.ceil(length / 4)),
});

/** The sum in f64, with the bound of one rounding. */
export const add = (dtype: Dtype, x: Float64Array, y: Float64Array): Expectation => {
  const expected = x.map((value, i) => value + y[i]!);
  return { expected, bound: expected.map((sum) => storedError(dtype, sum, ULP * Math.abs(sum))) };
};

export const residualAdd = (dtype: Dtype): KernelVariant => ({
  id: `residual-add/${dtype}`,
  family: "residual-add",
  dtype,
  needs: needsOf(dtype),
  summary: "four elements a thread",
  version: 2,
  verificationShapes: [{ length: 1 }, { length: 255 }, { length: 4097 }],
  run: (shape) => {
    const { length } = sizesOf("residual-add", ["length"], shape);
    return {
      buffers: [
        { name: "x", role: "input", type: dtype, length, fill: { kind: "random", scale: 1 } },
        { name: "y", role: "input", type: dtype, length, fill: { kind: "random", scale: 1 } },
        { name: "out", role: "output", type: dtype, length, fill: { kind: "unset" } },
      ],
      dispatches: [residualAddDispatch(dtype, length, "x", "y", "out")],
      operations: length,
      bytes: 3 * length * (dtype === "f16" ? 2 : 4),
      reference: ({ x, y }) => [{ buffer: "out", ...add(dtype, x!, y!) }],
    };
  },
});
