import { sumError } from "../bounds.ts";
import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { addToSums, declareSums, loadLeft, loadRight, MATRIX_FEATURES, UNIT, UNITS, unitTerms } from "../matmul/matrix-units.ts";
import { directives, FLAT_GROUP, gridOf, paramsBlock, range, storage } from "../wgsl.ts";

const ELEMENTS = UNIT * UNIT;
/** Tiles of a workgroup: one for each of its subgroups. */
const TILES = 4;

/** Matrices a subgroup holds at once, as a kernel that multiplies larger tiles does: rows × columns sums from rows + columns operands. */
export interface MatrixStructure {
  readonly rows: number;
  readonly columns: number;
}

export const matrixMultiplyAddWgsl = ({ rows, columns }: MatrixStructure): string => {
  const sums = range(rows).flatMap((i) => range(columns).map((j) => ({ name: `sum_${i}_${j}`, at: i * columns + j })));
  return `${directives("f16", MATRIX_FEATURES, ["subgroup_id"])}
// C_ij ← C_ij + A_i · W_jᵀ, steps times, on ${rows}×${columns} matrices a tile, one tile a subgroup
// a: ${rows} matrices of ${UNIT}×${UNIT} row-major f16 · w: ${columns} of them · sums: ${rows * columns} matrices of f32 a tile
// Every sum starts at zero, is made of other operands than its neighbours, and is stored: nothing can be left out.

${paramsBlock(["tiles", "steps"])}
${storage(1, "a", "read", "f16")}
${storage(2, "w", "read", "f16")}
${storage(3, "sums", "read_write", "f32")}

@compute @workgroup_size(${TILES * UNITS.subgroup})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_id) subgroup: u32,
) {
${range(rows)
  .map((i) => `  ${loadLeft(`a_${i}`, "a", `${i * ELEMENTS}u`, `${UNIT}u`)}`)
  .join("\n")}
${range(columns)
  .map((j) => `  ${loadRight(`w_${j}`, "w", `${j * ELEMENTS}u`, `${UNIT}u`)}`)
  .join("\n")}
  let tile = ${FLAT_GROUP} * ${TILES}u + subgroup;
  if (tile >= params.tiles) { return; }
${declareSums(rows, columns)}
  for (var step = 0u; step < params.steps; step++) {
${addToSums("    ", rows, columns)}
  }
${sums.map(({ name, at }) => `  subgroupMatrixStore(&sums, (tile * ${sums.length}u + ${at}u) * ${ELEMENTS}u, ${name}, false, ${UNIT}u);`).join("\n")}
}
`;
};

/** A_i · W_jᵀ and the products' magnitudes, added up. */
const product = (a: Float64Array, w: Float64Array): { readonly sums: Float64Array; readonly magnitudes: Float64Array } => {
  const sums = new Float64Array(ELEMENTS);
  const magnitudes = new Float64Array(ELEMENTS);
  for (let row = 0; row < UNIT; row++) {
    for (let column = 0; column < UNIT; column++) {
      for (let k = 0; k < UNIT; k++) {
        const term = a[row * UNIT + k]! * w[column * UNIT + k]!;
        sums[row * UNIT + column]! += term;
        magnitudes[row * UNIT + column]! += Math.abs(term);
      }
    }
  }
  return { sums, magnitudes };
};

/** The arithmetic roof of matrix units. */
const matrixMultiplyAdd = (structure: MatrixStructure): KernelVariant => {
  const { rows, columns } = structure;
  const matrices = rows * columns;
  return {
    id: `matrix-multiply-add/${rows}x${columns}-f16`,
    family: "matrix-multiply-add",
    dtype: "f16",
    needs: MATRIX_FEATURES,
    matrix: UNITS,
    summary: `subgroup matrices of ${UNIT}×${UNIT}×${UNIT}, f16 with sums in f32, ${rows}×${columns} sums a subgroup`,
    version: 2,
    verificationShapes: [
      { tiles: 1, steps: 1 },
      { tiles: TILES - 1, steps: 7 },
      { tiles: TILES + 1, steps: 64 },
    ],
    run: (shape) => {
      const { tiles, steps } = sizesOf("matrix-multiply-add", ["tiles", "steps"], shape);
      const length = tiles * matrices * ELEMENTS;
      return {
        buffers: [
          { name: "a", role: "input", type: "f16", length: rows * ELEMENTS, fill: { kind: "random", scale: 1 } },
          { name: "w", role: "input", type: "f16", length: columns * ELEMENTS, fill: { kind: "random", scale: 1 } },
          { name: "sums", role: "output", type: "f32", length, fill: { kind: "unset" } },
        ],
        dispatches: [
          {
            label: "matrix multiply-add",
            wgsl: matrixMultiplyAddWgsl(structure),
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
        operations: 2 * ELEMENTS * UNIT * matrices * tiles * steps,
        bytes: 2 * (rows + columns) * ELEMENTS + 4 * length,
        reference: ({ a, w }) => {
          const expected = new Float64Array(length);
          const bound = new Float64Array(length);
          for (let at = 0; at < matrices; at++) {
            const [i, j] = [Math.floor(at / columns), at % columns];
            const { sums, magnitudes } = product(
              a!.subarray(i * ELEMENTS, (i + 1) * ELEMENTS),
              w!.subarray(j * ELEMENTS, (j + 1) * ELEMENTS),
            );
            for (let tile = 0; tile < tiles; tile++) {
              const from = (tile * matrices + at) * ELEMENTS;
              for (let e = 0; e < ELEMENTS; e++) {
                expected[from + e] = steps * sums[e]!;
                bound[from + e] = sumError(unitTerms(UNIT * steps), steps * magnitudes[e]!);
              }
            }
          }
          return [{ buffer: "sums", expected, bound }];
        },
      };
    },
  };
};

export const matrixMultiplyAdds: readonly KernelVariant[] = [
  matrixMultiplyAdd({ rows: 2, columns: 2 }),
  matrixMultiplyAdd({ rows: 4, columns: 2 }),
  matrixMultiplyAdd({ rows: 4, columns: 4 }),
];
