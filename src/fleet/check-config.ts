import { InputError } from "../errors.ts";
import type { ReplicaConfig } from "../replica/config.ts";
import type { Request } from "../traffic/request.ts";
import type { FleetConfig } from "./config.ts";
import { isServable } from "./fleet.ts";
import type { Policy } from "./settings.ts";

/**
 * Refuses a configuration that contradicts itself, or whose replicas could serve none of the requests.
 *
 * @throws InputError with the scenario's name of the setting
 */
export const checkConfig = (config: FleetConfig): void => {
  checkReplica(config.replica);
  checkPolicy(config.policy);
  for (const { name, duration } of config.coldStart) {
    if (!(duration >= 0 && duration < Infinity)) {
      throw new InputError(`cold_start, phase "${name}"`, `expected a time of 0 s or more, got ${duration}`, "Give its seconds.");
    }
  }
  checkRequests(config.requests);
  checkServable(config);
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
};

const checkPolicy = (policy: Policy): void => {
  if (policy.kind === "hpa" && policy.min_replicas > policy.max_replicas) {
    throw new InputError(
      "policy.min_replicas",
      `expected at most max_replicas, ${policy.max_replicas}, got ${policy.min_replicas}`,
      "Swap the two, or raise max_replicas.",
    );
  }
};

const checkRequests = (requests: readonly Request[]): void => {
  let before = 0;
  for (const [index, { id, arrivedAt, promptTokens, outputTokens }] of requests.entries()) {
    const problem =
      id !== index
        ? `expected the id to be its place in order of arrival, got ${id}`
        : !(Number.isInteger(arrivedAt) && arrivedAt >= before)
          ? `expected an arrival in whole nanoseconds, not before ${before}, got ${arrivedAt}`
          : !(Number.isInteger(promptTokens) && promptTokens >= 1 && Number.isInteger(outputTokens) && outputTokens >= 1)
            ? `expected whole token counts of 1 or more, got ${promptTokens} prompt and ${outputTokens} output tokens`
            : null;
    if (problem !== null) throw new InputError(`requests[${index}]`, problem, "Read or generate the traffic with src/traffic.");
    before = arrivedAt;
  }
};

const checkServable = ({ replica, requests }: FleetConfig): void => {
  const shortest = requests.reduce<Request | null>(
    (best, request) => (best === null || lengthOf(request) < lengthOf(best) ? request : best),
    null,
  );
  if (shortest === null || isServable({ config: replica }, shortest.promptTokens, shortest.outputTokens)) return;
  const room = (replica.numGpuBlocks - 1) * replica.blockSize;
  const [place, most] = room < replica.maxModelLen ? ["replica.num_gpu_blocks", room] : ["replica.max_model_len", replica.maxModelLen];
  throw new InputError(
    place,
    `expected room for at least the shortest request, ${lengthOf(shortest)} tokens, got ${most}: every request would be rejected`,
    place === "replica.max_model_len"
      ? "Raise it."
      : "Give the server more KV blocks: more memory, a smaller model, or fewer bytes per token.",
  );
};

const lengthOf = (request: Request): number => request.promptTokens + request.outputTokens;
