import { describe, expect, it } from "vitest";
import { schedulerDefaults } from "../../src/replica/config.ts";
import type { StepTimeModel } from "../../src/replica/step-batch.ts";
import { createStreams } from "../../src/sim/streams.ts";
import type { Stream } from "../../src/sim/streams.ts";
import type { Request } from "../../src/traffic/request.ts";
import { fleetConfig, simulateAll } from "./configs.ts";

/**
 * Replicas reduced to plain servers: one request at a time, one output token, and a step that takes a microsecond a prompt token.
 * Then the time to first token is waiting plus service, and queueing theory knows its mean.
 */
const microsecondPerToken: StepTimeModel = { stepTime: (batch) => batch.tokens * 1000, isExtrapolated: () => false };
const plainServer = {
  ...schedulerDefaults,
  enablePrefixCaching: false,
  maxNumSeqs: 1,
  maxNumBatchedTokens: 1e8,
  maxModelLen: 1e9,
  blockSize: 1e6,
  numGpuBlocks: 1000,
};
const SERVICE_S = 0.01;

const isLong = process.env["BALLAST_LONG"] === "1";
const REPLICATIONS = 20;
const ARRIVALS = isLong ? 1_000_000 : 20_000;

const meanWait = (seed: number, servers: number, load: number, service: (stream: Stream) => number): number => {
  const streams = createStreams(seed);
  const gaps = streams.named("arrivals");
  const services = streams.named("service");
  let arrivedAt = 0;
  const requests: Request[] = Array.from({ length: ARRIVALS }, (_, id) => {
    arrivedAt += Math.round(gaps.exponential((SERVICE_S / load / servers) * 1e9));
    return { id, arrivedAt, promptTokens: Math.max(1, Math.round(service(services) * 1e6)), outputTokens: 1 };
  });
  const result = simulateAll(
    fleetConfig({ requests, stepTime: microsecondPerToken, replica: plainServer, policy: { kind: "fixed", replicas: servers } }),
  );
  // The first tenth is warm-up from an empty queue.
  const steady = result.requests.slice(ARRIVALS / 10);
  return (
    steady.reduce((sum, { firstTokenAt, arrivedAt: from, promptTokens }) => sum + firstTokenAt! - from - promptTokens * 1000, 0) /
    steady.length /
    1e9
  );
};

describe("closed forms of queueing theory, inside the 99 % interval of 20 replications", () => {
  it.each([
    ["M/D/1", 0.5, (SERVICE_S * 0.5) / (2 * (1 - 0.5)), () => SERVICE_S],
    ["M/D/1", 0.8, (SERVICE_S * 0.8) / (2 * (1 - 0.8)), () => SERVICE_S],
    ["M/M/1", 0.5, (SERVICE_S * 0.5) / (1 - 0.5), (stream: Stream) => stream.exponential(SERVICE_S)],
    ["M/M/1", 0.8, (SERVICE_S * 0.8) / (1 - 0.8), (stream: Stream) => stream.exponential(SERVICE_S)],
  ])("%s at load %f waits %f s on average", (_, load, expected, service) => {
    const means = Array.from({ length: REPLICATIONS }, (_unused, seed) => meanWait(seed, 1, load, service));
    const mean = means.reduce((a, b) => a + b) / REPLICATIONS;
    const deviation = Math.sqrt(means.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / (REPLICATIONS - 1));
    // Student's t for 19 degrees of freedom, two-sided 99 %.
    const halfWidth = (2.861 * deviation) / Math.sqrt(REPLICATIONS);
    expect(Math.abs(mean - expected)).toBeLessThan(halfWidth);
    expect(halfWidth / expected).toBeLessThan(isLong ? 0.02 : 0.06);
  });
});
