import { blank, DIVISION, type Expectation, expError, gamma, storedError, ULP } from "../bounds.ts";
import type { Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { directives, elementType, needsOf, paramsBlock, storage, type Width, widthFor } from "../wgsl.ts";
import { elementwiseGrid, elementwiseMain } from "../elementwise.ts";

interface Sizes {
  readonly tokens: number;
  readonly intermediate: number;
}

export const swigluWgsl = (dtype: Dtype, width: Width): string => {
  const element = elementType(dtype, width);
  const widened = elementType("f32", width);
  return `${directives(dtype)}
// out = silu(gate) · up, silu(g) = g / (1 + exp(−g))
// gate_up: [token][gate: intermediate, up: intermediate] ${dtype} · out: [token][intermediate] ${dtype} · ${width === 1 ? "one element" : `${width} elements`} of out a thread

${paramsBlock(["tokens", "intermediate"])}
${storage(1, "gate_up", "read", element)}
${storage(2, "out", "read_write", element)}

${elementwiseMain(
  `params.tokens * (params.intermediate / ${width}u)`,
  `  let length = params.intermediate / ${width}u;
  let gate_at = at + (at / length) * length;
  let gate = ${widened}(gate_up[gate_at]);
  let up = ${widened}(gate_up[gate_at + length]);
  // exp of a negative number cannot overflow.
  let small = exp(-abs(gate));
  let sigmoid = select(small, ${widened}(1f), gate >= ${widened}(0f)) / (1f + small);
  out[at] = ${element}(gate * sigmoid * up);`,
)}`;
};

export const swigluDispatch = (dtype: Dtype, { tokens, intermediate }: Sizes, gateUp: string, out: string): Dispatch => {
  const width = widthFor(intermediate);
  return {
    label: "swiglu",
    wgsl: swigluWgsl(dtype, width),
    entryPoint: "main",
    params: [tokens, intermediate],
    bindings: [
      { buffer: gateUp, access: "read" },
      { buffer: out, access: "read_write" },
    ],
    workgroups: elementwiseGrid((tokens * intermediate) / width),
  };
};

/**
 * SwiGLU in f64. The sigmoid is exp (3 + 2|g| ULP, in numerator and denominator), a sum and a division; two products follow. Where
 * exp(−|g|) is flushed to zero, up to 2⁻¹²⁰ is lost.
 */
export const gate = (dtype: Dtype, { tokens, intermediate }: Sizes, gateUp: Float64Array): Expectation => {
  const result = blank(tokens * intermediate);
  for (let at = 0; at < result.expected.length; at++) {
    const gateAt = Math.floor(at / intermediate) * 2 * intermediate + (at % intermediate);
    const [g, up] = [gateUp[gateAt]!, gateUp[gateAt + intermediate]!];
    const value = (g / (1 + Math.exp(-g))) * up;
    const relative = Math.expm1(2 * expError(Math.abs(g)) + ULP + DIVISION + gamma(2));
    result.expected[at] = value;
    result.bound[at] = storedError(dtype, value, relative * Math.abs(value) + 2 ** -120 * Math.abs(g * up));
  }
  return result;
};

export const swiglu = (dtype: Dtype): KernelVariant => ({
  id: `swiglu/${dtype}`,
  family: "swiglu",
  dtype,
  needs: needsOf(dtype),
  summary: "four elements a thread, gate and up side by side in a row",
  version: 3,
  verificationShapes: [
    { tokens: 1, intermediate: 1 },
    { tokens: 3, intermediate: 63 },
    { tokens: 7, intermediate: 257 },
    { tokens: 5, intermediate: 260 },
  ],
  run: (shape) => {
    const sizes = sizesOf("swiglu", ["tokens", "intermediate"], shape);
    const elements = sizes.tokens * sizes.intermediate;
    return {
      buffers: [
        { name: "gate_up", role: "input", type: dtype, length: 2 * elements, fill: { kind: "random", scale: 8 } },
        { name: "out", role: "output", type: dtype, length: elements, fill: { kind: "unset" } },
      ],
      dispatches: [swigluDispatch(dtype, sizes, "gate_up", "out")],
      operations: 5 * elements,
      bytes: 3 * elements * (dtype === "f16" ? 2 : 4),
      reference: (inputs) => [{ buffer: "out", ...gate(dtype, sizes, inputs["gate_up"]!) }],
    };
  },
});
