import type { KernelFeature, SubgroupMatrix } from "../kernel.ts";
import { directives, paramsBlock, range } from "../wgsl.ts";
import type { WeightFormat } from "./weight-format.ts";

/**
 * Pieces of the kernels for GPUs with matrix units (`chromium_experimental_subgroup_matrix`): f16 in, f32 sums.
 *
 * WGSL fixes no rounding for the units, so their bound rests on what is known of them (`unitTerms`) and not on its rules alone.
 */

/** Units that multiply squares of f16 and add in f32: `side` is m, n and k of one multiplication, by `subgroup` invocations. */
export interface SquareUnits {
  readonly side: number;
  readonly subgroup: number;
}

/** NVIDIA's since Turing; AMD's from RDNA 3 on where its subgroups are of 32. Every variant is written for them, unless it is given others. */
export const UNITS: SquareUnits = { side: 16, subgroup: 32 };

const asMatrix = ({ side, subgroup }: SquareUnits): SubgroupMatrix => ({
  m: side,
  n: side,
  k: side,
  component: "f16",
  result: "f32",
  subgroup,
});

/**
 * Terms of a sum of k products, in the sense of `sumError`. NVIDIA's units, for one, add 16 exact products and the sum so far at once, all
 * aligned to the largest of them and cut off below its 24 bits. The largest loses nothing, the others one unit in the last place of the sum
 * of magnitudes at most, and what comes out is cut off once more: 17 such units a block.
 */
export const unitTerms =
  ({ side }: SquareUnits) =>
  (k: number): number =>
    k + Math.ceil(k / side);

export const MATRIX_FEATURES: readonly KernelFeature[] = ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"];

/** What every variant on these matrix units is. */
export const onUnits = (units: SquareUnits) =>
  ({ dtype: "f16", needs: MATRIX_FEATURES, matrix: asMatrix(units), terms: unitTerms(units) }) as const;

/** How a kernel on matrix units begins: directives, what it computes, its layout, and sizes. */
export const matrixHead = (format: WeightFormat, comment: string): string => `${directives("f16", MATRIX_FEATURES, ["subgroup_id"])}
// C[m×n] = A[m×k] · Wᵀ
// A: m×k row-major f16 · ${format.layout} · C: m×n row-major f16 · sums in f32
// ${comment}

${paramsBlock(["m", "n", "k"])}`;

/** `let <name> = …`: a unit's rows of k at an offset, their elements along k side by side, `pitch` apart. */
export const loadLeft = ({ side }: SquareUnits, name: string, from: string, offset: string, pitch: string): string =>
  `let ${name} = subgroupMatrixLoad<subgroup_matrix_left<f16, ${side}, ${side}>>(&${from}, ${offset}, false, ${pitch});`;

/** The same of W, whose rows are columns of C. */
export const loadRight = ({ side }: SquareUnits, name: string, from: string, offset: string, pitch: string): string =>
  `let ${name} = subgroupMatrixLoad<subgroup_matrix_right<f16, ${side}, ${side}>>(&${from}, ${offset}, true, ${pitch});`;

/** The sums of a subgroup: `<rows>` × `<columns>` results, all zero. */
export const declareSums = ({ side }: SquareUnits, down: number, across: number): string =>
  range(down)
    .flatMap((i) => range(across).map((j) => `  var sum_${i}_${j}: subgroup_matrix_result<f32, ${side}, ${side}>;`))
    .join("\n");

export const addToSums = (indent: string, down: number, across: number): string =>
  range(down)
    .flatMap((i) => range(across).map((j) => `${indent}sum_${i}_${j} = subgroupMatrixMultiplyAccumulate(a_${i}, w_${j}, sum_${i}_${j});`))
    .join("\n");

/** Memory through which results, which no shader can look into, become elements: a result for each subgroup. */
export const resultsMemory = ({ side }: SquareUnits, subgroups: number): string =>
  `var<workgroup> results: array<f32, ${subgroups * side * side}>;`;

/** Stores a subgroup's sums, one result at a time, from row and column on (WGSL expressions), by way of `results`. */
export const storeSums = ({ side, subgroup }: SquareUnits, down: number, across: number, row: string, column: string): string =>
  range(down)
    .flatMap((i) =>
      range(across).map(
        (j) => `  subgroupMatrixStore(&results, subgroup * ${side * side}u, sum_${i}_${j}, false, ${side}u);
  workgroupBarrier();
  for (var e = lane; e < ${side * side}u; e += ${subgroup}u) {
    store(${row} + ${side * i}u + e / ${side}u, ${column} + ${side * j}u + e % ${side}u, results[subgroup * ${side * side}u + e]);
  }
  workgroupBarrier();`,
      ),
    )
    .join("\n");

/**
 * `fn stage_<name>(row, block, at)`: puts 8 elements of a row of f16, from 8 · block on, into `tile_<name>`; zeros where there are none.
 * Wide rows start at multiples of 16 bytes and are read as vec4<u32>.
 */
export const stageHalves = (name: string, rows: string, isWide: boolean): string =>
  isWide
    ? `fn stage_${name}(row: u32, block: u32, at: u32) {
  var words = vec4<u32>();
  if (row < ${rows} && block < params.k / 8u) { words = ${name}[row * (params.k / 8u) + block]; }
${["x", "y", "z", "w"]
  .map(
    (part, i) => `  let pair_${i} = bitcast<vec2<f16>>(words.${part});
  tile_${name}[at + ${2 * i}u] = pair_${i}.x;
  tile_${name}[at + ${2 * i + 1}u] = pair_${i}.y;`,
  )
  .join("\n")}
}`
    : `fn stage_${name}(row: u32, block: u32, at: u32) {
  for (var i = 0u; i < 8u; i++) {
    let column = 8u * block + i;
    var value = 0.0h;
    if (row < ${rows} && column < params.k) { value = ${name}[row * params.k + column]; }
    tile_${name}[at + i] = value;
  }
}`;

/** The same of weights in any format, by way of its `load_w`: rounded to f16. */
export const stageWeights = `fn stage_w(row: u32, block: u32, at: u32) {
  var weights = mat2x4<f32>();
  if (row < params.n && block < (params.k + 7u) / 8u) { weights = load_w(row, block); }
  for (var i = 0u; i < 4u; i++) {
    tile_w[at + i] = f16(weights[0][i]);
    tile_w[at + 4u + i] = f16(weights[1][i]);
  }
}`;

/** Elements from one staged row to the next: 8 more than it holds, so that the rows of a load lie in different banks. */
export const pitchOf = (tileK: number): number => tileK + 8;
