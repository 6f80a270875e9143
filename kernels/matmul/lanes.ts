import type { Dtype } from "../kernel.ts";
import { needsOf, range } from "../wgsl.ts";
import { blockQuads, matmulDispatch, type MatmulTypes, operands, store, quadOf } from "./micro-kernel.ts";
import { type MatmulVariant, matmulVariant } from "./problem.ts";
import type { WeightFormat } from "./weight-format.ts";

/**
 * For software adapters that make a vector of four neighbouring invocations (SwiftShader), and whose every load from memory is four
 * scalar ones however alike the addresses. So no load may bring a value four times: each of the four lanes loads other parts of A, and
 * `quadBroadcast` hands them round, a shuffle within a vector. Weights are other columns in each lane as it is.
 */
export interface LanesStructure {
  /** Rows of C a thread computes: 1 or 2, the lanes being side by side along k as they load A, or a multiple of 4, a lane to a row. */
  readonly rows: number;
  /** Columns of C a thread computes. */
  readonly columns: number;
  readonly threads: number;
}

const LANES = range(4);

/** Lines, indented by so many steps of two spaces. */
const lines = (depth: number, texts: readonly string[]): string => texts.map((text) => `${"  ".repeat(depth)}${text}\n`).join("");

const addProducts = (rows: number, columns: number, x: (row: number) => string, w: (column: number) => string): string[] =>
  range(columns).flatMap((j) => range(rows).map((i) => `sum_${i}_${j} = add_product(sum_${i}_${j}, ${x(i)}, ${w(j)});`));

/** A lane to a row: four rows' vec4s come with one load. */
const rowByLane = ({ format }: MatmulTypes, { rows, columns }: LanesStructure): string => `${lines(
  1,
  range(rows / 4).map((four) => `let row_${four} = min(row + ${4 * four}u + lane, params.m - 1u);`),
)}  for (var block = 0u; block < blocks; block++) {
${lines(
  2,
  range(columns).map((j) => `let w_${j} = load_w(column_${j}, block);`),
)}${blockQuads(format)
  .map((q) =>
    lines(2, [
      ...range(rows / 4).map((four) => `let a_${four}_${q} = load_a(row_${four}, ${format.quads}u * block + ${q}u);`),
      ...range(rows).map((i) => `let x_${i}_${q} = quadBroadcast(a_${Math.floor(i / 4)}_${q}, ${i % 4}u);`),
      ...addProducts(
        rows,
        columns,
        (i) => `x_${i}_${q}`,
        (j) => quadOf(format, `w_${j}`, q),
      ),
    ]),
  )
  .join("")}  }
`;

/** The lanes side by side along k: four blocks of a row come with one load. Past the end, A is zero and W repeats its last block. */
const blockByLane = ({ format }: MatmulTypes, { rows, columns }: LanesStructure): string => `${lines(
  1,
  range(rows).map((i) => `let row_${i} = min(row + ${i}u, params.m - 1u);`),
)}  for (var block = 0u; block < blocks; block += 4u) {
    let own = min(block + lane, blocks - 1u);
    let is_inside = f32(block + lane < blocks);
${lines(
  2,
  range(rows).flatMap((i) =>
    blockQuads(format).map((q) => `let a_${i}_${q} = is_inside * load_a(row_${i}, ${format.quads}u * own + ${q}u);`),
  ),
)}${LANES.map(
  (lane) => `    {
      let at = min(block + ${lane}u, blocks - 1u);
${lines(3, [
  ...range(rows).flatMap((i) => blockQuads(format).map((q) => `let x_${i}_${q} = quadBroadcast(a_${i}_${q}, ${lane}u);`)),
  ...range(columns).map((j) => `let w_${j} = load_w(column_${j}, at);`),
  ...blockQuads(format).flatMap((q) =>
    addProducts(
      rows,
      columns,
      (i) => `x_${i}_${q}`,
      (j) => quadOf(format, `w_${j}`, q),
    ),
  ),
])}    }
`,
).join("")}  }
`;

export const lanesWgsl = (types: MatmulTypes, structure: LanesStructure): string => {
  const { rows, columns, threads } = structure;
  const perBlock = 4 * types.format.quads;
  const comment = `one workgroup per ${rows}×${threads * columns} tile of C, ${rows}×${columns} a thread; neighbours share what they load of A`;
  return `${operands(types, { comment, needs: ["subgroups"] })}
${store(types.dtype)}
fn add_product(sum: f32, x: vec4<f32>, w: vec4<f32>) -> f32 {
  return sum + x.x * w.x + x.y * w.y + x.z * w.z + x.w * w.w;
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) invocation: u32,
) {
  let lane = invocation % 4u;
  let row = group.y * ${rows}u;
  let column = (group.x * ${threads}u + thread) * ${columns}u;
  let blocks = (params.k + ${perBlock - 1}u) / ${perBlock}u;
  // Rows and columns past the end repeat the last one, and are not stored.
${lines(
  1,
  range(columns).map((j) => `let column_${j} = min(column + ${j}u, params.n - 1u);`),
)}${lines(
    1,
    range(rows).flatMap((i) => range(columns).map((j) => `var sum_${i}_${j} = 0.0;`)),
  )}${rows < 4 ? blockByLane(types, structure) : rowByLane(types, structure)}${lines(
    1,
    range(rows).flatMap((i) => range(columns).map((j) => `store(row + ${i}u, column + ${j}u, sum_${i}_${j});`)),
  )}}
`;
};

/**
 * What a thread computes, for m rows, up to the largest tile. Few columns where a loop's body has four blocks of each: machine code beyond
 * the processor's cache of instructions (32 KiB) runs at half the speed.
 */
const tileFor = (m: number, largest: LanesStructure, { quads }: WeightFormat): LanesStructure => {
  const { rows, columns, threads } = largest;
  if (m <= 2) return { rows: m, columns: 4 / quads, threads };
  return m <= 4 ? { rows: 4, columns, threads } : m <= 8 ? { rows: 8, columns, threads } : { rows, columns, threads };
};

export const lanesMatmul = (dtype: Dtype, format: WeightFormat, largest: LanesStructure): MatmulVariant => {
  const { rows, columns, threads } = largest;
  return matmulVariant({
    name: `lanes-${rows}x${columns}-${threads}`,
    dtype,
    format,
    needs: [...needsOf(dtype), "subgroups"],
    madeFor: "software",
    summary: `up to ${rows}×${columns} a thread; four neighbours load other parts of A and hand them round`,
    version: 1,
    verificationShapes: [
      { m: 1, n: 4 * threads + 3, k: 256 },
      { m: 1, n: 5, k: 37 },
      { m: 2, n: 3, k: 76 },
      { m: 4, n: 9, k: 68 },
      { m: 7, n: 21, k: 96 },
      { m: rows, n: columns * threads, k: 32 },
      { m: rows + 1, n: columns * threads + 1, k: 5 },
      { m: 2 * rows - 1, n: columns * threads - 1, k: 136 },
    ],
    tileRows: (m) => tileFor(m, largest, format).rows,
    suits: () => true,
    plan: (sizes, buffers) => {
      const tile = tileFor(sizes.m, largest, format);
      const types = { dtype, format, isWide: format.isWide(sizes.k) };
      return {
        scratch: [],
        dispatches: [
          matmulDispatch(types, sizes, buffers, {
            label: `${format.family} lanes`,
            wgsl: lanesWgsl(types, tile),
            workgroups: [Math.ceil(sizes.n / (threads * tile.columns)), Math.ceil(sizes.m / tile.rows), 1],
          }),
        ],
      };
    },
  });
};
