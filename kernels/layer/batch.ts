import type { Shape } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import type { LayerSizes } from "./linears.ts";
import { checkRotary, type Placement } from "./rotary.ts";

/** Name of the family that a whole layer belongs to. */
export const FAMILY = "decoder-layer";

/** A decoder layer and the mixed batch it works on: one prompt chunk, some decoding sequences, or both. */
export interface DecoderLayerSizes extends LayerSizes {
  /** Tokens of the chunk; 0 without one. They are the first rows of the batch. */
  readonly prefill_tokens: number;
  /** Keys in front of the chunk. */
  readonly prefill_context: number;
  /** Sequences that decode one token each; 0 without any. Their rows follow the chunk's. */
  readonly decode_sequences: number;
  /** Keys each of them attends to, its own included. */
  readonly decode_context: number;
}

/** Where the two parts of a batch lie; null for a part that is absent. */
export interface Placements {
  readonly prefill: Placement | null;
  readonly decode: Placement | null;
}

/** Where the two parts of the batch lie in its rows and in their caches. */
export const placementsOf = (sizes: DecoderLayerSizes): Placements => {
  const { prefill_tokens, prefill_context, decode_sequences, decode_context } = sizes;
  return {
    prefill:
      prefill_tokens === 0
        ? null
        : {
            firstRow: 0,
            tokens: prefill_tokens,
            tokensPerSequence: prefill_tokens,
            firstPosition: prefill_context,
            firstSlot: prefill_context,
            slotsPerSequence: prefill_context + prefill_tokens,
          },
    decode:
      decode_sequences === 0
        ? null
        : {
            firstRow: prefill_tokens,
            tokens: decode_sequences,
            tokensPerSequence: 1,
            firstPosition: decode_context - 1,
            firstSlot: decode_context - 1,
            slotsPerSequence: decode_context,
          },
  };
};

/** The sizes of a decoder layer and its batch, checked. @throws RangeError naming the size and the value found */
export const decoderLayerSizes = (shape: Shape): DecoderLayerSizes => {
  const batch = ["prefill_tokens", "prefill_context", "decode_sequences", "decode_context"] as const;
  const sizes = sizesOf(FAMILY, ["hidden", "intermediate", "heads", "kv_heads", "head_dim", ...batch], shape, batch);
  checkRotary(FAMILY, sizes);
  if (sizes.prefill_tokens + sizes.decode_sequences === 0) {
    throw new RangeError(`${FAMILY}: expected prefill_tokens or decode_sequences to be at least 1, got 0 and 0`);
  }
  if (sizes.decode_sequences > 0 && sizes.decode_context === 0) {
    throw new RangeError(`${FAMILY}: expected decode_context to be at least 1 (a token attends to itself), got 0`);
  }
  return sizes;
};
