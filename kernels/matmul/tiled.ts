import type { Dtype } from "../kernel.ts";
import { needsOf, range } from "../wgsl.ts";
import { blockQuads, matmulDispatch, type MatmulTypes, MICRO_KERNEL, operands, store, quadOf, zeroBlock } from "./micro-kernel.ts";
import { type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";
import type { WeightFormat } from "./weight-format.ts";

/** Register tiles fed from workgroup memory. Each of a workgroup's threads computes `rows` × `columns` of its tile of C. */
export interface TiledStructure {
  readonly tileM: number;
  readonly tileN: number;
  /** Steps of k staged at a time; a multiple of 4, of 8 where weights are loaded by eights. */
  readonly tileK: number;
  readonly rows: number;
  /** A multiple of 4. */
  readonly columns: number;
}

export const tiledName = ({ tileM, tileN, tileK, rows, columns }: TiledStructure): string =>
  `${tileM}x${tileN}x${tileK}-${rows}x${columns}`;

/**
 * The body of a tile: sums over the blocks of k from `first_block` on and before `end_block`, into `sum_<row>_<four columns>`.
 *
 * A thread's columns are a stride of `across` threads apart and every staged row is padded by one vec4: with both, the threads
 * of a warp read workgroup memory from different banks and write neighbouring elements of C.
 */
const tileSums = ({ format }: MatmulTypes, { tileM, tileN, tileK, rows, columns }: TiledStructure): string => {
  const across = tileN / columns;
  const threads = across * (tileM / rows);
  const { quads } = format;
  const steps = tileK / 4;
  const blocks = steps / quads;
  const pitch = steps + 1;
  const fours = range(columns / 4);
  const weight = (four: number, j: number) => `tile_w[(local.x + ${(four * 4 + j) * across}u) * ${pitch}u + step]`;
  return `${range(rows)
    .flatMap((i) => fours.map((four) => `  var sum_${i}_${four} = vec4<f32>();`))
    .join("\n")}
  for (var block = first_block; block < end_block; block += ${blocks}u) {
    for (var i = thread; i < ${tileM * steps}u; i += ${threads}u) {
      let row = first_row + i / ${steps}u;
      let step = block * ${quads}u + i % ${steps}u;
      var quad = vec4<f32>();
      if (row < params.m && step < end_block * ${quads}u) { quad = load_a(row, step); }
      tile_a[(i / ${steps}u) * ${pitch}u + i % ${steps}u] = quad;
    }
    for (var i = thread; i < ${tileN * blocks}u; i += ${threads}u) {
      let column = first_column + i / ${blocks}u;
      let at = block + i % ${blocks}u;
      var weights = ${zeroBlock(format)};
      if (column < params.n && at < end_block) { weights = load_w(column, at); }
${blockQuads(format)
  .map((q) => `      tile_w[(i / ${blocks}u) * ${pitch}u + (i % ${blocks}u) * ${quads}u + ${q}u] = ${quadOf(format, "weights", q)};`)
  .join("\n")}
    }
    workgroupBarrier();
    for (var step = 0u; step < ${steps}u; step++) {
${fours
  .map(
    (four) => `      let w_${four} = transpose(mat4x4<f32>(
        ${range(4)
          .map((j) => weight(four, j))
          .join(",\n        ")},
      ));`,
  )
  .join("\n")}
${range(rows)
  .map(
    (i) => `      let a_${i} = tile_a[(local.y * ${rows}u + ${i}u) * ${pitch}u + step];
${fours.map((four) => `      sum_${i}_${four} = accumulate(sum_${i}_${four}, a_${i}, w_${four});`).join("\n")}`,
  )
  .join("\n")}
    }
    workgroupBarrier();
  }`;
};

/** The whole text around a tile: `blocks` says which blocks of k are its own, `storeOne` what becomes of a sum. */
export const tileWgsl = (
  types: MatmulTypes,
  structure: TiledStructure,
  parts: {
    /** Besides m, n and k. */
    readonly params?: readonly string[];
    readonly comment?: string;
    readonly result?: { readonly name: string; readonly type: string };
    /** The function that `storeOne` calls. */
    readonly store: string;
    readonly blocks: (all: string) => string;
    readonly storeOne: (row: string, column: string, sum: string) => string;
  },
): string => {
  const { tileM, tileN, tileK, rows, columns } = structure;
  const across = tileN / columns;
  const down = tileM / rows;
  const pitch = tileK / 4 + 1;
  const perBlock = 4 * types.format.quads;
  return `${operands(types, {
    comment: `one workgroup per ${tileM}×${tileN} tile of C${parts.comment ?? ""}, ${rows}×${columns} a thread, k in steps of ${tileK} through workgroup memory`,
    ...(parts.params === undefined ? {} : { params: parts.params }),
    ...(parts.result === undefined ? {} : { result: parts.result }),
  })}
${parts.store}
${MICRO_KERNEL}
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
${parts.blocks(`(params.k + ${perBlock - 1}u) / ${perBlock}u`)}
${tileSums(types, structure)}
  let row = first_row + local.y * ${rows}u;
  let column = first_column + local.x;
${range(rows)
  .flatMap((i) =>
    range(columns).map((j) => `  ${parts.storeOne(`row + ${i}u`, `column + ${j * across}u`, `sum_${i}_${Math.floor(j / 4)}[${j % 4}]`)};`),
  )
  .join("\n")}
}
`;
};

export const tiledWgsl = (types: MatmulTypes, structure: TiledStructure): string =>
  tileWgsl(types, structure, {
    store: store(types.dtype),
    blocks: (all) => `  let first_block = 0u;\n  let end_block = ${all};`,
    storeOne: (row, column, sum) => `store(${row}, ${column}, ${sum})`,
  });

/** Shapes around a tile: full, one under, one over, a single row and column. */
export const shapesAround = ({ tileM, tileN, tileK }: TiledStructure): readonly MatmulSizes[] => [
  { m: tileM, n: tileN, k: 2 * tileK },
  { m: tileM - 1, n: tileN - 1, k: tileK - 1 },
  { m: tileM + 1, n: tileN + 1, k: tileK + 4 },
  { m: 1, n: tileN + 3, k: 68 },
  { m: 33, n: 1, k: 7 },
  { m: 3, n: 5, k: 1 },
];

export const tiledMatmul = (dtype: Dtype, format: WeightFormat, structure: TiledStructure): MatmulVariant => {
  const { tileM, tileN } = structure;
  const name = `tiled-${tiledName(structure)}`;
  return matmulVariant({
    name,
    dtype,
    format,
    needs: needsOf(dtype),
    summary: `${tileM}×${tileN} tiles through workgroup memory, ${structure.rows}×${structure.columns} in a thread's registers`,
    version: 2,
    verificationShapes: [...shapesAround(structure), { m: 130, n: 67, k: 136 }],
    tileRows: () => tileM,
    suits: ({ m }) => 2 * m > tileM,
    plan: (sizes, buffers) => {
      const types = { dtype, format, isWide: format.isWide(sizes.k) };
      return {
        scratch: [],
        dispatches: [
          matmulDispatch(types, sizes, buffers, {
            label: `${format.family} ${name}`,
            wgsl: tiledWgsl(types, structure),
            workgroups: [Math.ceil(sizes.n / tileN), Math.ceil(sizes.m / tileM), 1],
          }),
        ],
      };
    },
  });
};
