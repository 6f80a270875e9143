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

/** What else vLLM looks at for its defaults. */
export interface BatchContext {
  readonly max_model_len?: number | undefined;
  readonly enable_chunked_prefill?: boolean | undefined;
}

/**
 * The limits of a server: those given, and vLLM's defaults for the others. The default of the tokens is at least `max_model_len` without chunked
 * prefill, and no more than all sequences can have.
 */
export const batchLimits = (given: Partial<BatchLimits> & BatchContext, memory: Bytes, name: string): BatchLimits => {
  const defaults = batchDefaults(memory, name);
  const { max_model_len: longest = Infinity, enable_chunked_prefill: isChunked = true } = given;
  const max_num_seqs = given.max_num_seqs ?? Math.min(defaults.max_num_seqs, given.max_num_batched_tokens ?? Infinity);
  const least = isChunked || longest === Infinity ? 0 : longest;
  const tokens = Math.min(Math.max(defaults.max_num_batched_tokens, least), max_num_seqs * longest);
  return { max_num_seqs, max_num_batched_tokens: given.max_num_batched_tokens ?? tokens };
};
