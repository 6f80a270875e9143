import type { Dtype } from "../kernel.ts";
import { directives, range, rowLoader, widthFor } from "../wgsl.ts";
import { LOWEST, PARTIAL_FUNCTION, ROW_FUNCTIONS, rowBindings, scaleOf } from "./rows.ts";

/** A thread takes some rows and every fourth key, alone: no barrier and no subgroup, for adapters that are good at neither. */
export interface ThreadStructure {
  readonly headDim: number;
  readonly rows: number;
}

/** Threads of a workgroup, each with partial results of its own. */
export const THREADS = 4;

export const attentionThreadWgsl = (dtype: Dtype, { headDim, rows }: ThreadStructure): string => {
  const width = widthFor(headDim);
  const steps = Math.ceil(headDim / 4);
  const columns = range(steps);
  const each = range(rows);
  return `${directives(dtype)}
// Attention; workgroup (x, y, z): ${rows} rows from ${rows}·x on, y = sequence · kv_heads + kv_head, keys of split z
// queries: [token][heads][${headDim}] ${dtype} · keys, values: [block][16 slots][kv_heads][${headDim}] ${dtype} · sums in f32
// ${THREADS} threads, each over every ${THREADS}th key in registers, leave partial results for the merge

${rowBindings(dtype, width, "partial")}

${rowLoader({ name: "load_query", buffer: "queries", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_key", buffer: "keys", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_value", buffer: "values", dtype, width, length: `${headDim}u` })}

${ROW_FUNCTIONS}

${PARTIAL_FUNCTION}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(group, ${rows}u);
  if (place.first_row >= place.rows) { return; }
  // Rows past the end repeat the last one, and are not stored.
${each
  .map(
    (r) => `  let row_${r} = min(place.first_row + ${r}u, place.rows - 1u);
  let seen_${r} = min(place.end, keys_seen(place, row_${r}));
${columns.map((i) => `  let query_${r}_${i} = load_query(query_vector(place, row_${r}), ${i}u) * ${scaleOf(headDim)};`).join("\n")}
  var maximum_${r} = ${LOWEST};
  var weights_${r} = 0f;
${columns.map((i) => `  var sum_${r}_${i} = vec4<f32>();`).join("\n")}`,
  )
  .join("\n")}

  for (var key = place.begin + thread; key < place.end; key += ${THREADS}u) {
    let vector = key_vector(place, key);
${each.map((r) => `    var score_${r} = 0f;`).join("\n")}
${columns
  .map(
    (i) => `    { let key_quad = load_key(vector, ${i}u); ${each.map((r) => `score_${r} += dot(query_${r}_${i}, key_quad);`).join(" ")} }`,
  )
  .join("\n")}
${each
  .map(
    (r) => `    let masked_${r} = select(${LOWEST}, score_${r}, key < seen_${r});
    let highest_${r} = max(maximum_${r}, masked_${r});
    let weight_${r} = select(0f, exp(masked_${r} - highest_${r}), key < seen_${r});
    let rescale_${r} = exp(maximum_${r} - highest_${r});
    maximum_${r} = highest_${r};
    weights_${r} = fma(weights_${r}, rescale_${r}, weight_${r});`,
  )
  .join("\n")}
${columns
  .map(
    (i) =>
      `    { let value_quad = load_value(vector, ${i}u); ${each.map((r) => `sum_${r}_${i} = fma(vec4<f32>(weight_${r}), value_quad, sum_${r}_${i} * rescale_${r});`).join(" ")} }`,
  )
  .join("\n")}
  }
${each
  .map(
    (r) => `  if (place.first_row + ${r}u < place.rows) {
    let vector = partial_vector(place, row_${r}, group.z * ${THREADS}u + thread);
    partial_stats[vector] = vec2<f32>(maximum_${r}, weights_${r});
${columns.map((i) => `    partial_sums[vector * ${steps}u + ${i}u] = sum_${r}_${i};`).join("\n")}
  }`,
  )
  .join("\n")}
}
`;
};
