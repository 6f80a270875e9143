import type { Dtype } from "../kernel.ts";
import { needsOf, range, type Width, widthFor } from "../wgsl.ts";
import { matmulPrelude } from "./micro-kernel.ts";
import { type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";

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

export const registersWgsl = (dtype: Dtype, width: Width, { rows, columns, across, down }: RegistersStructure): string => {
  const quads = columns / 4;
  return `${matmulPrelude(dtype, width, `// one workgroup per ${down * rows}×${across * columns} tile of C, ${rows}×${columns} a thread, no workgroup memory`)}
@compute @workgroup_size(${across}, ${down})
fn main(@builtin(global_invocation_id) thread: vec3<u32>) {
  let row = thread.y * ${rows}u;
  let column = thread.x * ${columns}u;
  if (row >= params.m || column >= params.n) { return; }
  let k_steps = (params.k + 3u) / 4u;
  // Rows and columns past the end repeat the last one, and are not stored.
${range(rows)
  .map((i) => `  let row_${i} = min(row + ${i}u, params.m - 1u);`)
  .join("\n")}
${range(columns)
  .map((j) => `  let column_${j} = min(column + ${j}u, params.n - 1u);`)
  .join("\n")}
${range(rows)
  .flatMap((i) => range(quads).map((q) => `  var sum_${i}_${q} = vec4<f32>();`))
  .join("\n")}
  for (var step = 0u; step < k_steps; step++) {
${range(rows)
  .map((i) => `    let a_${i} = load_a(row_${i}, step);`)
  .join("\n")}
${range(quads)
  .map(
    (q) => `    let w_${q} = transpose(mat4x4<f32>(${range(4)
      .map((lane) => `load_w(column_${q * 4 + lane}, step)`)
      .join(", ")}));
${range(rows)
  .map((i) => `    sum_${i}_${q} = accumulate(sum_${i}_${q}, a_${i}, w_${q});`)
  .join("\n")}`,
  )
  .join("\n")}
  }
${range(rows)
  .flatMap((i) =>
    range(quads).flatMap((q) => range(4).map((lane) => `  store(row + ${i}u, column + ${q * 4 + lane}u, sum_${i}_${q}[${lane}]);`)),
  )
  .join("\n")}
}
`;
};

const verificationShapes = (rows: number, columns: number): readonly MatmulSizes[] => [
  { m: rows, n: columns, k: 64 },
  { m: Math.max(1, rows - 1), n: columns - 1, k: 67 },
  { m: rows + 1, n: columns + 1, k: 68 },
  { m: 1, n: 259, k: 512 },
  { m: 9, n: 1, k: 4 },
  { m: 2, n: 6, k: 1 },
  { m: 61, n: 130, k: 516 },
];

const variant = (
  name: string,
  dtype: Dtype,
  summary: string,
  largest: RegistersStructure,
  structureFor: (m: number) => RegistersStructure,
): MatmulVariant =>
  matmulVariant({
    name,
    dtype,
    needs: needsOf(dtype),
    summary,
    version: 1,
    verificationShapes: verificationShapes(largest.rows * largest.down, largest.columns * largest.across),
    tileRows: (m) => structureFor(m).rows, // threads whose rows all lie past the end return at once
    plan: ({ m, n, k }, { a, w, c }) => {
      const structure = structureFor(m);
      return {
        scratch: [],
        dispatches: [
          {
            label: `matmul ${name}`,
            wgsl: registersWgsl(dtype, widthFor(k), structure),
            entryPoint: "main",
            params: [m, n, k],
            bindings: [
              { buffer: a, access: "read" },
              { buffer: w, access: "read" },
              { buffer: c, access: "read_write" },
            ],
            workgroups: [Math.ceil(n / (structure.across * structure.columns)), Math.ceil(m / (structure.down * structure.rows)), 1],
          },
        ],
      };
    },
  });

export const registersMatmul = (dtype: Dtype, structure: RegistersStructure): MatmulVariant =>
  variant(
    "registers",
    dtype,
    `${structure.rows}×${structure.columns} in a thread's registers, loaded straight from memory; no barrier`,
    structure,
    () => structure,
  );

/**
 * For decode where barriers are slow: a thread streams its own rows of W from beginning to end and nothing is reduced across
 * threads. On a GPU neighbouring threads then read addresses far apart, so this is for software adapters.
 */
export const matvecThreadMatmul = (dtype: Dtype, threads: number): MatmulVariant => {
  const structure = (rows: number): RegistersStructure => ({ rows, columns: 4, across: threads, down: 1 });
  return variant(
    "matvec-thread",
    dtype,
    "one thread per 4 rows of W, up to 8 tokens at once; no reduction across threads",
    structure(8),
    (m) => structure(tokensAtOnce(m)),
  );
};

/** Tokens that one pass over the weights serves: few structures, so that few pipelines are compiled. */
export const tokensAtOnce = (m: number): number => (m <= 1 ? 1 : m <= 2 ? 2 : m <= 4 ? 4 : 8);
