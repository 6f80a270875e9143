import { describe, expect, it } from "vitest";
import type { FleetConfig } from "../../src/fleet/config.ts";
import { checkRateLimit, checkServable } from "../../src/fleet/check-config.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import type { ReplicaConfig } from "../../src/replica/config.ts";
import { InputError } from "../../src/errors.ts";
import { fleetConfig, requestsOf, roomyReplica } from "./configs.ts";

const messageFrom = (action: () => void): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
};

const messageOf = (parts: Partial<FleetConfig>): string =>
  messageFrom(() => simulate(fleetConfig({ requests: requestsOf([0, 100, 50]), ...parts })));

const request = { id: 0, arrivedAt: 0, promptTokens: 100, outputTokens: 50 };
const hpa = { kind: "hpa", metric: "requests_in_flight", target_average: 1 } as const;

describe("a configuration that cannot be is refused with place, rule, value and next step", () => {
  it("server limits", () => {
    expect([
      messageOf({ replica: { ...roomyReplica, maxNumSeqs: 0 } }),
      messageOf({ replica: { ...roomyReplica, maxNumBatchedTokens: 0 } }),
      messageOf({ replica: { ...roomyReplica, blockSize: 1.5 } }),
      messageOf({ replica: { ...roomyReplica, numGpuBlocks: 1 } }),
      messageOf({ replica: { ...roomyReplica, maxNumBatchedTokens: 63 } }),
      messageOf({ replica: { ...roomyReplica, maxNumBatchedTokens: 64 } }),
      messageOf({ replica: { ...roomyReplica, enableChunkedPrefill: false } }),
      messageOf({ replica: { ...roomyReplica, enableChunkedPrefill: false, maxNumBatchedTokens: 4096 } }),
      messageOf({ replica: { ...roomyReplica, watermark: 1 } }),
      messageOf({ replica: { ...roomyReplica, longPrefillTokenThreshold: -1 } }),
    ]).toMatchInlineSnapshot(`
      [
        "replica.max_num_seqs: expected a whole number of 1 or more, got 0. See the replica section of \`ballast init\`.",
        "replica.max_num_batched_tokens: expected a whole number of 1 or more, got 0. See the replica section of \`ballast init\`.",
        "replica.block_size: expected a whole number of 1 or more, got 1.5. See the replica section of \`ballast init\`.",
        "replica.num_gpu_blocks: expected a whole number of 2 or more, got 1. See the replica section of \`ballast init\`.",
        "replica.max_num_batched_tokens: expected at least max_num_seqs, 64, got 63: vLLM does not start so. Raise the token budget, or lower max_num_seqs.",
        "accepted",
        "replica.max_num_batched_tokens: expected at least max_model_len, 4096, since chunked prefill is off, got 512: vLLM does not start so. Raise the token budget, lower max_model_len, or set enable_chunked_prefill.",
        "accepted",
        "replica.watermark: expected a share from 0 to below 1, got 1. vLLM's default is 0.",
        "replica.long_prefill_token_threshold: expected whole tokens, or 0 for no threshold, got -1. vLLM's default is 0.",
      ]
    `);
  });

  it("no request would be served", () => {
    const servable = (limits: Partial<ReplicaConfig>) =>
      messageFrom(() => checkServable({ ...roomyReplica, ...limits }, requestsOf([0, 100, 50], [0, 4000, 97])));
    expect([servable({ numGpuBlocks: 10 }), servable({ numGpuBlocks: 11 }), servable({ maxModelLen: 149 }), servable({ maxModelLen: 150 })])
      .toMatchInlineSnapshot(`
      [
        "replica.num_gpu_blocks: expected room for at least the shortest request, 150 tokens, got 144: every request would be rejected. Give the server more KV blocks: more memory, a smaller model, or fewer bytes per token.",
        "accepted",
        "replica.max_model_len: expected room for at least the shortest request, 150 tokens, got 149: every request would be rejected. Raise it.",
        "accepted",
      ]
    `);
  });

  it("a rate limit in tokens lets no request through", () => {
    const limited = (unit: "tokens" | "requests", burst: number) =>
      messageFrom(() =>
        checkRateLimit({ rate: 20, burst, unit, per: "fleet", max_delay_s: 0 }, requestsOf([0, 100, 50], [0, 4000, 97], [0, 90, 40])),
      );
    expect([limited("tokens", 129), limited("tokens", 130), limited("requests", 1), messageFrom(() => checkRateLimit(undefined, []))])
      .toMatchInlineSnapshot(`
        [
          "admission.rate_limit.burst: expected at least the shortest request, 130 tokens, since unit is tokens, got 129: every request would be rejected. Give a burst in tokens that holds the longest request, or set unit: requests.",
          "accepted",
          "accepted",
          "accepted",
        ]
      `);
  });

  it("policy and cold start", () => {
    expect([
      messageOf({ policy: { ...hpa, min_replicas: 3, max_replicas: 2 } }),
      messageOf({ coldStart: [{ name: "weights", state: "loading", duration: -1 }] }),
      messageOf({ coldStart: [{ name: "weights", state: "loading", duration: NaN }] }),
    ]).toMatchInlineSnapshot(`
      [
        "policy.min_replicas: expected at most max_replicas, 2, got 3. Swap the two, or raise max_replicas.",
        "cold_start, phase "weights": expected a time of 0 s or more, got -1. Give its seconds.",
        "cold_start, phase "weights": expected a time of 0 s or more, got NaN. Give its seconds.",
      ]
    `);
  });

  it("requests", () => {
    expect([
      messageOf({ requests: [{ ...request, id: 1 }] }),
      messageOf({
        requests: [
          { ...request, arrivedAt: 10 },
          { ...request, id: 1, arrivedAt: 9 },
        ],
      }),
      messageOf({ requests: [{ ...request, arrivedAt: 0.5 }] }),
      messageOf({ requests: [{ ...request, promptTokens: 0 }] }),
      messageOf({ requests: [{ ...request, parts: [{ id: 1, tokens: 101 }] }] }),
      messageOf({ requests: [{ ...request, parts: [{ id: 1, tokens: 100 }] }] }),
      messageOf({ requests: [{ ...request, next: { thinkTime: 0.5, promptTokens: 1, outputTokens: 1 } }] }),
      messageOf({ requests: [{ ...request, next: { thinkTime: 1, promptTokens: 1, outputTokens: 0 } }] }),
      messageOf({ requests: [{ ...request, priority: NaN }] }),
      messageOf({ concurrencyLimit: 0 }),
    ]).toMatchInlineSnapshot(`
      [
        "requests[0]: expected the id to be its place in order of arrival, got 1. Read or generate the traffic with src/traffic.",
        "requests[1]: expected an arrival in whole nanoseconds, not before 10, got 9. Read or generate the traffic with src/traffic.",
        "requests[0]: expected an arrival in whole nanoseconds, not before 0, got 0.5. Read or generate the traffic with src/traffic.",
        "requests[0]: expected whole token counts of 1 or more, got 0 prompt and 50 output tokens. Read or generate the traffic with src/traffic.",
        "requests[0]: expected parts of whole tokens, at most the prompt's 100 in sum, got 101. Read or generate the traffic with src/traffic.",
        "accepted",
        "requests[0], turn 1: expected a think time in whole nanoseconds, got 0.5. Read or generate the traffic with src/traffic.",
        "requests[0], turn 1: expected whole token counts of 1 or more, got 1 prompt and 0 output tokens. Read or generate the traffic with src/traffic.",
        "requests[0]: expected a finite priority, got NaN. Read or generate the traffic with src/traffic.",
        "admission.concurrency_limit: expected 1 or more, got 0: no request would be served. Leave it out for none.",
      ]
    `);
  });
});
