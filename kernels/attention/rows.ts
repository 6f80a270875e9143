import type { Dtype } from "../kernel.ts";
import { elementType, paramsBlock, storage, type Width } from "../wgsl.ts";

/**
 * What every attention kernel sees: the rows of one key–value head in one sequence. A row is a token with one of the head's query heads;
 * row r is token r / group, query head r % group, so that neighbouring rows read the same keys. Decode is a sequence of one token.
 */

/** What becomes of a row's sum of weighted values, its sum of weights and its maximum: normalised into `out`, or kept as partial sums. */
export type Result = "out" | "partial";

/** Stands for −∞, which WGSL lets an implementation assume absent: exp(LOWEST − anything real) is 0. */
export const LOWEST = "-1.0e30f";

/** WGSL literal of an f32. */
export const literal = (value: number): string => {
  const text = String(Math.fround(value));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
};

/** What a score is multiplied with. */
export const scaleOf = (headDim: number): string => literal(1 / Math.sqrt(headDim));

export const PARAMS = ["first_sequence", "heads", "kv_heads", "stride", "split_keys", "splits", "first_vector"] as const;

/** The uniform and the storage buffers, in the order that `attentionPlan` binds them. */
export const rowBindings = (dtype: Dtype, width: Width, result: Result): string => `${paramsBlock(PARAMS)}
${storage(1, "queries", "read", elementType(dtype, width))}
${storage(2, "keys", "read", elementType(dtype, width))}
${storage(3, "values", "read", elementType(dtype, width))}
${storage(4, "block_table", "read", "u32")}
${storage(5, "lengths", "read", "u32")}
${storage(6, "starts", "read", "u32")}
${
  result === "partial"
    ? `${storage(7, "partial_sums", "read_write", "vec4<f32>")}
${storage(8, "partial_stats", "read_write", "vec2<f32>")}`
    : storage(7, "out", "read_write", elementType(dtype, width))
}`;

/**
 * `place_of(group, rows)`: where a workgroup's rows and keys lie. Workgroup x is the tile of rows, y kv_heads · sequence + kv_head, z the split
 * of the keys. `query_vector(place, row)` and `keys_seen(place, row)`: a row's vector in queries and out, and the keys it attends to from the
 * first on; `key_vector(place, position)`: a position's vector in keys and values.
 */
export const ROW_FUNCTIONS = `struct Place {
  sequence: u32,
  kv_head: u32,
  per_group: u32,
  first_token: u32, // row of the sequence's first token in the batch
  context: u32, // positions in front of its tokens
  first_row: u32,
  rows: u32, // rows of the whole sequence
  begin: u32, // keys from here
  end: u32, // to before here
}

fn place_of(group: vec3<u32>, rows: u32) -> Place {
  var place: Place;
  place.sequence = params.first_sequence + group.y / params.kv_heads;
  place.kv_head = group.y % params.kv_heads;
  place.per_group = params.heads / params.kv_heads;
  place.first_token = starts[place.sequence];
  let tokens = starts[place.sequence + 1u] - place.first_token;
  place.context = lengths[place.sequence] - tokens;
  place.first_row = group.x * rows;
  place.rows = tokens * place.per_group;
  let last_row = min(place.first_row + rows, place.rows) - 1u;
  place.begin = group.z * params.split_keys;
  place.end = min(place.begin + params.split_keys, place.context + last_row / place.per_group + 1u);
  return place;
}

fn query_vector(place: Place, row: u32) -> u32 {
  return (place.first_token + row / place.per_group) * params.heads + place.kv_head * place.per_group + row % place.per_group;
}

fn keys_seen(place: Place, row: u32) -> u32 { return place.context + row / place.per_group + 1u; }

fn key_vector(place: Place, position: u32) -> u32 {
  let block = block_table[place.sequence * params.stride + position / 16u];
  return (block * 16u + position % 16u) * params.kv_heads + place.kv_head;
}`;

/** `partial_vector(place, row, split)`: index of a row's partial results, [vector from first_vector on][split]. */
export const PARTIAL_FUNCTION = `fn partial_vector(place: Place, row: u32, split: u32) -> u32 {
  return (query_vector(place, row) - params.first_vector) * params.splits + split;
}`;
