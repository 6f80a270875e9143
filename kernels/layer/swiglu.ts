import { blank, DIVISION, type Expectation, expError, gamma, storedError, ULP } from "../bounds.ts";
import type { Dispatch, Dtype, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { directives, needsOf, paramsBlock, storage } from "../wgsl.ts";
import { elementwiseGrid, elementwiseMain } from "./elementwise.ts";

interface Sizes {
  readonly tokens: number;
  readonly intermediate: number;
}

export const swigluWgsl = (dtype: Dtype): string => `${directives(dtype)}
// out = silu(gate) · up, silu(g) = g / (1 + exp(−g))
// gate_up: [token][gate: intermediate, up: intermediate] ${dtype} · out: [token][intermediate] ${dtype} · one thread per element of out

${paramsBlock(["tokens", "intermediate"])}
${storage(1, "gate_up", "read", dtype)}
${storage(2, "out", "read_write", dtype)}

${elementwiseMain(
  "params.tokens * params.intermediate",
  `  let gate_at = (at / params.intermediate) * 2u * params.intermediate + at % params.intermediate;
  let gate = f32(gate_up[gate_at]);
  let up = f32(gate_up[gate_at + params.intermediate]);
  // exp of a negative number cannot overflow.
  let small = exp(-abs(gate));
  let sigmoid = select(small, 1f, gate >= 0f) / (1f + small);
  out[at] = ${dtype}(gate * sigmoid * up);`,
)}`;

export const swigluDispatch = (dtype: Dtype, { tokens, intermediate }: Sizes, gateUp: string, out: string): Dispatch => ({
  label: "swiglu",
  wgsl: swigluWgsl(dtype),
  entryPoint: "main",
  params: [tokens, intermediate],
  bindings: [
    { buffer: gateUp, access: "read" },
    { buffer: out, access: "read_write" },
  ],
  workgroups: elementwiseGrid(tokens * intermediate),
});

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
  summary: "one thread per element, gate and up side by side in a row",
  version: 1,
  verificationShapes: [
    { tokens: 1, intermediate: 1 },
    { tokens: 3, intermediate: 63 },
    { tokens: 7, intermediate: 257 },
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
