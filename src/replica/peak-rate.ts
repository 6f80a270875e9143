import { toSeconds } from "../units.ts";
import type { ReplicaConfig } from "./config.ts";
import { clearBatch, emptyBatch, type StepBatch, type StepTimeModel } from "./step-batch.ts";

/**
 * The most tokens a second that one replica's steps can compute: the best of full and partial batches within its limits, by the step-time
 * model.
 *
 * Tried are steps of 1, 2, 4 … tokens up to `max_num_batched_tokens`: as decodes with one block of context each, and as whole prompts, 1, 4,
 * 16 … of them and each alike. So it is the peak of short contexts: longer ones cost attention that this rate leaves out. Step times are
 * the model's own, extrapolated ones included.
 */
export const peakTokenRate = (stepTime: StepTimeModel, config: ReplicaConfig): number => {
  const { maxNumBatchedTokens, maxNumSeqs, maxModelLen, blockSize, numGpuBlocks } = config;
  const batch = emptyBatch();
  let best = 0;
  const consider = (sequences: number, context: number): void => {
    if (sequences > maxNumSeqs || context >= maxModelLen || sequences * Math.ceil(context / blockSize) > numGpuBlocks - 1) return;
    best = Math.max(best, batch.tokens / toSeconds(stepTime.stepTime(batch)));
  };
  for (const tokens of upTo(maxNumBatchedTokens, 2)) {
    const context = Math.min(blockSize, maxModelLen - 1);
    decodes(batch, tokens, context);
    consider(tokens, context);
    for (const sequences of upTo(Math.min(tokens, maxNumSeqs), 4)) {
      const each = Math.floor(tokens / sequences);
      prompts(batch, sequences, each);
      consider(sequences, each);
    }
  }
  return best;
};

/** 1, a factor more each time, and the most itself. */
const upTo = (most: number, factor: number): number[] => {
  const sizes: number[] = [];
  for (let size = 1; size < most; size *= factor) sizes.push(size);
  return [...sizes, most];
};

const decodes = (batch: StepBatch, sequences: number, context: number): void => {
  clearBatch(batch);
  batch.tokens = sequences;
  batch.outputs = sequences;
  batch.decodeSequences = sequences;
  batch.decodeKeys = sequences * context;
  batch.decodeContext = context;
};

const prompts = (batch: StepBatch, sequences: number, tokens: number): void => {
  clearBatch(batch);
  batch.tokens = sequences * tokens;
  batch.outputs = sequences;
  batch.prefillSequences = sequences;
  batch.prefillPairs = (sequences * tokens * (tokens + 1)) / 2;
  batch.prefillContext = tokens;
};
