import { blockTable, type BlockTable } from "../attention/paged-cache.ts";
import { decodeSequences, prefillSequences, type Ragged, raggedOf, type Sequences } from "../attention/problem.ts";
import type { Shape } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import type { LayerSizes } from "./linears.ts";
import { checkRotary, type TokenPlaces, tokenPlaces } from "./rotary.ts";

/** Name of the family that a whole layer belongs to. */
export const FAMILY = "decoder-layer";

/** A decoder layer and the mixed batch it works on: prompt chunks, decoding sequences, or both. */
export interface DecoderLayerSizes extends LayerSizes {
  /** Tokens of all chunks; 0 without one. They are the first rows of the batch. */
  readonly prefill_tokens: number;
  /** Keys in front of each chunk. */
  readonly prefill_context: number;
  /** Chunks that the tokens are divided among; 1 where left out. */
  readonly prefill_sequences: number;
  /** Chunks are spread over their mean·(1 ± spread/100); 0 where left out. */
  readonly prefill_spread: number;
  /** Sequences that decode one token each; 0 without any. Their rows follow the chunks'. */
  readonly decode_sequences: number;
  /** Keys each of them attends to, its own included; the mean over the sequences. */
  readonly decode_context: number;
  /** Contexts are spread over decode_context·(1 ± spread/100); 0 where left out. */
  readonly decode_spread: number;
}

/** A batch laid out: one cache and one block table for all of its sequences, chunks first. */
export interface Layout {
  readonly batch: Sequences;
  readonly table: BlockTable;
  readonly places: TokenPlaces;
  /** The chunks and the decoding sequences, each as its attention sees them; null where there are none. */
  readonly prefill: Ragged | null;
  readonly decode: Ragged | null;
  /** Rows that produce a token: the last of each chunk and every decoding sequence's. */
  readonly outputRows: readonly number[];
}

export const layoutOf = (sizes: DecoderLayerSizes): Layout => {
  const { prefill_tokens, prefill_context, prefill_sequences, prefill_spread, decode_sequences, decode_context, decode_spread } = sizes;
  const chunks =
    prefill_tokens === 0
      ? NONE
      : prefillSequences({
          ...sizes,
          chunk: prefill_tokens / prefill_sequences,
          context: prefill_context,
          sequences: prefill_sequences,
          spread: prefill_spread,
        });
  const decoding =
    decode_sequences === 0
      ? NONE
      : decodeSequences({ ...sizes, sequences: decode_sequences, context: decode_context, spread: decode_spread });
  const batch = { tokens: [...chunks.tokens, ...decoding.tokens], lengths: [...chunks.lengths, ...decoding.lengths] };
  const table = blockTable(batch.lengths);
  const count = chunks.tokens.length;
  let row = -1;
  return {
    batch,
    table,
    places: tokenPlaces(batch, table),
    prefill: count === 0 ? null : raggedOf(sizes, batch, table, 0, count),
    decode: decode_sequences === 0 ? null : raggedOf(sizes, batch, table, count),
    outputRows: batch.tokens.map((tokens) => (row += tokens)),
  };
};

const NONE: Sequences = { tokens: [], lengths: [] };

/** The sizes of a decoder layer and its batch, checked. @throws RangeError naming the size and the value found */
export const decoderLayerSizes = (shape: Shape): DecoderLayerSizes => {
  const spreads = ["prefill_spread", "decode_spread"] as const;
  const counts = ["prefill_tokens", "prefill_context", "decode_sequences", "decode_context"] as const;
  const sizes = sizesOf(
    FAMILY,
    ["hidden", "intermediate", "heads", "kv_heads", "head_dim", ...counts, "prefill_sequences", ...spreads],
    shape,
    [...counts, ...spreads],
    { prefill_sequences: 1, prefill_spread: 0, decode_spread: 0 },
  );
  checkRotary(FAMILY, sizes);
  if (sizes.prefill_tokens + sizes.decode_sequences === 0) {
    throw new RangeError(`${FAMILY}: expected prefill_tokens or decode_sequences to be at least 1, got 0 and 0`);
  }
  if (sizes.prefill_tokens % sizes.prefill_sequences !== 0) {
    throw new RangeError(
      `${FAMILY}: expected prefill_tokens to be a multiple of prefill_sequences (${sizes.prefill_sequences}), got ${sizes.prefill_tokens}`,
    );
  }
  if (sizes.decode_sequences > 0 && sizes.decode_context === 0) {
    throw new RangeError(`${FAMILY}: expected decode_context to be at least 1 (a token attends to itself), got 0`);
  }
  return sizes;
};
