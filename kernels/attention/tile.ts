import type { Dtype } from "../kernel.ts";
import { directives, range, rowLoader, rowStorer, widthFor } from "../wgsl.ts";
import { LOWEST, PARTIAL_FUNCTION, type Result, ROW_FUNCTIONS, rowBindings, scaleOf } from "./rows.ts";

/** A workgroup takes some rows and goes through their keys a tile at a time with an online softmax. */
export interface TileStructure {
  readonly headDim: number;
  readonly rows: number;
  /** Keys of a tile; divides `threads`. */
  readonly keys: number;
  readonly threads: number;
  readonly result: Result;
}

/** As many rows as leave their queries within 8 KiB of workgroup memory, and so everything within 16 KiB. */
export const fittingRows = (most: number, headDim: number): number => Math.max(1, Math.min(most, Math.floor(512 / Math.ceil(headDim / 4))));

/** Largest divisor of `of` that is at most `most`. */
const divisorUpTo = (of: number, most: number): number => range(of + 1).findLast((d) => d > 0 && d <= most && of % d === 0) ?? 1;

/**
 * Four phases a tile of keys, a barrier after each, with the threads dealt out anew in each:
 * scores (a thread: one key, some rows), row maxima (a thread: one row, some keys), weights and their sums (the same threads), and
 * weighted values (a thread: four dimensions of some rows, over all keys or, with rows to spare, over a part of them).
 *
 * @throws RangeError where the head is too long for the threads
 */
export const attentionTileWgsl = (dtype: Dtype, { headDim, rows, keys, threads, result }: TileStructure): string => {
  const width = widthFor(headDim);
  const steps = Math.ceil(headDim / 4);
  const slices = Math.floor(threads / steps);
  if (slices < 1) throw new RangeError(`attention: expected head_dim to be at most ${threads * 4}, got ${headDim}`);

  const scoreSlices = threads / keys;
  const scoreRows = range(Math.ceil(rows / scoreSlices)).map((r) => ({
    row: `(score_slice + ${r * scoreSlices}u)`,
    exists: rows % scoreSlices === 0 ? "true" : `score_slice + ${r * scoreSlices}u < ${rows}u`,
    name: `score_${r}`,
  }));
  const parts = Math.min(8, Math.floor(threads / rows));
  const rowSlices = divisorUpTo(rows, slices);
  const keySlices = rowSlices === rows ? Math.floor(slices / rowSlices) : 1;
  const valueRows = range(rows / rowSlices).map((r) => ({ row: `(row_slice + ${r * rowSlices}u)`, name: `sum_${r}` }));
  const isPartial = result === "partial";

  const finish = ({ row, name }: { row: string; name: string }) => `
    if (place.first_row + ${row} < place.rows) {
      var total = 0f;
      for (var i = 0u; i < ${parts}u; i++) { total += partials[${row} * ${parts}u + i]; }
      ${
        isPartial
          ? `let vector = partial_vector(place, place.first_row + ${row}, group.z);
      partial_sums[vector * ${steps}u + column] = ${name};
      if (column == 0u) { partial_stats[vector] = vec2<f32>(row_maximum[${row}], total); }`
          : `store_out(query_vector(place, place.first_row + ${row}), column, ${name} / total);`
      }
    }`;
  const mergeKeySlices = `
  merge[thread] = sum_0;
  workgroupBarrier();
  if (key_slice == 0u) {
    for (var i = 1u; i < ${keySlices}u; i++) { sum_0 += merge[thread + i * ${steps * rowSlices}u]; }
  }`;

  return `${directives(dtype)}
// Attention; workgroup (x, y, z): ${rows} rows from ${rows}·x on, y = sequence · kv_heads + kv_head, keys of split z
// queries, out: [token][heads][${headDim}] ${dtype} · keys, values: [block][16 slots][kv_heads][${headDim}] ${dtype} · sums in f32
// ${threads} threads take ${keys} keys at a time

${rowBindings(dtype, width, result)}

${rowLoader({ name: "load_query", buffer: "queries", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_key", buffer: "keys", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_value", buffer: "values", dtype, width, length: `${headDim}u` })}
${isPartial ? "" : rowStorer({ name: "store_out", buffer: "out", dtype, width, length: `${headDim}u` })}

${ROW_FUNCTIONS}
${isPartial ? `\n${PARTIAL_FUNCTION}\n` : ""}
var<workgroup> scaled_queries: array<vec4<f32>, ${rows * steps}>;
var<workgroup> scores: array<f32, ${rows * keys}>; // then weights
var<workgroup> partials: array<f32, ${rows * parts}>; // partial maxima, then partial sums of weights
var<workgroup> key_vectors: array<u32, ${keys}>;
var<workgroup> rescale: array<f32, ${rows}>;
var<workgroup> row_maximum: array<f32, ${rows}>;
${keySlices > 1 ? `var<workgroup> merge: array<vec4<f32>, ${threads}>;` : ""}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(group, ${rows}u);
  if (place.first_row >= place.rows) { return; }
  let end = place.end;
  let score_key = thread % ${keys}u;
  let score_slice = thread / ${keys}u;
  let stat_row = thread / ${parts}u;
  let stat_part = thread % ${parts}u;
  let has_stat = stat_row < ${rows}u;
  let column = thread % ${steps}u;
  let row_slice = (thread / ${steps}u) % ${rowSlices}u;
  let key_slice = thread / ${steps * rowSlices}u;
  let has_values = key_slice < ${keySlices}u;
  var maximum = ${LOWEST};
  var weight_sum = 0f;
${valueRows.map(({ name }) => `  var ${name} = vec4<f32>();`).join("\n")}

  for (var i = thread; i < ${rows * steps}u; i += ${threads}u) {
    var query = vec4<f32>();
    let row = place.first_row + i / ${steps}u;
    if (row < place.rows) { query = load_query(query_vector(place, row), i % ${steps}u) * ${scaleOf(headDim)}; }
    scaled_queries[i] = query;
  }
  workgroupBarrier();

  for (var tile = place.begin; tile < end; tile += ${keys}u) {
    let key = tile + score_key;
${scoreRows.map(({ name }) => `    var ${name} = 0f;`).join("\n")}
    if (key < end) {
      let vector = key_vector(place, key);
      if (score_slice == 0u) { key_vectors[score_key] = vector; }
      for (var step = 0u; step < ${steps}u; step++) {
        let quad = load_key(vector, step);
${scoreRows.map(({ row, name, exists }) => `        ${exists === "true" ? "" : `if (${exists}) `}{ ${name} += dot(scaled_queries[${row} * ${steps}u + step], quad); }`).join("\n")}
      }
    }
${scoreRows
  .map(
    ({ row, name, exists }) =>
      `    ${exists === "true" ? "" : `if (${exists}) `}{ scores[${row} * ${keys}u + score_key] = select(${LOWEST}, ${name}, key < min(end, keys_seen(place, place.first_row + ${row}))); }`,
  )
  .join("\n")}
    workgroupBarrier();

    if (has_stat) {
      var part_maximum = ${LOWEST};
      for (var i = stat_part; i < ${keys}u; i += ${parts}u) { part_maximum = max(part_maximum, scores[stat_row * ${keys}u + i]); }
      partials[thread] = part_maximum;
    }
    workgroupBarrier();

    if (has_stat) {
      let before = maximum;
      for (var i = 0u; i < ${parts}u; i++) { maximum = max(maximum, partials[stat_row * ${parts}u + i]); }
      let factor = exp(before - maximum);
      weight_sum *= factor;
      for (var i = stat_part; i < ${keys}u; i += ${parts}u) {
        let at = stat_row * ${keys}u + i;
        let weight = exp(scores[at] - maximum);
        scores[at] = weight;
        weight_sum += weight;
      }
      if (stat_part == 0u) { rescale[stat_row] = factor; }
    }
    workgroupBarrier();

    if (has_values) {
${valueRows.map(({ row, name }) => `      ${name} *= rescale[${row}];`).join("\n")}
      let count = min(${keys}u, end - tile);
      for (var i = key_slice; i < count; i += ${keySlices}u) {
        let quad = load_value(key_vectors[i], column);
${valueRows.map(({ row, name }) => `        ${name} = fma(vec4<f32>(scores[${row} * ${keys}u + i]), quad, ${name});`).join("\n")}
      }
    }
    workgroupBarrier();
  }

  if (has_stat) {
    partials[thread] = weight_sum;
    if (stat_part == 0u) { row_maximum[stat_row] = maximum; }
  }${keySlices > 1 ? mergeKeySlices : "\n  workgroupBarrier();"}
  if (${keySlices > 1 ? "key_slice == 0u" : "has_values"}) {${valueRows.map(finish).join("")}
  }
}
`;
};
