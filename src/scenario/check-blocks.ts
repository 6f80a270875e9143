import { InputError } from "../errors.ts";
import type { ReplicaConfig } from "../replica/config.ts";
import type { Request, Work } from "../traffic/request.ts";
import type { Traffic } from "../traffic/schema.ts";

/**
 * Holds a trace's longest prompt against the KV cache that the user has stated: vLLM would never admit a prompt that does not fit into it. Where the
 * number of blocks is an estimate, or the trace says that such requests are kept, they are rejected in the run instead, and counted.
 *
 * @param place the scenario's file, for messages
 * @throws InputError with the request's place in the trace
 */
export const checkBlocks = (traffic: Traffic, requests: Iterable<Request>, replica: ReplicaConfig, place: string): void => {
  if (traffic.kind !== "trace" || traffic.beyond_context === "keep") return;
  const room = (replica.numGpuBlocks - 1) * replica.blockSize;
  let longest: { readonly id: number; readonly tokens: number } = { id: 0, tokens: 0 };
  for (const request of requests) {
    for (let work: Work | undefined = request; work !== undefined; work = work.next) {
      if (work.promptTokens > longest.tokens) longest = { id: request.id, tokens: work.promptTokens };
    }
  }
  if (longest.tokens <= room) return;
  throw new InputError(
    `${place}: replica.num_gpu_blocks`,
    `expected room for the longest prompt, ${longest.tokens} tokens (request ${longest.id + 1} of ${traffic.file}), got ${replica.numGpuBlocks} blocks, which hold ${room}: vLLM would never admit it`,
    "Give more blocks, or write `beyond_context: keep`: such requests are then rejected, and each counts as a miss.",
  );
};
