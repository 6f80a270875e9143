import type { Dtype, KernelFeature } from "../kernel.ts";
import { directives, elementType, paramsBlock, rowLoader, storage, type Width } from "../wgsl.ts";

/**
 * What every matmul here is built around: four columns of C times four steps of k, sixteen multiply-adds on registers.
 *
 * Both operands have k contiguous, so both are loaded as vec4s along k; the four weights' vec4s are transposed in registers
 * (which costs nothing on scalar hardware) so that the sums stay fused multiply-adds.
 */
const MICRO_KERNEL = `// sum[j] + dot(x, weights j), where quad holds the four weights' vec4s as rows
fn accumulate(sum: vec4<f32>, x: vec4<f32>, quad: mat4x4<f32>) -> vec4<f32> {
  return fma(vec4<f32>(x.w), quad[3], fma(vec4<f32>(x.z), quad[2], fma(vec4<f32>(x.y), quad[1], fma(vec4<f32>(x.x), quad[0], sum))));
}`;

/** Bindings, loaders and the micro-kernel; C is written element by element, since a row of C starts anywhere. */
export const matmulPrelude = (dtype: Dtype, width: Width, comment: string, needs: readonly KernelFeature[] = []): string =>
  `${directives(dtype, needs)}
// C[m×n] = A[m×k] · Wᵀ
// A: m×k row-major ${dtype} · W: n×k row-major ${dtype} · C: m×n row-major ${dtype} · sums in f32
${comment}

${paramsBlock(["m", "n", "k"])}
${storage(1, "a", "read", elementType(dtype, width))}
${storage(2, "w", "read", elementType(dtype, width))}
${storage(3, "c", "read_write", dtype)}

${rowLoader({ name: "load_a", buffer: "a", dtype, width, length: "params.k" })}
${rowLoader({ name: "load_w", buffer: "w", dtype, width, length: "params.k" })}

fn store(row: u32, column: u32, value: f32) {
  if (row < params.m && column < params.n) { c[row * params.n + column] = ${dtype}(value); }
}

${MICRO_KERNEL}
`;
