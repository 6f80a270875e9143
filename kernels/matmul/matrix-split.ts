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
  type SquareUnits,
  UNITS,
} from "./matrix-units.ts";
import { type MatrixStructure, stagedMatrixWgsl } from "./matrix.ts";
import { matmulDispatch, store } from "./micro-kernel.ts";
import { type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";
import { plainWeights } from "./weight-format.ts";

/**
 * For few tokens on matrix units: a workgroup has only 16 columns of C, so that there are many of them, and its subgroups share k. Each
 * reads weights that no other does, straight from memory; their sums meet in workgroup memory.
 */
export interface MatrixSplitStructure {
  /** Tokens at once, a multiple of 16: for all of them the weights are read once. */
  readonly rows: number;
  readonly subgroups: number;
}

const format = plainWeights("f16");

export const matrixSplitWgsl = (units: SquareUnits, { rows, subgroups }: MatrixSplitStructure): string => {
  const { side } = units;
  const down = rows / side;
  const threads = subgroups * units.subgroup;
  const tileK = subgroups * side;
  const eights = tileK / 8;
  const pitch = pitchOf(tileK);
  return `${matrixHead(format, `one workgroup per ${rows}×${side} tile of C, its ${subgroups} subgroups taking turns along k; n and k are multiples of ${side}`)}
${storage(1, "a", "read", "vec4<u32>")}
${storage(2, "w", "read", "f16")}
${storage(3, "c", "read_write", "f16")}

${store("f16")}
var<workgroup> tile_a: array<f16, ${rows * pitch}>;
${resultsMemory(units, subgroups)}

${stageHalves("a", "params.m", true)}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
) {
  let first_row = group.y * ${rows}u;
  let column = group.x * ${side}u;
${declareSums(units, down, 1)}
  for (var step = 0u; step < params.k; step += ${tileK}u) {
    for (var i = thread; i < ${rows * eights}u; i += ${threads}u) {
      stage_a(first_row + i / ${eights}u, step / 8u + i % ${eights}u, (i / ${eights}u) * ${pitch}u + (i % ${eights}u) * 8u);
    }
    workgroupBarrier();
    let own = step + subgroup * ${side}u;
    if (own < params.k) {
      ${loadRight(units, "w_0", "w", "column * params.k + own", "params.k")}
${range(down)
  .map((i) => `      ${loadLeft(units, `a_${i}`, "tile_a", `${side * i * pitch}u + subgroup * ${side}u`, `${pitch}u`)}`)
  .join("\n")}
${addToSums("      ", down, 1)}
    }
    workgroupBarrier();
  }
${range(down)
  .map(
    (i) => `  subgroupMatrixStore(&results, subgroup * ${side * side}u, sum_${i}_0, false, ${side}u);
  workgroupBarrier();
  for (var e = thread; e < ${side * side}u; e += ${threads}u) {
    var sum = 0.0;
    for (var part = 0u; part < ${subgroups}u; part++) { sum += results[part * ${side * side}u + e]; }
    store(first_row + ${side * i}u + e / ${side}u, column + e % ${side}u, sum);
  }
  workgroupBarrier();`,
  )
  .join("\n")}
}
`;
};

/** Where a row of W does not start at a whole unit. */
const FALLBACK: MatrixStructure = { tileM: 64, tileN: 64, tileK: 32, rows: 32, columns: 32 };

const structureFor = (m: number): MatrixSplitStructure =>
  m <= 16 ? { rows: 16, subgroups: 8 } : m <= 32 ? { rows: 32, subgroups: 4 } : { rows: 64, subgroups: 4 };

const isWhole = ({ n, k }: MatmulSizes, { side }: SquareUnits): boolean => n % side === 0 && k % side === 0;

/** For up to 64 tokens at once; f16 weights. */
export const matrixSplitMatmul = (units: SquareUnits = UNITS): MatmulVariant =>
  matmulVariant({
    name: "matrix-split-64x16",
    ...onUnits(units),
    format,
    summary: "matrix units for few tokens: 16 columns a workgroup, up to 64 tokens at once, k shared among subgroups",
    version: 1,
    verificationShapes: [
      { m: 1, n: 16, k: 16 },
      { m: 3, n: 48, k: 144 },
      { m: 16, n: 16, k: 256 },
      { m: 17, n: 32, k: 80 },
      { m: 33, n: 16, k: 64 },
      { m: 65, n: 16, k: 48 },
      { m: 5, n: 17, k: 23 },
    ],
    tileRows: (m) => structureFor(m).rows,
    suits: (sizes) => sizes.m <= 64 && isWhole(sizes, units),
    plan: (sizes, buffers) => {
      const { m, n, k } = sizes;
      const types = { dtype: "f16", format, isWide: k % 8 === 0 } as const;
      const structure = structureFor(m);
      const whole = isWhole(sizes, units);
      return {
        scratch: [],
        dispatches: [
          matmulDispatch(types, sizes, buffers, {
            label: "matmul matrix-split",
            wgsl: whole ? matrixSplitWgsl(units, structure) : stagedMatrixWgsl(units, format, FALLBACK, types.isWide),
            workgroups: whole
              ? [n / units.side, Math.ceil(m / structure.rows), 1]
              : [Math.ceil(n / FALLBACK.tileN), Math.ceil(m / FALLBACK.tileM), 1],
          }),
        ],
      };
    },
  });
