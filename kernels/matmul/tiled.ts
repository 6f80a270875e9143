import type { Dtype } from "../kernel.ts";
import { needsOf, range, type Width, widthFor } from "../wgsl.ts";
import { matmulPrelude } from "./micro-kernel.ts";
import { type MatmulVariant, matmulVariant } from "./problem.ts";

/** Register tiles fed from workgroup memory. Each of a workgroup's threads computes `rows` × `columns` of its tile of C. */
export interface TiledStructure {
  readonly tileM: number;
  readonly tileN: number;
  /** Steps of k staged at a time; a multiple of 4. */
  readonly tileK: number;
  readonly rows: number;
  /** A multiple of 4. */
  readonly columns: number;
}

/**
 * A thread's columns are a stride of `across` threads apart and every staged row is padded by one vec4: with both, the threads
 * of a warp read workgroup memory from different banks and write neighbouring elements of C.
 */
export const tiledWgsl = (dtype: Dtype, width: Width, { tileM, tileN, tileK, rows, columns }: TiledStructure): string => {
  const across = tileN / columns;
  const down = tileM / rows;
  const threads = across * down;
  const steps = tileK / 4;
  const pitch = steps + 1;
  const quads = columns / 4;
  const stage = (tile: string, loader: string, count: number, first: string, limit: string) => `
    for (var i = thread; i < ${count * steps}u; i += ${threads}u) {
      let row = ${first} + i / ${steps}u;
      let step = k_step + i % ${steps}u;
      var quad = vec4<f32>();
      if (row < ${limit} && step < k_steps) { quad = ${loader}(row, step); }
      ${tile}[(i / ${steps}u) * ${pitch}u + i % ${steps}u] = quad;
    }`;
  const weight = (quad: number, lane: number) => `tile_w[(local.x + ${(quad * 4 + lane) * across}u) * ${pitch}u + step]`;
  return `${matmulPrelude(dtype, width, `// one workgroup per ${tileM}×${tileN} tile of C, ${rows}×${columns} a thread, k in steps of ${tileK} through workgroup memory`)}
var<workgroup> tile_a: array<vec4<f32>, ${tileM * pitch}>;
var<workgroup> tile_w: array<vec4<f32>, ${tileN * pitch}>;

@compute @workgroup_size(${across}, ${down})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first_row = group.y * ${tileM}u;
  let first_column = group.x * ${tileN}u;
  let k_steps = (params.k + 3u) / 4u;
${range(rows)
  .flatMap((i) => range(quads).map((q) => `  var sum_${i}_${q} = vec4<f32>();`))
  .join("\n")}
  for (var k_step = 0u; k_step < k_steps; k_step += ${steps}u) {${stage("tile_a", "load_a", tileM, "first_row", "params.m")}${stage("tile_w", "load_w", tileN, "first_column", "params.n")}
    workgroupBarrier();
    for (var step = 0u; step < ${steps}u; step++) {
${range(quads)
  .map(
    (q) => `      let w_${q} = transpose(mat4x4<f32>(
        ${range(4)
          .map((lane) => weight(q, lane))
          .join(",\n        ")},
      ));`,
  )
  .join("\n")}
${range(rows)
  .map(
    (i) => `      let a_${i} = tile_a[(local.y * ${rows}u + ${i}u) * ${pitch}u + step];
${range(quads)
  .map((q) => `      sum_${i}_${q} = accumulate(sum_${i}_${q}, a_${i}, w_${q});`)
  .join("\n")}`,
  )
  .join("\n")}
    }
    workgroupBarrier();
  }
  let row = first_row + local.y * ${rows}u;
  let column = first_column + local.x;
${range(rows)
  .flatMap((i) =>
    range(quads).flatMap((q) =>
      range(4).map((lane) => `  store(row + ${i}u, column + ${(q * 4 + lane) * across}u, sum_${i}_${q}[${lane}]);`),
    ),
  )
  .join("\n")}
}
`;
};

export const tiledMatmul = (dtype: Dtype, structure: TiledStructure): MatmulVariant => {
  const { tileM, tileN, tileK } = structure;
  return matmulVariant({
    name: "tiled",
    dtype,
    needs: needsOf(dtype),
    summary: `${tileM}×${tileN} tiles through workgroup memory, ${structure.rows}×${structure.columns} in a thread's registers`,
    version: 1,
    verificationShapes: [
      { m: tileM, n: tileN, k: 2 * tileK },
      { m: tileM - 1, n: tileN - 1, k: tileK - 1 },
      { m: tileM + 1, n: tileN + 1, k: tileK + 4 },
      { m: 1, n: 2 * tileN + 3, k: 68 },
      { m: 33, n: 1, k: 7 },
      { m: 3, n: 5, k: 1 },
      { m: 130, n: 67, k: 515 },
    ],
    tileRows: () => tileM,
    plan: ({ m, n, k }, { a, w, c }) => ({
      scratch: [],
      dispatches: [
        {
          label: "matmul tiled",
          wgsl: tiledWgsl(dtype, widthFor(k), structure),
          entryPoint: "main",
          params: [m, n, k],
          bindings: [
            { buffer: a, access: "read" },
            { buffer: w, access: "read" },
            { buffer: c, access: "read_write" },
          ],
          workgroups: [Math.ceil(n / tileN), Math.ceil(m / tileM), 1],
        },
      ],
    }),
  });
};
