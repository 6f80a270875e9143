import { sumError } from "../bounds.ts";
import type { KernelFeature, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { UNITS } from "../matmul/matrix-units.ts";
import { directives, FLAT_GROUP, gridOf, paramsBlock, range, storage } from "../wgsl.ts";

/** Rows, columns and depth of the matrices that one instruction multiplies: f16 values, sums in f32. */
const SIDE = 16;
const ELEMENTS = SIDE * SIDE;
/** A multiple of every subgroup's size, as matrix units want; so many tiles are a workgroup's, shared out among however many subgroups it is. */
const THREADS = 128;
const TILES = 4;
const NEEDS: readonly KernelFeature[] = ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"];

/** Matrices a subgroup holds at once, as a kernel that multiplies larger tiles does: rows × columns sums from rows + columns operands. */
export interface MatrixStructure {
  readonly rows: number;
  readonly columns: number;
}

export const matrixMultiplyAddWgsl = ({ rows, columns }: MatrixStructure): string => {
  const sums = range(rows).flatMap((i) => range(columns).map((j) => ({ name: `c_${i}_${j}`, i, j, at: i * columns + j })));
  // Loads and stores in the form that older browsers know as well: layout as a flag.
  const load = (side: "left" | "right", buffer: string, i: number): string =>
    `subgroupMatrixLoad<subgroup_matrix_${side}<f16, ${SIDE}, ${SIDE}>>(&${buffer}, ${i * ELEMENTS}u, false, ${SIDE}u)`;
  return `${directives("f16", ["subgroups"])}enable chromium_experimental_subgroup_matrix;
// All of a subgroup takes the same path: what it does depends on its number alone.
diagnostic(off, chromium.subgroup_matrix_uniformity);

// C_ij ← C_ij + A_i · B_j, steps times, on ${rows}×${columns} matrices a tile, one tile a subgroup
// a: ${rows} matrices of ${SIDE}×${SIDE} row-major f16 · b: ${columns} of them · sums: ${rows * columns} matrices of f32 a tile
// Every sum starts at zero, is made of other operands than its neighbours, and is stored: nothing can be left out.

${paramsBlock(["tiles", "steps"])}
${storage(1, "a", "read", "f16")}
${storage(2, "b", "read", "f16")}
${storage(3, "sums", "read_write", "f32")}

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
) {
${range(rows)
  .map((i) => `  let a_${i} = ${load("left", "a", i)};`)
  .join("\n")}
${range(columns)
  .map((j) => `  let b_${j} = ${load("right", "b", j)};`)
  .join("\n")}
  for (var part = subgroup; part < ${TILES}u; part += subgroups) {
    let tile = ${FLAT_GROUP} * ${TILES}u + part;
    if (tile >= params.tiles) { break; }
${sums.map(({ name }) => `    var ${name} = subgroup_matrix_result<f32, ${SIDE}, ${SIDE}>();`).join("\n")}
    for (var step = 0u; step < params.steps; step++) {
${sums.map(({ name, i, j }) => `      ${name} = subgroupMatrixMultiplyAccumulate(a_${i}, b_${j}, ${name});`).join("\n")}
    }
${sums.map(({ name, at }) => `    subgroupMatrixStore(&sums, (tile * ${sums.length}u + ${at}u) * ${ELEMENTS}u, ${name}, false, ${SIDE}u);`).join("\n")}
  }
}
`;
};

/** A_i · B_j and the products' magnitudes, added up. */
const product = (a: Float64Array, b: Float64Array): { readonly sums: Float64Array; readonly magnitudes: Float64Array } => {
  const sums = new Float64Array(ELEMENTS);
  const magnitudes = new Float64Array(ELEMENTS);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      for (let k = 0; k < SIDE; k++) {
        const term = a[row * SIDE + k]! * b[k * SIDE + column]!;
        sums[row * SIDE + column]! += term;
        magnitudes[row * SIDE + column]! += Math.abs(term);
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
    needs: NEEDS,
    matrix: UNITS,
    summary: `subgroup matrices of ${SIDE}×${SIDE}×${SIDE}, f16 with sums in f32, ${rows}×${columns} sums a subgroup`,
    version: 1,
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
          { name: "b", role: "input", type: "f16", length: columns * ELEMENTS, fill: { kind: "random", scale: 1 } },
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
              { buffer: "b", access: "read" },
              { buffer: "sums", access: "read_write" },
            ],
            workgroups: gridOf(Math.ceil(tiles / TILES)),
          },
        ],
        operations: 2 * ELEMENTS * SIDE * matrices * tiles * steps,
        bytes: 2 * (rows + columns) * ELEMENTS + 4 * length,
        reference: ({ a, b }) => {
          const expected = new Float64Array(length);
          const bound = new Float64Array(length);
          for (let at = 0; at < matrices; at++) {
            const [i, j] = [Math.floor(at / columns), at % columns];
            const { sums, magnitudes } = product(
              a!.subarray(i * ELEMENTS, (i + 1) * ELEMENTS),
              b!.subarray(j * ELEMENTS, (j + 1) * ELEMENTS),
            );
            for (let tile = 0; tile < tiles; tile++) {
              const from = (tile * matrices + at) * ELEMENTS;
              for (let e = 0; e < ELEMENTS; e++) {
                expected[from + e] = steps * sums[e]!;
                // Each step adds 16 products and the sum so far.
                bound[from + e] = sumError((SIDE + 1) * steps, steps * magnitudes[e]!);
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
