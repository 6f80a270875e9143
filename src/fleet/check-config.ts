import { InputError } from "../errors.ts";
import type { ReplicaConfig } from "../replica/config.ts";
import type { Request, Work } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { checkAdmission } from "./admission/check.ts";
import type { RateLimitSettings } from "./admission/settings.ts";
import { checkChurn } from "./churn/check.ts";
import { checkColdStart } from "./cold-start/check.ts";
import type { FleetConfig } from "./config.ts";
import { isServable } from "./gateway.ts";
import { checkPolicy, limitsOf } from "./policy.ts";

/**
 * Refuses a configuration that contradicts itself.
 *
 * @throws InputError with the scenario's name of the setting
 */
export const checkConfig = (config: Omit<FleetConfig, "requests">): void => {
  checkReplica(config.replica);
  if (!((config.concurrencyLimit ?? 1) >= 1)) {
    throw new InputError(
      "admission.concurrency_limit",
      `expected 1 or more, got ${config.concurrencyLimit}: no request would be served`,
      "Leave it out for none.",
    );
  }
  checkPolicy(config.policy);
  checkAdmission(config);
  if (config.churn !== undefined) checkChurn(config.churn);
  checkColdStart(config.coldStart, config.startUp);
  checkWarmPool(config);
};

const checkWarmPool = ({ policy, startUp }: Pick<FleetConfig, "policy" | "startUp">): void => {
  if (policy.kind === "fixed" || startUp?.warmPool == null) return;
  const [, most] = limitsOf(policy);
  if (startUp.warmPool.size <= most) return;
  throw new InputError(
    "cold_start.warm_pool.size",
    `expected at most what the policy may want, ${most}, got ${startUp.warmPool.size}`,
    "A scale-up never takes more: make the pool smaller.",
  );
};

const checkReplica = (replica: ReplicaConfig): void => {
  const limits: readonly [string, number, number][] = [
    ["max_num_seqs", replica.maxNumSeqs, 1],
    ["max_num_batched_tokens", replica.maxNumBatchedTokens, 1],
    ["max_model_len", replica.maxModelLen, 1],
    ["block_size", replica.blockSize, 1],
    ["num_gpu_blocks", replica.numGpuBlocks, 2],
  ];
  for (const [name, value, least] of limits) {
    if (!Number.isInteger(value) || value < least) {
      throw new InputError(
        `replica.${name}`,
        `expected a whole number of ${least} or more, got ${value}`,
        "See the replica section of `ballast init`.",
      );
    }
  }
  if (replica.maxNumBatchedTokens < replica.maxNumSeqs) {
    throw new InputError(
      "replica.max_num_batched_tokens",
      `expected at least max_num_seqs, ${replica.maxNumSeqs}, got ${replica.maxNumBatchedTokens}: vLLM does not start so`,
      "Raise the token budget, or lower max_num_seqs.",
    );
  }
  if (!replica.enableChunkedPrefill && replica.maxNumBatchedTokens < replica.maxModelLen) {
    throw new InputError(
      "replica.max_num_batched_tokens",
      `expected at least max_model_len, ${replica.maxModelLen}, since chunked prefill is off, got ${replica.maxNumBatchedTokens}: vLLM does not start so`,
      "Raise the token budget, lower max_model_len, or set enable_chunked_prefill.",
    );
  }
  if (!(replica.watermark >= 0 && replica.watermark < 1)) {
    throw new InputError("replica.watermark", `expected a share from 0 to below 1, got ${replica.watermark}`, "vLLM's default is 0.");
  }
  if (!(Number.isInteger(replica.longPrefillTokenThreshold) && replica.longPrefillTokenThreshold >= 0)) {
    throw new InputError(
      "replica.long_prefill_token_threshold",
      `expected whole tokens, or 0 for no threshold, got ${replica.longPrefillTokenThreshold}`,
      "vLLM's default is 0.",
    );
  }
};

/**
 * Refuses a request that is malformed.
 *
 * @param index its place in the traffic
 * @param before when the one before it arrived
 * @throws InputError with its place
 */
export const checkRequest = (request: Request, index: number, before: Nanoseconds): void => {
  const { id, arrivedAt } = request;
  const problem =
    id !== index
      ? `expected the id to be its place in order of arrival, got ${id}`
      : Number.isInteger(arrivedAt) && arrivedAt >= before
        ? problemOfWork(request)
        : `expected an arrival in whole nanoseconds, not before ${before}, got ${arrivedAt}`;
  if (problem !== null) throw new InputError(`requests[${index}]`, problem, NEXT_STEP);
  let turn = 1;
  for (let next = request.next; next !== undefined; next = next.next, turn += 1) {
    const wrong =
      Number.isInteger(next.thinkTime) && next.thinkTime >= 0
        ? problemOfWork(next)
        : `expected a think time in whole nanoseconds, got ${next.thinkTime}`;
    if (wrong !== null) throw new InputError(`requests[${index}], turn ${turn}`, wrong, NEXT_STEP);
  }
};

const NEXT_STEP = "Read or generate the traffic with src/traffic.";

const isWhole = (tokens: number): boolean => Number.isInteger(tokens) && tokens >= 1;

const problemOfWork = ({ promptTokens, outputTokens, parts, priority = 0 }: Work): string | null => {
  if (!(isWhole(promptTokens) && isWhole(outputTokens))) {
    return `expected whole token counts of 1 or more, got ${promptTokens} prompt and ${outputTokens} output tokens`;
  }
  const named = parts === undefined ? 0 : parts.reduce((sum, part) => (isWhole(part.tokens) ? sum + part.tokens : NaN), 0);
  if (!(named <= promptTokens)) return `expected parts of whole tokens, at most the prompt's ${promptTokens} in sum, got ${named}`;
  return Number.isFinite(priority) ? null : `expected a finite priority, got ${priority}`;
};

/**
 * Refuses traffic of which the replicas could serve nothing.
 *
 * @throws InputError with the scenario's name of the limit
 */
export const checkServable = (replica: ReplicaConfig, requests: Iterable<Work>): void => {
  let shortest: Work | null = null;
  for (const request of requests) {
    if (isServable(replica, request)) return;
    if (shortest === null || lengthOf(request) < lengthOf(shortest)) shortest = request;
  }
  if (shortest === null) return;
  const room = (replica.numGpuBlocks - 1) * replica.blockSize;
  // max_model_len is what the cache holds where nobody has said less.
  const [place, most] = room <= replica.maxModelLen ? ["replica.num_gpu_blocks", room] : ["replica.max_model_len", replica.maxModelLen];
  throw new InputError(
    place,
    `expected room for at least the shortest request, ${lengthOf(shortest)} tokens, got ${most}: every request would be rejected`,
    place === "replica.max_model_len"
      ? "Raise it."
      : "Give the server more KV blocks: more memory, a smaller model, or fewer bytes per token.",
  );
};

/**
 * Refuses a rate limit in tokens of which no request could ever pass.
 *
 * @throws InputError with the scenario's name of the limit
 */
export const checkRateLimit = (limit: RateLimitSettings | undefined, requests: Iterable<Work>): void => {
  if (limit?.unit !== "tokens") return;
  let shortest = Infinity;
  for (const request of requests) {
    shortest = Math.min(shortest, lengthOf(request));
    if (shortest <= limit.burst) return;
  }
  if (shortest === Infinity) return;
  throw new InputError(
    "admission.rate_limit.burst",
    `expected at least the shortest request, ${shortest} tokens, since unit is tokens, got ${limit.burst}: every request would be rejected`,
    "Give a burst in tokens that holds the longest request, or set unit: requests.",
  );
};

const lengthOf = (request: Work): number => request.promptTokens + request.outputTokens;
