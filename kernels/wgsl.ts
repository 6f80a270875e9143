import type { Dtype, KernelFeature } from "./kernel.ts";

/** Pieces of WGSL text that several kernels share. Loads widen to f32 and stores narrow from it, so every kernel computes in f32. */

/** WebGPU's limit on workgroups in one dimension. */
const MOST_WORKGROUPS = 65_535;

/** 0, 1, …, count − 1: for unrolled statements. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const DIRECTIVES: Readonly<Record<KernelFeature, readonly string[]>> = {
  "shader-f16": ["enable f16;"],
  subgroups: ["enable subgroups;"],
  // The uniformity analysis knows workgroups only; what is uniform in a subgroup alone, it would refuse.
  "chromium-experimental-subgroup-matrix": [
    "enable chromium_experimental_subgroup_matrix;",
    "diagnostic(off, chromium.subgroup_matrix_uniformity);",
  ],
};

/** Extensions of the language that no device feature stands for: `subgroup_id` brings the builtins subgroup_id and num_subgroups. */
export type LanguageExtension = "subgroup_id";

/** The directives a kernel starts with. An extension is required only where it is used, since older browsers lack it. */
export const directives = (dtype: Dtype, needs: readonly KernelFeature[] = [], extensions: readonly LanguageExtension[] = []): string =>
  [
    ...[...new Set([...needsOf(dtype), ...needs])].flatMap((feature) => DIRECTIVES[feature]),
    ...extensions.map((extension) => `requires ${extension};`),
  ]
    .map((line) => `${line}\n`)
    .join("");

/** Features that a dtype brings with it. */
export const needsOf = (dtype: Dtype): readonly KernelFeature[] => (dtype === "f16" ? ["shader-f16"] : []);

/** The uniform of sizes at binding 0. */
export const paramsBlock = (names: readonly string[]): string => `struct Params { ${names.map((name) => `${name}: u32`).join(", ")} }
@group(0) @binding(0) var<uniform> params: Params;`;

/** A storage buffer: `storage(1, "a", "read", "vec4<f32>")`. */
export const storage = (binding: number, name: string, access: "read" | "read_write", type: string): string =>
  `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`;

/**
 * Elements a memory access moves: 4 where every row starts at a multiple of 4 elements, else 1.
 */
export type Width = 1 | 4;

export const widthFor = (rowLength: number): Width => (rowLength % 4 === 0 ? 4 : 1);

/** Element type of a buffer that is read or written `width` elements at a time. */
export const elementType = (dtype: Dtype, width: Width): string => (width === 4 ? `vec4<${dtype}>` : dtype);

interface Rows {
  /** Name of the WGSL function. */
  readonly name: string;
  /** The buffer: rows of `length` elements, one after another. */
  readonly buffer: string;
  readonly dtype: Dtype;
  readonly width: Width;
  /** WGSL expression for the elements in a row; a multiple of 4 where the width is 4. */
  readonly length: string;
}

/** `fn <name>(row, step) -> vec4<f32>`: elements 4·step to 4·step+3 of a row; zero beyond its end. */
export const rowLoader = ({ name, buffer, dtype, width, length }: Rows): string =>
  width === 4
    ? `fn ${name}(row: u32, step: u32) -> vec4<f32> {
  return ${dtype === "f32" ? "" : "vec4<f32>"}(${buffer}[row * (${length} / 4u) + step]);
}`
    : `fn ${name}(row: u32, step: u32) -> vec4<f32> {
  var quad = vec4<f32>();
  for (var lane = 0u; lane < 4u; lane++) {
    let column = 4u * step + lane;
    if (column < ${length}) { quad[lane] = ${dtype === "f32" ? "" : "f32"}(${buffer}[row * ${length} + column]); }
  }
  return quad;
}`;

/** `fn <name>(row, step, quad)`: stores what `rowLoader` would load, and nothing beyond the row's end. */
export const rowStorer = ({ name, buffer, dtype, width, length }: Rows): string =>
  width === 4
    ? `fn ${name}(row: u32, step: u32, quad: vec4<f32>) {
  ${buffer}[row * (${length} / 4u) + step] = ${dtype === "f32" ? "" : "vec4<f16>"}(quad);
}`
    : `fn ${name}(row: u32, step: u32, quad: vec4<f32>) {
  for (var lane = 0u; lane < 4u; lane++) {
    let column = 4u * step + lane;
    if (column < ${length}) { ${buffer}[row * ${length} + column] = ${dtype === "f32" ? "" : "f16"}(quad[lane]); }
  }
}`;

/**
 * A grid of at least `count` workgroups within the limit per dimension, its rows alike: a kernel whose
 * stride is the grid would find most of a last row beyond the end of its data. `FLAT_GROUP` numbers them, and the kernel skips the surplus.
 */
export const gridOf = (count: number): readonly [number, number, number] => {
  const y = Math.ceil(count / MOST_WORKGROUPS);
  return [Math.ceil(count / y), y, 1];
};

/** Number of a workgroup in a grid made by `gridOf`; wants the builtins `group: workgroup_id` and `groups: num_workgroups`. */
export const FLAT_GROUP = "(group.x + group.y * groups.x)";
