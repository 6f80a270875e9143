import type { Seconds } from "../units.ts";
import type { ComposedCurve } from "./step-curve.ts";

/** The part of a composed curve that says how long a step takes. */
export type StepTerms = Omit<ComposedCurve, "kind" | "valid" | "error">;

/** What a step works on; sums over its sequences (see `StepBatch`, which is one of these). */
export interface StepWork {
  readonly tokens: number;
  readonly outputs: number;
  readonly prefillSequences: number;
  readonly prefillPairs: number;
  readonly decodeSequences: number;
  readonly decodeKeys: number;
  /** The longest context among decoding sequences. */
  readonly decodeContext: number;
}

/** Seconds of one step by the formula given with `composedCurveSchema`, where the values of both tables are known. */
export const composedSeconds = (terms: StepTerms, linear: Seconds, head: Seconds, work: StepWork): Seconds => {
  const { prefill_attention: prefill, decode_attention: decode } = terms;
  return (
    terms.overhead_s +
    linear +
    head +
    terms.per_token_s * work.tokens +
    prefill.setup_s * work.prefillSequences +
    prefill.per_token_s * (work.tokens - work.decodeSequences) +
    prefill.per_pair_s * work.prefillPairs +
    (work.decodeSequences > 0 ? decode.setup_s + decode.per_sequence_s * work.decodeSequences + decode.per_key_s * work.decodeKeys : 0)
  );
};
