import type { StepCurve } from "./device-model.ts";
import { tableSeconds } from "./table.ts";
import type { Seconds } from "../units.ts";

/** The part of a step curve that says how long a step takes. */
export type StepTerms = Omit<StepCurve, "valid" | "error">;

/** What a step works on; sums over its sequences (see `StepBatch`, which is one of these). */
export interface StepWork {
  readonly tokens: number;
  readonly outputs: number;
  readonly prefillSequences: number;
  readonly prefillPairs: number;
  readonly decodeSequences: number;
  readonly decodeKeys: number;
}

/** Seconds of one step, not yet rounded, by the formula given with `stepCurveSchema`. */
export const stepSeconds = (terms: StepTerms, work: StepWork): Seconds => {
  const { prefill_attention: prefill, decode_attention: decode } = terms;
  return (
    terms.overhead_s +
    tableSeconds(terms.linear, work.tokens) +
    (work.outputs > 0 ? tableSeconds(terms.head, work.outputs) : 0) +
    terms.per_token_s * work.tokens +
    prefill.setup_s * work.prefillSequences +
    prefill.per_token_s * (work.tokens - work.decodeSequences) +
    prefill.per_pair_s * work.prefillPairs +
    (work.decodeSequences > 0 ? decode.setup_s + decode.per_sequence_s * work.decodeSequences + decode.per_key_s * work.decodeKeys : 0)
  );
};

/** A decode step: `sequences` requests that each attend to `context` keys, their own token included. */
export const decodeWork = (sequences: number, context: number): StepWork => ({
  tokens: sequences,
  outputs: sequences,
  prefillSequences: 0,
  prefillPairs: 0,
  decodeSequences: sequences,
  decodeKeys: sequences * context,
});

/** A prefill step: one prompt of `tokens` from the beginning, whose last token gives an output. */
export const prefillWork = (tokens: number): StepWork => ({
  tokens,
  outputs: 1,
  prefillSequences: 1,
  prefillPairs: (tokens * (tokens + 1)) / 2,
  decodeSequences: 0,
  decodeKeys: 0,
});
