import type { Dtype } from "../kernel.ts";
import { directives, range, rowLoader, rowStorer, widthFor } from "../wgsl.ts";
import { LOWEST, PARTIAL_FUNCTION, type Result, ROW_FUNCTIONS, rowBindings, scaleOf } from "./rows.ts";

/**
 * Four neighbouring threads share rows and keys, and everything stays in registers: a thread holds every fourth vec4 of queries and sums,
 * and takes four keys at a time. What it loads of a key serves all rows, which is what counts where a load is dear: on a software adapter,
 * where four threads are one vector of the CPU, and on a GPU for the cache's bandwidth.
 */
export interface QuadStructure {
  readonly headDim: number;
  /** Rows of a quad. */
  readonly rows: number;
  readonly quads: number;
  /**
   * What the quads of a workgroup divide: its keys, taking turns by fours, to meet once at the end; or its rows, so that all go through the
   * same keys and never meet.
   */
  readonly divide: "keys" | "rows";
  readonly result: Result;
}

/** Keys of a quad's step. */
const KEYS = 4;

export const attentionQuadWgsl = (dtype: Dtype, { headDim, rows, quads, divide, result }: QuadStructure): string => {
  const width = widthFor(headDim);
  const steps = Math.ceil(headDim / 4);
  const columns = range(Math.ceil(steps / 4));
  const each = range(rows);
  const keys = range(KEYS);
  const isOne = quads === 1;
  const isAlone = isOne || divide === "rows";
  const rowsOfGroup = divide === "rows" ? rows * quads : rows;
  const firstRow = isOne || divide === "keys" ? "place.first_row" : `place.first_row + quad * ${rows}u`;
  const isPartial = result === "partial";
  /** A load of the thread's i-th vec4; zero past the end of a row. */
  const load = (from: "query" | "key" | "value", vector: string, i: number): string =>
    `${4 * i + 3 < steps ? "load" : "load_if"}_${from}(${vector}, ${4 * i}u + lane)`;
  const guarded = (name: string): string =>
    steps % 4 === 0
      ? ""
      : `
fn load_if_${name}(vector: u32, step: u32) -> vec4<f32> {
  if (step < ${steps}u) { return load_${name}(vector, step); }
  return vec4<f32>();
}`;
  const storeColumn = (i: number, store: string): string => (4 * i + 3 < steps ? store : `if (${4 * i}u + lane < ${steps}u) { ${store} }`);
  const resultOf = (r: number, step: string, sum: string, total: string): string =>
    isPartial ? `partial_sums[vector_${r} * ${steps}u + ${step}] = ${sum};` : `store_out(vector_${r}, ${step}, ${sum} / ${total});`;
  const statsOf = (r: number, maximum: string, total: string): string =>
    isPartial ? `partial_stats[vector_${r}] = vec2<f32>(${maximum}, ${total});` : "";

  const finishAlone = (r: number): string => `  let pair_of_weights_${r} = weights_${r} + quadSwapX(weights_${r});
  let total_${r} = pair_of_weights_${r} + quadSwapY(pair_of_weights_${r});
  if (${firstRow} + ${r}u < place.rows) {
    let vector_${r} = ${isPartial ? `partial_vector(place, row_${r}, group.z)` : `query_vector(place, row_${r})`};${
      isPartial ? `\n    if (lane == 0u) { ${statsOf(r, `maximum_${r}`, `total_${r}`)} }` : ""
    }
${columns.map((i) => `    ${storeColumn(i, resultOf(r, `${4 * i}u + lane`, `sum_${r}_${i}`, `total_${r}`))}`).join("\n")}
  }`;
  const finishTogether = (r: number): string => `
  var top_${r} = stats[${r * quads}u].x;
  for (var i = 1u; i < ${quads}u; i++) { top_${r} = max(top_${r}, stats[${r * quads}u + i].x); }
  let shrink_${r} = exp(maximum_${r} - top_${r});
${columns.map((i) => `  ${storeColumn(i, `sums[quad * ${steps}u + ${4 * i}u + lane] = sum_${r}_${i} * shrink_${r};`)}`).join("\n")}
  workgroupBarrier();
  if (place.first_row + ${r}u < place.rows) {
    let vector_${r} = ${isPartial ? `partial_vector(place, row_${r}, group.z)` : `query_vector(place, row_${r})`};
    var total = 0f;
    for (var i = 0u; i < ${quads}u; i++) { total = fma(exp(stats[${r * quads}u + i].x - top_${r}), stats[${r * quads}u + i].y, total); }
    for (var step = thread; step < ${steps}u; step += ${4 * quads}u) {
      var sum = vec4<f32>();
      for (var i = 0u; i < ${quads}u; i++) { sum += sums[i * ${steps}u + step]; }
      ${resultOf(r, "step", "sum", "total")}
    }${isPartial ? `\n    if (thread == 0u) { ${statsOf(r, `top_${r}`, "total")} }` : ""}
  }
  workgroupBarrier();`;

  return `${directives(dtype, ["subgroups"], isOne ? [] : ["subgroup_id"])}
// Attention; workgroup (x, y, z): ${rowsOfGroup} rows from ${rowsOfGroup}·x on, y = sequence · kv_heads + kv_head, keys of split z
// queries, out: [token][heads][${headDim}] ${dtype} · keys, values: [block][16 slots][kv_heads][${headDim}] ${dtype} · sums in f32
// ${isOne ? "one quad of threads takes" : `${quads} quads of threads, each ${divide === "rows" ? `with ${rows} rows` : "with its share of the keys"}, take`} ${KEYS} keys at a time; a thread holds every fourth vec4 of each row

${rowBindings(dtype, width, result)}

${rowLoader({ name: "load_query", buffer: "queries", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_key", buffer: "keys", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_value", buffer: "values", dtype, width, length: `${headDim}u` })}
${isPartial ? "" : rowStorer({ name: "store_out", buffer: "out", dtype, width, length: `${headDim}u` })}
${["query", "key", "value"].map(guarded).join("")}
${ROW_FUNCTIONS}
${isPartial ? `\n${PARTIAL_FUNCTION}\n` : ""}${
    isAlone
      ? ""
      : `
var<workgroup> stats: array<vec2<f32>, ${rows * quads}>; // of each row and quad: maximum, sum of weights
var<workgroup> sums: array<vec4<f32>, ${quads * steps}>; // of one row at a time
`
  }
@compute @workgroup_size(${4 * quads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,${
    isOne
      ? ""
      : `
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_size) subgroup_size: u32,`
  }
  @builtin(subgroup_invocation_id) invocation: u32,
) {
  let place = place_of(group, ${rowsOfGroup}u);
  if (place.first_row >= place.rows) { return; }
  let lane = invocation % 4u;
${isOne ? "" : `  let thread = subgroup * subgroup_size + invocation;\n  let quad = thread / 4u;\n`}
  // Rows past the end repeat the last one, and are not stored.
${each
  .map(
    (r) => `  let row_${r} = min(${firstRow} + ${r}u, place.rows - 1u);
  let seen_${r} = min(place.end, keys_seen(place, row_${r}));
${columns.map((i) => `  let query_${r}_${i} = ${load("query", `query_vector(place, row_${r})`, i)} * ${scaleOf(headDim)};`).join("\n")}
  var maximum_${r} = ${LOWEST};
  var weights_${r} = 0f;
${columns.map((i) => `  var sum_${r}_${i} = vec4<f32>();`).join("\n")}`,
  )
  .join("\n")}

  for (var tile = place.begin; tile < place.end; tile += ${isAlone ? KEYS : KEYS * quads}u) {
    let key = tile${isAlone ? "" : ` + quad * ${KEYS}u`};
    // Four keys that begin at a multiple of 4 lie in one block.
    let vector_0 = key_vector(place, ${isAlone ? "key" : `min(key, (place.end - 1u) / ${KEYS}u * ${KEYS}u)`});
${keys
  .slice(1)
  .map((k) => `    let vector_${k} = vector_0 + ${k}u * params.kv_heads;`)
  .join("\n")}
${each.map((r) => `    ${keys.map((k) => `var score_${r}_${k} = 0f;`).join(" ")}`).join("\n")}
${columns
  .map(
    (i) => `    {
${keys.map((k) => `      let key_${k} = ${load("key", `vector_${k}`, i)};`).join("\n")}
${each.map((r) => `      ${keys.map((k) => `score_${r}_${k} += dot(query_${r}_${i}, key_${k});`).join(" ")}`).join("\n")}
    }`,
  )
  .join("\n")}

    // Each thread's part of four scores becomes the whole score of its own key.
    let is_odd = lane % 2u == 1u;
    let is_upper = lane >= 2u;
${each
  .map(
    (r) => `    let pair_${r}_0 = select(score_${r}_0, score_${r}_1, is_odd) + quadSwapX(select(score_${r}_1, score_${r}_0, is_odd));
    let pair_${r}_1 = select(score_${r}_2, score_${r}_3, is_odd) + quadSwapX(select(score_${r}_3, score_${r}_2, is_odd));
    let whole_${r} = select(pair_${r}_0, pair_${r}_1, is_upper) + quadSwapY(select(pair_${r}_1, pair_${r}_0, is_upper));
    let score_${r} = select(${LOWEST}, whole_${r}, key + lane < seen_${r});
    var highest_${r} = max(score_${r}, quadSwapX(score_${r}));
    highest_${r} = max(maximum_${r}, max(highest_${r}, quadSwapY(highest_${r})));
    let weight_${r} = select(0f, exp(score_${r} - highest_${r}), key + lane < seen_${r});
    let rescale_${r} = exp(maximum_${r} - highest_${r});
    maximum_${r} = highest_${r};
    weights_${r} = fma(weights_${r}, rescale_${r}, weight_${r});
    ${keys.map((k) => `let weight_${r}_${k} = quadBroadcast(weight_${r}, ${k}u);`).join(" ")}`,
  )
  .join("\n")}
${columns
  .map(
    (i) => `    {
${keys.map((k) => `      let value_${k} = ${load("value", `vector_${k}`, i)};`).join("\n")}
${each
  .map(
    (r) =>
      `      sum_${r}_${i} = ${keys.reduce((sum, k) => `fma(vec4<f32>(weight_${r}_${k}), value_${k}, ${sum})`, `sum_${r}_${i} * rescale_${r}`)};`,
  )
  .join("\n")}
    }`,
  )
  .join("\n")}
  }
${
  isAlone
    ? each.map(finishAlone).join("\n")
    : `
${each.map((r) => `  let pair_of_weights_${r} = weights_${r} + quadSwapX(weights_${r});\n  let total_${r} = pair_of_weights_${r} + quadSwapY(pair_of_weights_${r});`).join("\n")}
  if (lane == 0u) {
${each.map((r) => `    stats[${r * quads}u + quad] = vec2<f32>(maximum_${r}, total_${r});`).join("\n")}
  }
  workgroupBarrier();
${each.map(finishTogether).join("\n")}`
}
}
`;
};
