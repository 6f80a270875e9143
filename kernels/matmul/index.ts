import type { Dtype } from "../kernel.ts";
import { lanesMatmul } from "./lanes.ts";
import { type SquareUnits, UNITS } from "./matrix-units.ts";
import { matrixSplitMatmul } from "./matrix-split.ts";
import { matrixMatmul, type MatrixStructure } from "./matrix.ts";
import { matvecMatmul } from "./matvec.ts";
import type { MatmulVariant } from "./problem.ts";
import { matvecThreadMatmul, registersMatmul } from "./registers.ts";
import { splitMatmul } from "./split.ts";
import { tiledMatmul } from "./tiled.ts";
import { halfWeights, plainWeights, q4Weights, type WeightFormat } from "./weight-format.ts";

const dtypes: readonly Dtype[] = ["f32", "f16"];

const ofFormat = (dtype: Dtype, format: WeightFormat): readonly MatmulVariant[] => [
  tiledMatmul(dtype, format, { tileM: 128, tileN: 128, tileK: 8, rows: 8, columns: 8 }),
  tiledMatmul(dtype, format, { tileM: 64, tileN: 64, tileK: 16, rows: 4, columns: 4 }),
  splitMatmul(dtype, format, { tileM: 32, tileN: 64, tileK: 32, rows: 4, columns: 4 }),
  splitMatmul(dtype, format, { tileM: 16, tileN: 64, tileK: 32, rows: 2, columns: 4 }),
  matvecMatmul(dtype, format, "workgroup", 64),
  matvecMatmul(dtype, format, "subgroup", 64),
  matvecThreadMatmul(dtype, format, 64),
  lanesMatmul(dtype, format, format.family === "matmul" ? { rows: 16, columns: 8, threads: 16 } : { rows: 8, columns: 4, threads: 16 }),
];

/** Through workgroup memory: within the 16 KiB that every device has. */
const MATRIX_TILES: readonly MatrixStructure[] = [
  { tileM: 128, tileN: 128, tileK: 16, rows: 64, columns: 64 },
  { tileM: 64, tileN: 64, tileK: 32, rows: 32, columns: 32 },
];

const staged = (format: WeightFormat, units: SquareUnits): readonly MatmulVariant[] =>
  MATRIX_TILES.map((tile) => matrixMatmul(format, tile, false, units));

const plainOnUnits = (units: SquareUnits): readonly MatmulVariant[] => {
  const format = plainWeights("f16");
  return [...staged(format, units), ...MATRIX_TILES.map((tile) => matrixMatmul(format, tile, true, units)), matrixSplitMatmul(units)];
};

/** Weights of the activations' own type: what a decoder layer is made of. */
export const matmuls: readonly MatmulVariant[] = dtypes.flatMap((dtype) => {
  const format = plainWeights(dtype);
  return [
    ...ofFormat(dtype, format),
    tiledMatmul(dtype, format, { tileM: 128, tileN: 64, tileK: 8, rows: 8, columns: 4 }),
    tiledMatmul(dtype, format, { tileM: 64, tileN: 64, tileK: 8, rows: 8, columns: 8 }),
    registersMatmul(dtype, format, { rows: 4, columns: 4, across: 16, down: 4 }),
    registersMatmul(dtype, format, { rows: 8, columns: 8, across: 8, down: 2 }),
    matvecMatmul(dtype, format, "subgroup", 128),
    ...(dtype === "f16" ? plainOnUnits(UNITS) : []),
  ];
});

/** f16 weights under f32 activations. */
export const halfWeightMatmuls: readonly MatmulVariant[] = ofFormat("f32", halfWeights);

/** 4-bit weights in groups. */
export const q4Matmuls: readonly MatmulVariant[] = dtypes.flatMap((dtype) => [
  ...ofFormat(dtype, q4Weights),
  ...(dtype === "f16" ? staged(q4Weights, UNITS) : []),
]);

/** The variants on matrix units, written for units of another size than a GPU's: for a rehearsal on a driver that has only those. */
export const matrixMatmulsOn = (units: SquareUnits): readonly MatmulVariant[] => [...plainOnUnits(units), ...staged(q4Weights, units)];
