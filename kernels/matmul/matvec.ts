import type { Dtype, KernelFeature } from "../kernel.ts";
import { FLAT_GROUP, gridOf, needsOf, range } from "../wgsl.ts";
import { blockQuads, matmulDispatch, type MatmulTypes, MICRO_KERNEL, operands, store, transposed } from "./micro-kernel.ts";
import { type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";
import { tokensAtOnce } from "./registers.ts";
import type { WeightFormat } from "./weight-format.ts";

/** Decode: a workgroup streams 4 rows of W once for up to 8 tokens, its threads side by side along k, and sums across threads at the end. */
export interface MatvecStructure {
  /** A power of two, at least 4. */
  readonly threads: number;
  readonly tokens: number;
  /** How partial sums meet: a tree in workgroup memory, or subgroup sums first. */
  readonly reduction: "workgroup" | "subgroup";
}

const treeReduction = ({ threads, tokens }: MatvecStructure): string => `
${range(tokens)
  .map((i) => `  partial[${i * threads}u + thread] = sum_${i};`)
  .join("\n")}
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
${range(tokens)
  .map((i) => `      partial[${i * threads}u + thread] += partial[${i * threads}u + thread + half];`)
  .join("\n")}
    }
  }
  workgroupBarrier();
  if (thread < ${tokens}u) { store_four(token + thread, row, partial[thread * ${threads}u]); }`;

/** Subgroups are of 4 invocations at least. */
const mostSubgroups = (threads: number): number => threads / 4;

const subgroupReduction = ({ threads, tokens }: MatvecStructure): string => `
${range(tokens)
  .map((i) => `  let total_${i} = subgroupAdd(sum_${i});`)
  .join("\n")}
  if (lane == 0u) {
${range(tokens)
  .map((i) => `    partial[${i * mostSubgroups(threads)}u + subgroup] = total_${i};`)
  .join("\n")}
  }
  workgroupBarrier();
  if (thread < ${tokens}u) {
    var total = vec4<f32>();
    for (var i = 0u; i < subgroups; i++) { total += partial[thread * ${mostSubgroups(threads)}u + i]; }
    store_four(token + thread, row, total);
  }`;

export const matvecWgsl = (types: MatmulTypes, structure: MatvecStructure): string => {
  const { threads, tokens, reduction } = structure;
  const { format } = types;
  const { quads } = format;
  const isSubgroup = reduction === "subgroup";
  return `${operands(types, {
    comment: `one workgroup per 4 columns of C (rows of W) and ${tokens} of its rows (tokens); ${threads} threads share k, reduced by ${reduction}`,
    ...(isSubgroup ? { needs: ["subgroups"], extensions: ["subgroup_id"] } : {}),
  })}
${store(types.dtype)}
${MICRO_KERNEL}
var<workgroup> partial: array<vec4<f32>, ${tokens * (isSubgroup ? mostSubgroups(threads) : threads)}>;

fn store_four(token: u32, first: u32, sums: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) { store(token, first + i, sums[i]); }
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,${
    isSubgroup
      ? `
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
  @builtin(subgroup_invocation_id) lane: u32,`
      : ""
  }
) {
  let row = ${FLAT_GROUP} * 4u;
  let token = group.z * ${tokens}u;
  let blocks = (params.k + ${4 * quads - 1}u) / ${4 * quads}u;
  // Rows and tokens past the end repeat the last one, and are not stored.
${range(4)
  .map((i) => `  let row_${i} = min(row + ${i}u, params.n - 1u);`)
  .join("\n")}
${range(tokens)
  .map((i) => `  let token_${i} = min(token + ${i}u, params.m - 1u);\n  var sum_${i} = vec4<f32>();`)
  .join("\n")}
  for (var block = thread; block < blocks; block += ${threads}u) {
${range(4)
  .map((i) => `    let w_${i} = load_w(row_${i}, block);`)
  .join("\n")}
${blockQuads(format)
  .map(
    (q) => `    let quad_${q} = ${transposed(
      format,
      range(4).map((i) => `w_${i}`),
      q,
    )};
${range(tokens)
  .map((i) => `    sum_${i} = accumulate(sum_${i}, load_a(token_${i}, ${quads}u * block + ${q}u), quad_${q});`)
  .join("\n")}`,
  )
  .join("\n")}
  }${isSubgroup ? subgroupReduction(structure) : treeReduction(structure)}
}
`;
};

const verificationShapes: readonly MatmulSizes[] = [
  { m: 1, n: 8, k: 1024 },
  { m: 1, n: 1, k: 1 },
  { m: 1, n: 5, k: 255 },
  { m: 2, n: 7, k: 257 },
  { m: 3, n: 4, k: 260 },
  { m: 8, n: 130, k: 512 },
  { m: 9, n: 3, k: 36 },
];

export const matvecMatmul = (
  dtype: Dtype,
  format: WeightFormat,
  reduction: MatvecStructure["reduction"],
  threads: number,
): MatmulVariant => {
  const subgroups: readonly KernelFeature[] = reduction === "subgroup" ? ["subgroups"] : [];
  return matmulVariant({
    name: `${reduction === "subgroup" ? "matvec-subgroup" : "matvec"}-4x${threads}`,
    dtype,
    format,
    needs: [...needsOf(dtype), ...subgroups],
    summary: `${threads} threads share 4 rows of W for up to 8 tokens; sums meet by ${reduction}`,
    version: 3,
    verificationShapes,
    tileRows: tokensAtOnce,
    suits: ({ m }) => m <= 16,
    plan: (sizes, buffers) => {
      const { m, n, k } = sizes;
      const tokens = tokensAtOnce(m);
      const [x, y] = gridOf(Math.ceil(n / 4));
      const types = { dtype, format, isWide: format.isWide(k) };
      return {
        scratch: [],
        dispatches: [
          matmulDispatch(types, sizes, buffers, {
            label: `${format.family} matvec by ${reduction}`,
            wgsl: matvecWgsl(types, { threads, tokens, reduction }),
            workgroups: [x, y, Math.ceil(m / tokens)],
          }),
        ],
      };
    },
  });
};
