import { sumError } from "../bounds.ts";
import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import {
  addToSums,
  declareSums,
  loadLeft,
  loadRight,
  MATRIX_FEATURES,
  onUnits,
  type SquareUnits,
  UNITS,
  unitTerms,
} from "../matmul/matrix-units.ts";
import { directives, FLAT_GROUP, gridOf, paramsBlock, range, storage } from "../wgsl.ts";

/** Tiles of a workgroup: one for each of its subgroups. */
const TILES = 4;

/** Matrices a subgroup holds at once, as a kernel that multiplies larger tiles does: rows × columns sums from rows + columns operands. */
export interface MatrixStructure {
  readonly rows: number;
  readonly columns: number;
}

export const matrixMultiplyAddWgsl = (units: SquareUnits, { rows, columns }: MatrixStructure): string => {
  const { side } = units;
  const elements = side * side;
  const sums = range(rows).flatMap((i) => range(columns).map((j) => ({ name: `sum_${i}_${j}`, at: i * columns + j })));
  return `${directives("f16", MATRIX_FEATURES, ["subgroup_id"])}
// C_ij ← C_ij + A_i · W_jᵀ, steps times, on ${rows}×${columns} matrices a tile, one tile a subgroup
// a: ${rows} matrices of ${side}×${side} row-major f16 · w: ${columns} of them · sums: ${rows * columns} matrices of f32 a tile
// Every sum starts at zero, is made of other operands than its neighbours, and is stored: nothing can be left out.

${paramsBlock(["tiles", "steps"])}
${storage(1, "a", "read", "f16")}
${storage(2, "w", "read", "f16")}
${storage(3, "sums", "read_write", "f32")}

@compute @workgroup_size(${TILES * units.subgroup})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_id) subgroup: u32,
) {
${range(rows)
  .map((i) => `  ${loadLeft(units, `a_${i}`, "a", `${i * elements}u`, `${side}u`)}`)
  .join("\n")}
${range(columns)
  .map((j) => `  ${loadRight(units, `w_${j}`, "w", `${j * elements}u`, `${side}u`)}`)
  .join("\n")}
  let tile = ${FLAT_GROUP} * ${TILES}u + subgroup;
  if (tile >= params.tiles) { return; }
${declareSums(units, rows, columns)}
  for (var step = 0u; step < params.steps; step++) {
${addToSums("    ", rows, columns)}
  }
${sums.map(({ name, at }) => `  subgroupMatrixStore(&sums, (tile * ${sums.length}u + ${at}u) * ${elements}u, ${name}, false, ${side}u);`).join("\n")}
}
`;
};

/** A_i · W_jᵀ and the products' magnitudes, added up. */
const product = (
  { side }: SquareUnits,
  a: Float64Array,
  w: Float64Array,
): { readonly sums: Float64Array; readonly magnitudes: Float64Array } => {
  const sums = new Float64Array(side * side);
  const magnitudes = new Float64Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (let k = 0; k < side; k++) {
        const term = a[row * side + k]! * w[column * side + k]!;
        sums[row * side + column]! += term;
        magnitudes[row * side + column]! += Math.abs(term);
      }
    }
  }
  return { sums, magnitudes };
};

/** The arithmetic roof of matrix units. */
const matrixMultiplyAdd = (units: SquareUnits, structure: MatrixStructure): KernelVariant => {
  const { side } = units;
  const elements = side * side;
  const { rows, columns } = structure;
  const matrices = rows * columns;
  return {
    id: `matrix-multiply-add/${rows}x${columns}-f16`,
    family: "matrix-multiply-add",
    dtype: onUnits(units).dtype,
    needs: MATRIX_FEATURES,
    matrix: onUnits(units).matrix,
    summary: `subgroup matrices of ${side}×${side}×${side}, f16 with sums in f32, ${rows}×${columns} sums a subgroup`,
    version: 2,
    verificationShapes: [
      { tiles: 1, steps: 1 },
      { tiles: TILES - 1, steps: 7 },
      { tiles: TILES + 1, steps: 64 },
    ],
    run: (shape) => {
      const { tiles, steps } = sizesOf("matrix-multiply-add", ["tiles", "steps"], shape);
      const length = tiles * matrices * elements;
      return {
        buffers: [
          { name: "a", role: "input", type: "f16", length: rows * elements, fill: { kind: "random", scale: 1 } },
          { name: "w", role: "input", type: "f16", length: columns * elements, fill: { kind: "random", scale: 1 } },
          { name: "sums", role: "output", type: "f32", length, fill: { kind: "unset" } },
        ],
        dispatches: [
          {
            label: "matrix multiply-add",
            wgsl: matrixMultiplyAddWgsl(units, structure),
            entryPoint: "main",
            params: [tiles, steps],
            bindings: [
              { buffer: "a", access: "read" },
              { buffer: "w", access: "read" },
              { buffer: "sums", access: "read_write" },
            ],
            workgroups: gridOf(Math.ceil(tiles / TILES)),
          },
        ],
        operations: 2 * elements * side * matrices * tiles * steps,
        bytes: 2 * (rows + columns) * elements + 4 * length,
        reference: ({ a, w }) => {
          const expected = new Float64Array(length);
          const bound = new Float64Array(length);
          for (let at = 0; at < matrices; at++) {
            const [i, j] = [Math.floor(at / columns), at % columns];
            const { sums, magnitudes } = product(
              units,
              a!.subarray(i * elements, (i + 1) * elements),
              w!.subarray(j * elements, (j + 1) * elements),
            );
            for (let tile = 0; tile < tiles; tile++) {
              const from = (tile * matrices + at) * elements;
              for (let e = 0; e < elements; e++) {
                expected[from + e] = steps * sums[e]!;
                bound[from + e] = sumError(unitTerms(units)(side * steps), steps * magnitudes[e]!);
              }
            }
          }
          return [{ buffer: "sums", expected, bound }];
        },
      };
    },
  };
};

const STRUCTURES: readonly MatrixStructure[] = [
  { rows: 2, columns: 2 },
  { rows: 4, columns: 2 },
  { rows: 4, columns: 4 },
];

export const matrixMultiplyAddsOn = (units: SquareUnits): readonly KernelVariant[] =>
  STRUCTURES.map((structure) => matrixMultiplyAdd(units, structure));

export const matrixMultiplyAdds = matrixMultiplyAddsOn(UNITS);
