import type { Dispatch, Dtype, KernelFeature } from "../kernel.ts";
import { directives, elementType, type LanguageExtension, paramsBlock, range, rowLoader, storage } from "../wgsl.ts";
import type { MatmulBuffers, MatmulSizes } from "./problem.ts";
import type { WeightFormat } from "./weight-format.ts";

/** What the text of a matmul depends on besides its structure. */
export interface MatmulTypes {
  readonly dtype: Dtype;
  readonly format: WeightFormat;
  /** Whether rows of A and W are loaded in whole vectors. */
  readonly isWide: boolean;
}

/**
 * What most matmuls here are built around: four columns of C times four steps of k, sixteen multiply-adds on registers.
 *
 * Both operands have k contiguous, so both are loaded as vec4s along k; the four weights' vec4s are transposed in registers
 * (which costs nothing on scalar hardware) so that the sums stay fused multiply-adds.
 */
export const MICRO_KERNEL = `// sum[j] + dot(x, weights j), where quad holds the four weights' vec4s as rows
fn accumulate(sum: vec4<f32>, x: vec4<f32>, quad: mat4x4<f32>) -> vec4<f32> {
  return fma(vec4<f32>(x.w), quad[3], fma(vec4<f32>(x.z), quad[2], fma(vec4<f32>(x.y), quad[1], fma(vec4<f32>(x.x), quad[0], sum))));
}
`;

/** What the head of a text says of its own. */
interface Head {
  /** What one workgroup does. */
  readonly comment: string;
  readonly needs?: readonly KernelFeature[];
  readonly extensions?: readonly LanguageExtension[];
  /** Sizes besides m, n and k. */
  readonly params?: readonly string[];
  /** Where it writes: name and type of the elements of the last buffer; C unless given. */
  readonly result?: { readonly name: string; readonly type: string };
}

/** Bindings and loaders: `load_a(row, step)` of vec4s, `load_w(row, block)` of the format's blocks. */
export const operands = (
  { dtype, format, isWide }: MatmulTypes,
  { comment, needs = [], extensions = [], params = [], result = { name: "c", type: dtype } }: Head,
): string => {
  const width = isWide ? 4 : 1;
  const weights = format.bindings(2, isWide);
  return `${directives(dtype, needs, extensions)}
// C[m×n] = A[m×k] · Wᵀ
// A: m×k row-major ${dtype} · ${format.layout} · C: m×n row-major ${dtype} · sums in f32
// ${comment}

${paramsBlock(["m", "n", "k", ...params])}
${storage(1, "a", "read", elementType(dtype, width))}
${weights.join("\n")}
${storage(2 + weights.length, result.name, "read_write", result.type)}

${rowLoader({ name: "load_a", buffer: "a", dtype, width, length: "params.k" })}

${format.loader(isWide)}
`;
};

/** `store(row, column, value)`, which writes C element by element, since a row of C starts anywhere, and nothing outside it. */
export const store = (dtype: Dtype): string => `fn store(row: u32, column: u32, value: f32) {
  if (row < params.m && column < params.n) { c[row * params.n + column] = ${dtype}(value); }
}
`;

/** A dispatch over the operands, in the order of their bindings; `params` are those besides m, n and k. */
export const matmulDispatch = (
  { format }: MatmulTypes,
  { m, n, k }: MatmulSizes,
  { a, w, c }: MatmulBuffers,
  { label, wgsl, workgroups, params = [] }: Pick<Dispatch, "label" | "wgsl" | "workgroups" | "params">,
): Dispatch => ({
  label,
  wgsl,
  entryPoint: "main",
  params: [m, n, k, ...params],
  bindings: [
    { buffer: a, access: "read" },
    ...format.buffers(w, n, k).map(({ name }) => ({ buffer: name, access: "read" as const })),
    { buffer: c, access: "read_write" },
  ],
  workgroups,
});

/** Steps of k in one block of weights, from the first vec4 of it. */
export const blockQuads = ({ quads }: WeightFormat): number[] => range(quads);

/** The vec4 that is quad `q` of a block. */
export const quadOf = ({ quads }: WeightFormat, block: string, q: number): string => (quads === 1 ? block : `${block}[${q}]`);

/** Four blocks, by name, as the matrix that `accumulate` takes, at quad `q`. */
export const transposed = (format: WeightFormat, blocks: readonly string[], q: number): string =>
  `transpose(mat4x4<f32>(${blocks.map((block) => quadOf(format, block, q)).join(", ")}))`;

/** What a block of weights is where there is none. */
export const zeroBlock = ({ quads }: WeightFormat): string => (quads === 1 ? "vec4<f32>()" : "mat2x4<f32>()");
