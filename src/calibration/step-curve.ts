import { z } from "zod";
import { originSchema } from "../provenance.ts";
import { heldOutErrorSchema, range } from "./curve-parts.ts";

/** Values at rising points. Linear between them; below the first point the first value holds. */
const tableSchema = z
  .strictObject({ at: z.array(z.number().positive()).min(1), seconds: z.array(z.number().min(0)).min(1) })
  .refine((table) => table.at.length === table.seconds.length, "expected as many seconds as points")
  .refine((table) => table.at.every((x, i) => i === 0 || x > (table.at[i - 1] ?? 0)), "expected points in rising order");
export type Table = z.infer<typeof tableSchema>;

/** What every step curve says of itself. */
const common = {
  valid: z.strictObject({
    tokens: range,
    prefill_context: range.meta({ description: "Keys in front of a prefill chunk, chunk included" }),
    decode_sequences: range,
    decode_context: range.meta({ description: "Keys a decoding sequence attends to" }),
  }),
  error: heldOutErrorSchema,
};

/**
 * Seconds of one engine step, composed from measured kernels:
 *
 *   overhead_s + linear(tokens) + head(outputs) + per_token_s·tokens
 *     + prefill_attention.setup_s·prefill_sequences + prefill_attention.per_token_s·prefill_tokens + prefill_attention.per_pair_s·prefill_pairs
 *     + [decode_sequences > 0] decode_attention.setup_s + decode_attention.per_sequence_s·decode_sequences + decode_attention.per_key_s·decode_keys
 *
 * for the whole model (all layers); prefill_tokens are the step's tokens less one for each decoding sequence. Tables are linear between
 * their points; below the first point the first value holds, above the last the steeper of the last segment's slope and the whole
 * table's goes on, and the step counts as extrapolated.
 */
export const composedCurveSchema = z.strictObject({
  kind: z.literal("composed"),
  overhead_s: z.number().min(0),
  linear: tableSchema.meta({ description: "Linear layers of all decoder layers, by tokens in the step" }),
  head: tableSchema.meta({ description: "Last norm and output projection, by sequences that produce a token" }),
  per_token_s: z.number().min(0).meta({ description: "Norms, rotary embedding, activation, residuals of all layers" }),
  prefill_attention: z.strictObject({
    setup_s: z.number().min(0),
    per_token_s: z.number().min(0).default(0).meta({ description: "By tokens of the chunks, however few keys they see" }),
    per_pair_s: z.number().min(0),
  }),
  decode_attention: z.strictObject({ setup_s: z.number().min(0), per_sequence_s: z.number().min(0), per_key_s: z.number().min(0) }),
  ...common,
});
export type ComposedCurve = z.infer<typeof composedCurveSchema>;

/** What the CPU adds to every step beside what the GPU takes. */
const overheadSchema = z.strictObject({ seconds: z.number().min(0), origin: originSchema, source: z.string() });
export type StepOverhead = z.infer<typeof overheadSchema>;

const whole = z.array(z.int().min(0));

/** Attention of all layers at (chunk, cached, sequences, context): one row at each index of the five lists. */
const attentionRowsSchema = z
  .strictObject({
    chunk: whole.meta({ description: "Prefill tokens of the step; 0 where it only decodes" }),
    cached: whole.meta({ description: "Keys in front of the chunk" }),
    sequences: whole.meta({ description: "Decoding sequences" }),
    context: whole.meta({ description: "Keys of each of them" }),
    seconds: z.array(z.number().min(0)),
  })
  .refine(
    ({ chunk, cached, sequences, context, seconds }) =>
      seconds.length > 0 && [chunk, cached, sequences, context].every((list) => list.length === seconds.length),
    "expected five lists of one length, above 0",
  );
export type AttentionRows = z.infer<typeof attentionRowsSchema>;

/**
 * How far uneven contexts take the decoding part from what the mean context takes (share 0) to what the longest takes (share 1), in
 * cells: interpolated over chunk and sequences, binned over the others. A bin holds up to its edge, the last one everything above.
 */
const skewSchema = z.strictObject({
  default_share: z.number().min(0).max(1).meta({ description: "Where no cell was measured" }),
  mean_of_longest: z.array(z.number()).meta({ description: "Edges of mean context over longest context" }),
  longest: z.array(z.number()).meta({ description: "Edges of the longest context" }),
  cached: z.array(z.number()).meta({ description: "Edges of the keys in front of the chunk" }),
  cells: z.array(
    z.strictObject({
      chunk: z.int().min(0),
      sequences: z.int().min(1),
      bins: z.tuple([z.int().min(0), z.int().min(0), z.int().min(0)]).meta({ description: "Of mean_of_longest, longest and cached" }),
      share: z.number().min(0).max(1),
    }),
  ),
});
export type Skew = z.infer<typeof skewSchema>;

/**
 * Seconds of one engine step from tables of an engine's own layers:
 *
 *   overhead + linear(tokens) + head(outputs) + attention(chunk, cached, sequences, mean context)
 *     + share · (attention(…, longest context) − attention(…, mean context))
 *
 * `chunk` is all prefill tokens of the step and `cached` the keys in front of one chunk of that length with as many query–key pairs as
 * the step has, 0 at least. Everything is linear between measured points, in tokens and not in their logarithm; outside, see the
 * tables' rule for `linear` and `head`, and for attention the last segment's slope goes on but never falls, below the first point
 * its value holds.
 */
export const layerTablesSchema = z.strictObject({
  kind: z.literal("layer-tables"),
  layers: z.int().min(1),
  overhead: overheadSchema,
  linear: tableSchema.meta({ description: "Everything that depends on the step's tokens alone, all layers" }),
  head: tableSchema.meta({ description: "Output projection and sampler, by sequences that produce a token" }),
  attention: attentionRowsSchema,
  skew: skewSchema.nullable(),
  ...common,
});
export type LayerTables = z.infer<typeof layerTablesSchema>;

/**
 * Seconds of one engine step fitted to whole measured steps:
 *
 *   overhead + constant_s + per_token_s · max(tokens, read_tokens) + per_pair_s · prefill_pairs + per_key_s · decode_keys + per_sequence_s · decode_sequences
 *
 * `read_tokens` is the knee: with fewer tokens a step still reads all weights.
 */
export const fittedCurveSchema = z.strictObject({
  kind: z.literal("fitted"),
  overhead: overheadSchema,
  constant_s: z.number().min(0),
  per_token_s: z.number().min(0),
  read_tokens: z.number().min(0),
  per_pair_s: z.number().min(0),
  per_key_s: z.number().min(0),
  per_sequence_s: z.number().min(0),
  ...common,
});
export type FittedCurve = z.infer<typeof fittedCurveSchema>;

/** How long a step takes: composed from Ballast's kernels, from an engine's layers, or fitted to an engine's steps. */
export const stepCurveSchema = z.discriminatedUnion("kind", [composedCurveSchema, layerTablesSchema, fittedCurveSchema]);
export type StepCurve = z.infer<typeof stepCurveSchema>;
