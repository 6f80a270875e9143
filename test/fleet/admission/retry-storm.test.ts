import { describe, expect, it } from "vitest";
import { clientsSchema, type ClientSettings } from "../../../src/fleet/admission/settings.ts";
import { createStreams } from "../../../src/sim/streams.ts";
import type { StepTimeModel } from "../../../src/replica/step-batch.ts";
import type { Request } from "../../../src/traffic/request.ts";
import { fleetConfig, roomyReplica, simulateAll } from "../configs.ts";

/** A step grows with its batch, so that a server finishes 10 requests/s of 50 tokens at most, each the later the more it serves at once. */
const growing: StepTimeModel = { stepTime: ({ tokens }) => 10_000_000 + 2_000_000 * tokens, isExtrapolated: () => false };

const CALM = 6;
const BURST = { from: 60, to: 90, rate: 25 };
const END = 240;
const second = 1e9;

const traffic = (hasBurst: boolean, seed: number): Request[] => {
  const stream = createStreams(seed).named("arrivals");
  const requests: Request[] = [];
  for (let at = 0; at < END;) {
    const rate = hasBurst && at >= BURST.from && at < BURST.to ? BURST.rate : CALM;
    at += stream.exponential(1 / rate);
    requests.push({ id: requests.length, arrivedAt: Math.round(at * second), promptTokens: 1, outputTokens: 50 });
  }
  return requests;
};

/** The share of requests answered that were first sent from a minute after the burst on, and the attempts at each of them. */
const afterBurst = (clients: ClientSettings, hasBurst: boolean, seed: number) => {
  const { requests } = simulateAll(
    fleetConfig({
      stepTime: growing,
      replica: { ...roomyReplica, enablePrefixCaching: false },
      requests: traffic(hasBurst, seed),
      clients,
      seed,
    }),
  );
  const later = requests.filter(({ arrivedAt }) => arrivedAt >= (BURST.to + 60) * second);
  return {
    answered: later.filter(({ state }) => state === "finished").length / later.length,
    attempts: later.reduce((sum, { attempts }) => sum + attempts, 0) / later.length,
  };
};

const eager = clientsSchema.parse({
  timeout_s: 4,
  retry: { max_attempts: 10, backoff_s: 0.01, factor: 1, max_backoff_s: 0.01, jitter: "none" },
});
const patient = clientsSchema.parse({ timeout_s: 4, retry: { max_attempts: 10, budget: { ratio: 0.1, burst: 10 } } });
const seeds = [1, 2, 3];

describe("a retry storm, at 60 % of what the server can do, from a minute after a burst on", () => {
  it.each(seeds)("without the burst, clients that try again at once do no harm (seed %i)", (seed) => {
    expect(afterBurst(eager, false, seed).answered).toBeGreaterThan(0.99);
  });

  it.each(seeds)("after it, they keep the server from answering all but a few: it has failed for good (seed %i)", (seed) => {
    const { answered, attempts } = afterBurst(eager, true, seed);
    expect(answered).toBeLessThan(0.15);
    expect(attempts).toBeGreaterThan(8);
  });

  it.each(seeds)("clients that back off within a budget let it recover (seed %i)", (seed) => {
    const { answered, attempts } = afterBurst(patient, true, seed);
    expect(answered).toBeGreaterThan(0.98);
    expect(attempts).toBeLessThan(1.2);
  });

  it.each(seeds)("clients that never try again let it recover (seed %i)", (seed) => {
    expect(afterBurst({ timeout_s: 4 }, true, seed).answered).toBeGreaterThan(0.98);
  });
});
