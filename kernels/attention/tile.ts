import type { Dtype } from "../kernel.ts";
import { directives, elementType, paramsBlock, range, rowLoader, rowStorer, storage, widthFor } from "../wgsl.ts";

/**
 * The attention tile that prefill and decode share: some query vectors ("rows") that read the same keys and values, keys taken
 * a tile at a time with an online softmax. Prefill's rows are tokens of one head; decode's are the query heads of one group.
 */
export interface TileStructure {
  readonly headDim: number;
  readonly rows: number;
  /** Keys of a tile; divides `threads`. */
  readonly keys: number;
  readonly threads: number;
}

/** What tells one use of the tile from another: where its rows and keys lie. */
export interface TileUse {
  readonly comment: string;
  readonly params: readonly string[];
  /**
   * WGSL functions of the workgroup: `query_vector(group, row)` and `key_vector(group, key)`, indices of vectors of head_dim elements;
   * `is_row(group, row)`; `keys_seen(group, row)`, the keys from 0 on that a row attends to; `first_key(group)` and `end_key(group)`,
   * the range the workgroup goes through.
   */
  readonly functions: string;
  /** What becomes of a row's sum of weighted values, its sum of weights and its maximum: normalised into `out`, or kept as partial sums. */
  readonly result: "out" | "partial";
}

/** Largest divisor of `of` that is at most `most`. */
const divisorUpTo = (of: number, most: number): number => range(of + 1).findLast((d) => d > 0 && d <= most && of % d === 0) ?? 1;

/** WGSL literal of an f32. */
const literal = (value: number): string => `${Math.fround(value)}f`;

/** Stands for −∞, which WGSL lets an implementation assume absent: exp(LOWEST − anything real) is 0. */
const LOWEST = "-1.0e30f";

/**
 * Four phases a tile of keys, a barrier after each, with the threads dealt out anew in each:
 * scores (a thread: one key, some rows), row maxima (a thread: one row, some keys), weights and their sums (the same threads), and
 * weighted values (a thread: four dimensions of some rows, over all keys or, with rows to spare, over a part of them).
 *
 * @throws RangeError where the head is too long for the threads
 */
export const attentionTileWgsl = (dtype: Dtype, { headDim, rows, keys, threads }: TileStructure, use: TileUse): string => {
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
  const isPartial = use.result === "partial";

  const finish = ({ row, name }: { row: string; name: string }) => `
    if (is_row(group, ${row})) {
      var total = 0f;
      for (var i = 0u; i < ${parts}u; i++) { total += partials[${row} * ${parts}u + i]; }
      ${
        isPartial
          ? `let vector = partial_vector(group, ${row});
      partial_sums[vector * ${steps}u + column] = ${name};
      if (column == 0u) { partial_stats[vector] = vec2<f32>(row_maximum[${row}], total); }`
          : `store_out(query_vector(group, ${row}), column, ${name} / total);`
      }
    }`;
  const mergeKeySlices = `
  merge[thread] = sum_0;
  workgroupBarrier();
  if (key_slice == 0u) {
    for (var i = 1u; i < ${keySlices}u; i++) { sum_0 += merge[thread + i * ${steps * rowSlices}u]; }
  }`;

  return `${directives(dtype)}
${use.comment}
// queries, out: [token][heads][${headDim}] ${dtype} · keys, values: [position][kv_heads][${headDim}] ${dtype} · sums in f32
// one workgroup: ${rows} query vectors that share keys and values, ${keys} keys at a time

${paramsBlock(use.params)}
${storage(1, "queries", "read", elementType(dtype, width))}
${storage(2, "keys", "read", elementType(dtype, width))}
${storage(3, "values", "read", elementType(dtype, width))}
${
  isPartial
    ? `${storage(4, "partial_sums", "read_write", "vec4<f32>")}
${storage(5, "partial_stats", "read_write", "vec2<f32>")}`
    : storage(4, "out", "read_write", elementType(dtype, width))
}

${rowLoader({ name: "load_query", buffer: "queries", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_key", buffer: "keys", dtype, width, length: `${headDim}u` })}
${rowLoader({ name: "load_value", buffer: "values", dtype, width, length: `${headDim}u` })}
${isPartial ? "" : rowStorer({ name: "store_out", buffer: "out", dtype, width, length: `${headDim}u` })}

${use.functions}

var<workgroup> scaled_queries: array<vec4<f32>, ${rows * steps}>;
var<workgroup> scores: array<f32, ${rows * keys}>; // then weights
var<workgroup> partials: array<f32, ${rows * parts}>; // partial maxima, then partial sums of weights
var<workgroup> rescale: array<f32, ${rows}>;
var<workgroup> row_maximum: array<f32, ${rows}>;
${keySlices > 1 ? `var<workgroup> merge: array<vec4<f32>, ${threads}>;` : ""}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let begin = first_key(group);
  let end = end_key(group);
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
    if (is_row(group, i / ${steps}u)) { query = load_query(query_vector(group, i / ${steps}u), i % ${steps}u) * ${literal(1 / Math.sqrt(headDim))}; }
    scaled_queries[i] = query;
  }
  workgroupBarrier();

  for (var tile = begin; tile < end; tile += ${keys}u) {
    let key = tile + score_key;
${scoreRows.map(({ name }) => `    var ${name} = 0f;`).join("\n")}
    if (key < end) {
      let vector = key_vector(group, key);
      for (var step = 0u; step < ${steps}u; step++) {
        let quad = load_key(vector, step);
${scoreRows.map(({ row, name, exists }) => `        ${exists === "true" ? "" : `if (${exists}) `}{ ${name} += dot(scaled_queries[${row} * ${steps}u + step], quad); }`).join("\n")}
      }
    }
${scoreRows
  .map(
    ({ row, name, exists }) =>
      `    ${exists === "true" ? "" : `if (${exists}) `}{ scores[${row} * ${keys}u + score_key] = select(${LOWEST}, ${name}, key < min(end, keys_seen(group, ${row}))); }`,
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
        let quad = load_value(key_vector(group, tile + i), column);
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
