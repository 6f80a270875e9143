import type { Bytes } from "../units.ts";

/** What a batch may hold at most, by its names in vLLM. */
export interface BatchLimits {
  readonly max_num_seqs: number;
  readonly max_num_batched_tokens: number;
}

/** From this much memory on, vLLM takes a GPU for a large one. */
const LARGE: Bytes = 70 * 2 ** 30;

/**
 * The limits that `vllm serve` takes where the user gives none: 1,024 sequences and 8,192 tokens on a GPU with 70 GiB or more that is not
 * an A100, else 256 and 2,048 (EngineArgs.get_batch_defaults in vllm/engine/arg_utils.py).
 *
 * @param name of the device
 */
export const batchDefaults = (memory: Bytes, name: string): BatchLimits =>
  memory >= LARGE && !/\ba100\b/iu.test(name)
    ? { max_num_seqs: 1024, max_num_batched_tokens: 8192 }
    : { max_num_seqs: 256, max_num_batched_tokens: 2048 };

/** The limits of a server: those given, and vLLM's defaults for the others. Where only the sequences are given, the tokens are at least as many. */
export const batchLimits = (given: Partial<BatchLimits>, memory: Bytes, name: string): BatchLimits => {
  const defaults = batchDefaults(memory, name);
  const max_num_seqs = given.max_num_seqs ?? Math.min(defaults.max_num_seqs, given.max_num_batched_tokens ?? Infinity);
  return { max_num_seqs, max_num_batched_tokens: given.max_num_batched_tokens ?? Math.max(defaults.max_num_batched_tokens, max_num_seqs) };
};
