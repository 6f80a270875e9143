import type { Dtype } from "../kernel.ts";
import { matvecMatmul } from "./matvec.ts";
import type { MatmulVariant } from "./problem.ts";
import { matvecThreadMatmul, registersMatmul } from "./registers.ts";
import { tiledMatmul } from "./tiled.ts";

const dtypes: readonly Dtype[] = ["f32", "f16"];

export const matmuls: readonly MatmulVariant[] = dtypes.flatMap((dtype) => [
  tiledMatmul(dtype, { tileM: 64, tileN: 64, tileK: 16, rows: 4, columns: 4 }),
  registersMatmul(dtype, { rows: 4, columns: 4, across: 4, down: 4 }),
  matvecMatmul(dtype, "workgroup", 64),
  matvecMatmul(dtype, "subgroup", 64),
  matvecThreadMatmul(dtype, 64),
]);
