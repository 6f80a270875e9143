import type { Dtype } from "../kernel.ts";
import { needsOf, range } from "../wgsl.ts";
import { blockQuads, matmulDispatch, type MatmulTypes, MICRO_KERNEL, operands, store, transposed } from "./micro-kernel.ts";
import { type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";
import type { WeightFormat } from "./weight-format.ts";

/** Register tiles loaded straight from memory: no workgroup memory and no barrier, the caches do the sharing. */
export interface RegistersStructure {
  /** Rows of C a thread computes. */
  readonly rows: number;
  /** Columns of C a thread computes; a multiple of 4. */
  readonly columns: number;
  /** Threads of a workgroup along the columns and along the rows. */
  readonly across: number;
  readonly down: number;
}

export const registersWgsl = (types: MatmulTypes, { rows, columns, across, down }: RegistersStructure): string => {
  const { format } = types;
  const { quads } = format;
  const fours = range(columns / 4);
  return `${operands(types, { comment: `one workgroup per ${down * rows}×${across * columns} tile of C, ${rows}×${columns} a thread, no workgroup memory` })}
${store(types.dtype)}
${MICRO_KERNEL}
@compute @workgroup_size(${across}, ${down})
fn main(@builtin(global_invocation_id) thread: vec3<u32>) {
  let row = thread.y * ${rows}u;
  let column = thread.x * ${columns}u;
  if (row >= params.m || column >= params.n) { return; }
  let blocks = (params.k + ${4 * quads - 1}u) / ${4 * quads}u;
  // Rows and columns past the end repeat the last one, and are not stored.
${range(rows)
  .map((i) => `  let row_${i} = min(row + ${i}u, params.m - 1u);`)
  .join("\n")}
${range(columns)
  .map((j) => `  let column_${j} = min(column + ${j}u, params.n - 1u);`)
  .join("\n")}
${range(rows)
  .flatMap((i) => fours.map((four) => `  var sum_${i}_${four} = vec4<f32>();`))
  .join("\n")}
  for (var block = 0u; block < blocks; block++) {
${range(rows)
  .flatMap((i) => blockQuads(format).map((q) => `    let a_${i}_${q} = load_a(row_${i}, ${quads}u * block + ${q}u);`))
  .join("\n")}
${fours
  .map(
    (four) => `${range(4)
      .map((j) => `    let w_${4 * four + j} = load_w(column_${4 * four + j}, block);`)
      .join("\n")}
${blockQuads(format)
  .flatMap((q) => [
    `    let quad_${four}_${q} = ${transposed(
      format,
      range(4).map((j) => `w_${4 * four + j}`),
      q,
    )};`,
    ...range(rows).map((i) => `    sum_${i}_${four} = accumulate(sum_${i}_${four}, a_${i}_${q}, quad_${four}_${q});`),
  ])
  .join("\n")}`,
  )
  .join("\n")}
  }
${range(rows)
  .flatMap((i) => fours.flatMap((four) => range(4).map((j) => `  store(row + ${i}u, column + ${4 * four + j}u, sum_${i}_${four}[${j}]);`)))
  .join("\n")}
}
`;
};

const verificationShapes = (rows: number, columns: number): readonly MatmulSizes[] => [
  { m: rows, n: columns, k: 64 },
  { m: Math.max(1, rows - 1), n: columns - 1, k: 67 },
  { m: rows + 1, n: columns + 1, k: 72 },
  { m: 1, n: 259, k: 512 },
  { m: 9, n: 1, k: 4 },
  { m: 2, n: 6, k: 1 },
  { m: 61, n: 130, k: 516 },
];

const variant = (
  name: string,
  dtype: Dtype,
  format: WeightFormat,
  summary: string,
  largest: RegistersStructure,
  structureFor: (m: number) => RegistersStructure,
  suits: (sizes: MatmulSizes) => boolean,
): MatmulVariant =>
  matmulVariant({
    name,
    dtype,
    format,
    needs: needsOf(dtype),
    summary,
    version: 2,
    verificationShapes: verificationShapes(largest.rows * largest.down, largest.columns * largest.across),
    tileRows: (m) => structureFor(m).rows, // threads whose rows all lie past the end return at once
    suits,
    plan: (sizes, buffers) => {
      const structure = structureFor(sizes.m);
      const types = { dtype, format, isWide: format.isWide(sizes.k) };
      const { rows, columns, across, down } = structure;
      return {
        scratch: [],
        dispatches: [
          matmulDispatch(types, sizes, buffers, {
            label: `${format.family} ${name}`,
            wgsl: registersWgsl(types, structure),
            workgroups: [Math.ceil(sizes.n / (across * columns)), Math.ceil(sizes.m / (down * rows)), 1],
          }),
        ],
      };
    },
  });

export const registersMatmul = (dtype: Dtype, format: WeightFormat, structure: RegistersStructure): MatmulVariant => {
  const { rows, columns, across, down } = structure;
  return variant(
    `registers-${rows}x${columns}-${down}x${across}`,
    dtype,
    format,
    `${rows}×${columns} in each of ${down}×${across} threads' registers, loaded straight from memory; no barrier`,
    structure,
    () => structure,
    ({ m }) => 2 * m >= rows,
  );
};

/**
 * For decode where barriers are slow: a thread streams its own rows of W from beginning to end and nothing is reduced across
 * threads. On a GPU neighbouring threads then read addresses far apart, so this is for software adapters.
 */
export const matvecThreadMatmul = (dtype: Dtype, format: WeightFormat, threads: number): MatmulVariant => {
  const structure = (rows: number): RegistersStructure => ({ rows, columns: 4, across: threads, down: 1 });
  return variant(
    `matvec-thread-4x${threads}`,
    dtype,
    format,
    "one thread per 4 rows of W, up to 8 tokens at once; no reduction across threads",
    structure(8),
    (m) => structure(tokensAtOnce(m)),
    ({ m }) => m <= 16,
  );
};

/** Tokens that one pass over the weights serves: few structures, so that few pipelines are compiled. */
export const tokensAtOnce = (m: number): number => (m <= 1 ? 1 : m <= 2 ? 2 : m <= 4 ? 4 : 8);
