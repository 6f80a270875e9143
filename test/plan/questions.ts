import fc from "fast-check";
import { stepTimeModel } from "../../src/replica/step-time.ts";
import { schedulerDefaults } from "../../src/replica/config.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import type { Request } from "../../src/traffic/request.ts";
import { deviceModel } from "../fixtures.ts";

/** A question about the fixture's device, with as many requests as a test has patience for. */
export const question = (fields: Partial<Question> = {}): Question => ({
  setup: {
    scenario: "test",
    stepTime: stepTimeModel(deviceModel().step),
    replica: { ...schedulerDefaults, maxNumSeqs: 256, maxNumBatchedTokens: 2048, maxModelLen: 32_768, blockSize: 16, numGpuBlocks: 20_000 },
    coldStart: [{ name: "all of it", state: "loading", duration: 30 }],
    inputs: [],
    notModelled: [],
  },
  objectives: { ttft_p99_s: 1, tpot_p99_s: 0.05 },
  seeds: [1, 2],
  requestsOf: chat(20, 60),
  onProgress: () => {},
  ...fields,
});

/** A scenario of such chat, as people write it. */
export const CHAT_SCENARIO = `
model: Llama-3.1-8B
traffic:
  kind: bursty
  requests_per_s: 20
  duration_s: 60
  burst_s: 5
  calm_s: 20
  prompt: { kind: log-normal, p50_tokens: 800, p99_tokens: 4000, max_tokens: 8000 }
  output: { kind: log-normal, p50_tokens: 50, p99_tokens: 300, max_tokens: 500 }
`;

/** Chat-like requests at a mean rate, drawn anew for each seed. */
export const chat =
  (requestsPerSecond: number, duration: number) =>
  (seed: number): Request[] => [
    ...generate(
      {
        kind: "bursty",
        requests_per_s: requestsPerSecond,
        duration_s: duration,
        burst_factor: 4,
        burst_s: 5,
        calm_s: 20,
        prompt: { kind: "log-normal", p50_tokens: 800, p99_tokens: 4000, max_tokens: 8000 },
        output: { kind: "log-normal", p50_tokens: 50, p99_tokens: 300, max_tokens: 500 },
      },
      createStreams(seed),
    ),
  ];

/** Small questions of every difficulty, most of them with an answer. */
export const questions = (): fc.Arbitrary<Question> =>
  fc
    .record({
      rate: fc.double({ min: 1, max: 60, noNaN: true }),
      ttft: fc.double({ min: 0.2, max: 3, noNaN: true }),
      tpot: fc.double({ min: 0.01, max: 0.1, noNaN: true }),
      maxNumSeqs: fc.constantFrom(4, 32, 256),
      numGpuBlocks: fc.constantFrom(1200, 20_000),
      seed: fc.nat(1000),
    })
    .map(({ rate, ttft, tpot, maxNumSeqs, numGpuBlocks, seed }) => {
      const { setup } = question();
      return question({
        setup: { ...setup, replica: { ...setup.replica, maxNumSeqs, numGpuBlocks } },
        objectives: { ttft_p99_s: ttft, tpot_p99_s: tpot },
        seeds: [seed, seed + 1],
        requestsOf: chat(rate, 300 / rate),
      });
    });
