import { range, storage } from "../wgsl.ts";
import {
  addToSums,
  declareSums,
  loadLeft,
  loadRight,
  matrixHead,
  onUnits,
  pitchOf,
  resultsMemory,
  stageHalves,
  stageWeights,
  storeSums,
  type SquareUnits,
  UNITS,
} from "./matrix-units.ts";
import { matmulDispatch, store } from "./micro-kernel.ts";
import { type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";
import type { WeightFormat } from "./weight-format.ts";

/** Tiles for GPUs with matrix units; each subgroup computes `rows` × `columns` of its workgroup's tile of C. */
export interface MatrixStructure {
  readonly tileM: number;
  readonly tileN: number;
  /** Steps of k staged at a time, a multiple of 16. */
  readonly tileK: number;
  /** Multiples of 16, as all of the above. */
  readonly rows: number;
  readonly columns: number;
}

const subgroupsOf = ({ tileM, tileN, rows, columns }: MatrixStructure): number => (tileM / rows) * (tileN / columns);

const mainOf = (units: SquareUnits, { tileM, tileN, rows, columns }: MatrixStructure): string => {
  const { side, subgroup } = units;
  const across = tileN / columns;
  return `@compute @workgroup_size(${subgroup * across * (tileM / rows)})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let own_row = (subgroup / ${across}u) * ${rows}u;
  let own_column = (subgroup % ${across}u) * ${columns}u;
  let first_row = group.y * ${tileM}u;
  let first_column = group.x * ${tileN}u;
${declareSums(units, rows / side, columns / side)}`;
};

/** Whether the rows of A and W start where vectors of eight may. */
const isWide = ({ k }: MatmulSizes): boolean => k % 8 === 0;

/** A and W go through workgroup memory, where what lies outside them is zero: for every shape. */
export const stagedMatrixWgsl = (units: SquareUnits, format: WeightFormat, structure: MatrixStructure, wide: boolean): string => {
  const { side } = units;
  const { tileM, tileN, tileK, rows, columns } = structure;
  const subgroups = subgroupsOf(structure);
  const pitch = pitchOf(tileK);
  const eights = tileK / 8;
  const isPlain = format.family === "matmul";
  const element = wide ? "vec4<u32>" : "f16";
  const weights = isPlain ? [storage(2, "w", "read", element)] : format.bindings(2, true);
  const stage = (
    name: string,
    count: number,
    first: string,
  ) => `    for (var i = thread; i < ${count * eights}u; i += ${subgroups * units.subgroup}u) {
      stage_${name}(${first} + i / ${eights}u, block + i % ${eights}u, (i / ${eights}u) * ${pitch}u + (i % ${eights}u) * 8u);
    }`;
  return `${matrixHead(format, `one workgroup per ${tileM}×${tileN} tile of C, ${rows}×${columns} a subgroup, k in steps of ${tileK} through workgroup memory`)}
${storage(1, "a", "read", element)}
${weights.join("\n")}
${storage(2 + weights.length, "c", "read_write", "f16")}

${store("f16")}
var<workgroup> tile_a: array<f16, ${tileM * pitch}>;
var<workgroup> tile_w: array<f16, ${tileN * pitch}>;
${resultsMemory(units, subgroups)}

${stageHalves("a", "params.m", wide)}

${
  isPlain
    ? stageHalves("w", "params.n", wide)
    : `${format.loader(true)}

${stageWeights}`
}

${mainOf(units, structure)}
  let blocks = (params.k + 7u) / 8u;
  for (var block = 0u; block < blocks; block += ${eights}u) {
${stage("a", tileM, "first_row")}
${stage("w", tileN, "first_column")}
    workgroupBarrier();
    for (var step = 0u; step < ${tileK}u; step += ${side}u) {
${range(rows / side)
  .map((i) => `      ${loadLeft(units, `a_${i}`, "tile_a", `(own_row + ${side * i}u) * ${pitch}u + step`, `${pitch}u`)}`)
  .join("\n")}
${range(columns / side)
  .map((j) => `      ${loadRight(units, `w_${j}`, "tile_w", `(own_column + ${side * j}u) * ${pitch}u + step`, `${pitch}u`)}`)
  .join("\n")}
${addToSums("      ", rows / side, columns / side)}
    }
    workgroupBarrier();
  }
${storeSums(units, rows / side, columns / side, "first_row + own_row", "first_column + own_column")}
}
`;
};

/** A and W are loaded straight from memory into the matrices: for shapes that whole tiles cover. */
export const directMatrixWgsl = (units: SquareUnits, format: WeightFormat, structure: MatrixStructure): string => {
  const { side } = units;
  const { tileM, tileN, rows, columns } = structure;
  return `${matrixHead(format, `one workgroup per ${tileM}×${tileN} tile of C, ${rows}×${columns} a subgroup, straight from memory; every tile is whole`)}
${storage(1, "a", "read", "f16")}
${storage(2, "w", "read", "f16")}
${storage(3, "c", "read_write", "f16")}

${store("f16")}
${resultsMemory(units, subgroupsOf(structure))}

${mainOf(units, structure)}
  let row = first_row + own_row;
  let column = first_column + own_column;
  for (var step = 0u; step < params.k; step += ${side}u) {
${range(rows / side)
  .map((i) => `    ${loadLeft(units, `a_${i}`, "a", `(row + ${side * i}u) * params.k + step`, "params.k")}`)
  .join("\n")}
${range(columns / side)
  .map((j) => `    ${loadRight(units, `w_${j}`, "w", `(column + ${side * j}u) * params.k + step`, "params.k")}`)
  .join("\n")}
${addToSums("    ", rows / side, columns / side)}
  }
${storeSums(units, rows / side, columns / side, "row", "column")}
}
`;
};

const isWhole = ({ m, n, k }: MatmulSizes, { tileM, tileN }: MatrixStructure, { side }: SquareUnits): boolean =>
  m % tileM === 0 && n % tileN === 0 && k % side === 0;

/**
 * @param isDirect straight from memory where whole tiles cover the shape, and as if not elsewhere; for plain f16 weights
 */
export const matrixMatmul = (
  format: WeightFormat,
  structure: MatrixStructure,
  isDirect: boolean,
  units: SquareUnits = UNITS,
): MatmulVariant => {
  const { tileM, tileN, tileK, rows, columns } = structure;
  const name = isDirect ? `matrix-direct-${tileM}x${tileN}-${rows}x${columns}` : `matrix-${tileM}x${tileN}x${tileK}-${rows}x${columns}`;
  return matmulVariant({
    name,
    ...onUnits(units),
    format,
    roundsWeights: format.family !== "matmul",
    summary: `matrix units, ${tileM}×${tileN} tiles ${isDirect ? "straight from memory" : "through workgroup memory"}, ${rows}×${columns} a subgroup`,
    version: 1,
    verificationShapes: [
      { m: tileM, n: tileN, k: 2 * tileK },
      { m: tileM - 1, n: tileN - 1, k: tileK - 1 },
      { m: tileM + 1, n: tileN + 1, k: tileK + 8 },
      { m: 1, n: 3, k: 7 },
      { m: 2 * tileM, n: 2 * tileN, k: 5 * units.side },
    ],
    tileRows: () => tileM,
    suits: (sizes) => (isDirect ? isWhole(sizes, structure, units) : 2 * sizes.m > tileM),
    plan: (sizes, buffers) => {
      const wide = isWide(sizes);
      return {
        scratch: [],
        dispatches: [
          matmulDispatch({ dtype: "f16", format, isWide: wide }, sizes, buffers, {
            label: `${format.family} ${name}`,
            wgsl:
              isDirect && isWhole(sizes, structure, units)
                ? directMatrixWgsl(units, format, structure)
                : stagedMatrixWgsl(units, format, structure, wide),
            workgroups: [Math.ceil(sizes.n / tileN), Math.ceil(sizes.m / tileM), 1],
          }),
        ],
      };
    },
  });
};
