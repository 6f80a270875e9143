import type { Nanoseconds } from "../units.ts";

/**
 * What one engine step works on, summed over its sequences: all that the step-time model needs.
 *
 * A sequence that prefills a chunk of c tokens behind p tokens already in the cache adds c tokens and c·p + c·(c+1)/2
 * query–key pairs (causal attention). A decoding sequence adds one token and as many keys as it attends to (itself included).
 */
export interface StepBatch {
  /** Tokens scheduled in the step, prefill and decode together. */
  tokens: number;
  /** Sequences that produce a token in this step. */
  outputs: number;
  prefillSequences: number;
  /** Query–key pairs of all prefill chunks. */
  prefillPairs: number;
  /** Longest context of a prefill chunk, its own tokens included; 0 without one. */
  prefillContext: number;
  decodeSequences: number;
  /** Keys attended to by all decoding sequences. */
  decodeKeys: number;
  /** Longest context among decoding sequences; 0 without one. */
  decodeContext: number;
}

/** How long a step takes. Pure: the same batch always takes the same time. */
export interface StepTimeModel {
  /** Whole nanoseconds, rounded once, at least 1. */
  stepTime(batch: StepBatch): Nanoseconds;
  /** Whether any of the batch's sizes lies outside what was measured. */
  isExtrapolated(batch: StepBatch): boolean;
}
