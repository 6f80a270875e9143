import type { BufferSpec, Dtype } from "../kernel.ts";

/** A buffer of a layer's weights, uniform in ±scale. */
export const weightsBuffer = (dtype: Dtype, name: string, length: number, scale: number): BufferSpec => ({
  name,
  role: "input",
  type: dtype,
  length,
  fill: { kind: "random", scale },
  holds: "weights",
});
