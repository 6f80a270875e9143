import * as fc from "fast-check";
import type { FleetConfig } from "../../src/fleet/config.ts";
import type { Policy } from "../../src/fleet/settings.ts";
import type { ReplicaConfig } from "../../src/replica/config.ts";
import type { StepTimeModel } from "../../src/replica/step-batch.ts";
import type { Request } from "../../src/traffic/request.ts";

/** A step time that tells every size of the batch apart, so that a batch put together wrongly changes the result. */
export const tellingStepTime: StepTimeModel = {
  stepTime: (batch) =>
    250_000_001 +
    batch.tokens * 10_007 +
    batch.outputs * 1009 +
    batch.prefillSequences * 503 +
    batch.prefillPairs * 101 +
    batch.prefillContext * 53 +
    batch.decodeSequences * 307 +
    batch.decodeKeys * 211 +
    batch.decodeContext * 17,
  isExtrapolated: (batch) => batch.decodeContext > 40 || batch.tokens > 20,
};

/** Whole quarters of a second: steps of several replicas, arrivals and the autoscaler then meet at the same instants. */
export const evenStepTime: StepTimeModel = {
  stepTime: (batch) => 250_000_000 * (1 + batch.prefillSequences),
  isExtrapolated: () => false,
};

/** A server with room for everything. */
export const roomyReplica: ReplicaConfig = {
  maxNumSeqs: 64,
  maxNumBatchedTokens: 512,
  maxModelLen: 4096,
  blockSize: 16,
  numGpuBlocks: 2000,
};

export const fleetConfig = (parts: Partial<FleetConfig> = {}): FleetConfig => ({
  scenario: "test",
  seed: 1,
  requests: [],
  stepTime: tellingStepTime,
  replica: roomyReplica,
  coldStart: [],
  policy: { kind: "fixed", replicas: 1 },
  inputs: [],
  notModelled: [],
  ...parts,
});

/** Requests from (gap in ms, prompt, output) triples. */
export const requestsOf = (...triples: readonly (readonly [gapMs: number, prompt: number, output: number])[]): Request[] => {
  let arrivedAt = 0;
  return triples.map(([gap, promptTokens, outputTokens], id) => {
    arrivedAt += Math.round(gap * 1e6);
    return { id, arrivedAt, promptTokens, outputTokens };
  });
};

const policies: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({ kind: fc.constant("fixed" as const), replicas: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant("hpa" as const),
    min_replicas: fc.integer({ min: 1, max: 2 }),
    max_replicas: fc.integer({ min: 2, max: 5 }),
    metric: fc.constantFrom("vllm:num_requests_running" as const, "vllm:num_requests_waiting" as const, "requests_in_flight" as const),
    target_average: fc.constantFrom(0.5, 1, 2.5),
    initial_replicas: fc.integer({ min: 1, max: 6 }),
  }),
);

/** Servers so small that the limits on sequences, tokens and blocks all bind. */
const tightReplicas: fc.Arbitrary<ReplicaConfig> = fc
  .record({
    maxNumSeqs: fc.integer({ min: 1, max: 6 }),
    extraTokens: fc.integer({ min: 0, max: 24 }),
    maxModelLen: fc.integer({ min: 24, max: 80 }),
    blockSize: fc.integer({ min: 1, max: 8 }),
    spareBlocks: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ extraTokens, spareBlocks, ...rest }) => ({
    ...rest,
    maxNumBatchedTokens: rest.maxNumSeqs + extraTokens,
    numGpuBlocks: 1 + Math.ceil(40 / rest.blockSize) + spareBlocks,
  }));

/** Gaps from a burst at one instant to minutes of silence, so that queues, preemptions, scale-ups and scale-downs all occur. */
const gaps = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2000 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }).map((quarters) => quarters * 250) },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.constant(400_000) },
);

const triples = fc.tuple(gaps, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 40 }));

/** Fleets on which everything that can go wrong does: bursts, preemption, rejection, scaling while busy. */
export const fleets = (): fc.Arbitrary<FleetConfig> =>
  fc
    .record({
      first: fc.tuple(gaps, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 })),
      rest: fc.array(triples, { maxLength: 50, size: "max" }),
      stepTime: fc.constantFrom(tellingStepTime, evenStepTime),
      replica: tightReplicas,
      policy: policies,
      coldStart: fc.array(
        fc.record({
          name: fc.constant("phase"),
          state: fc.constantFrom("provisioning" as const, "loading" as const, "warming" as const),
          duration: fc.constantFrom(0, 0.001, 3, 40),
        }),
        { maxLength: 3 },
      ),
    })
    .map(({ first, rest, ...config }) => fleetConfig({ ...config, requests: requestsOf(first, ...rest) }));
