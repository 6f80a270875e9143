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
  /** Tokens that all prefill chunks find in the cache in front of them. */
  prefillCached: number;
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

/** A batch that is filled again for every step. */
class EmptyBatch implements StepBatch {
  tokens = 0;
  outputs = 0;
  prefillSequences = 0;
  prefillPairs = 0;
  prefillCached = 0;
  prefillContext = 0;
  decodeSequences = 0;
  decodeKeys = 0;
  decodeContext = 0;
}

export const emptyBatch = (): StepBatch => new EmptyBatch();

/** Makes a batch empty again: one object serves all steps of a replica. */
export const clearBatch = (batch: StepBatch): void => {
  batch.tokens = 0;
  batch.outputs = 0;
  batch.prefillSequences = 0;
  batch.prefillPairs = 0;
  batch.prefillCached = 0;
  batch.prefillContext = 0;
  batch.decodeSequences = 0;
  batch.decodeKeys = 0;
  batch.decodeContext = 0;
};
