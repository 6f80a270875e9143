import { describe, expect, it } from "vitest";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import type { Run } from "../../../src/fleet/run.ts";
import { routerSchema, type RouterSettings } from "../../../src/fleet/settings.ts";
import { simulate } from "../../../src/fleet/simulate.ts";
import type { StepTimeModel } from "../../../src/replica/step-batch.ts";
import { createStreams } from "../../../src/sim/streams.ts";
import { generate } from "../../../src/traffic/generate.ts";
import { trafficSchema, type Traffic } from "../../../src/traffic/schema.ts";
import { fleetConfig, roomyReplica } from "../configs.ts";

type Generated = Parameters<typeof generate>[0];

/** About a GPU's: 8 ms a step, 60 µs a token of a prompt. */
const stepTime: StepTimeModel = { stepTime: ({ tokens }) => 8_000_000 + tokens * 60_000, isExtrapolated: () => false };

const lengths = { prompt: { kind: "constant", tokens: 200 }, output: { kind: "constant", tokens: 50 } };

/** Four replicas. */
const runOf = (traffic: Traffic, router: Partial<RouterSettings>, more: Partial<FleetConfig> = {}): Run =>
  simulate(
    fleetConfig({
      requests: generate(traffic as Generated, createStreams(1)),
      stepTime,
      router: routerSchema.parse(router),
      policy: { kind: "fixed", replicas: 4 },
      replica: { ...roomyReplica, maxNumBatchedTokens: 2048, maxModelLen: 8192, numGpuBlocks: 4000 },
      ...more,
    }),
  );

describe("sessions of 6 turns", () => {
  const traffic = trafficSchema.parse({
    kind: "sessions",
    sessions_per_s: 1,
    duration_s: 100,
    turns: { kind: "constant", turns: 6 },
    think_s: { kind: "exponential", mean_s: 5 },
    system_tokens: 100,
    max_prompt_tokens: 4000,
    ...lengths,
  });
  const hitShare = (router: Partial<RouterSettings>): number => {
    const { hit_tokens, queried_tokens } = runOf(traffic, router).prefix_cache!;
    return hit_tokens / queried_tokens;
  };
  const byChance = hitShare({ kind: "random" });

  it.each<Partial<RouterSettings>>([{ kind: "session-affinity" }, { kind: "prefix-aware" }, { kind: "consistent-hash", key: "session" }])(
    "find at least 1.3 times as much of their prompts in the cache with $kind as by chance",
    (router) => {
      expect(hitShare(router) / byChance).toBeGreaterThan(1.3);
    },
  );

  it("find no more with a router that looks at load alone", () => {
    for (const kind of ["round-robin", "least-outstanding", "power-of-two", "least-kv"] as const) {
      expect(hitShare({ kind }) / byChance).toBeLessThan(1.1);
    }
  });
});

describe("requests that are served one at a time, for 415 ms, at 60 % load", () => {
  const traffic = trafficSchema.parse({ kind: "poisson", requests_per_s: 5.8, duration_s: 200, ...lengths });
  const replica = { ...roomyReplica, maxNumSeqs: 1 };
  const meanTtft = (router: Partial<RouterSettings>): number => runOf(traffic, router, { replica }).latency.ttft_s!.mean;

  it("wait less with two choices than with one, and less still with the least loaded of all", () => {
    const [one, two, all] = [{ kind: "random" }, { kind: "power-of-two" }, { kind: "least-outstanding" }] as const;
    expect(meanTtft(two)).toBeLessThan(meanTtft(one));
    expect(meanTtft(all)).toBeLessThan(meanTtft(two));
  });

  it("with old information herd to the least loaded of all, so that two choices are better (Mitzenmacher 2000)", () => {
    const scrape_interval_s = 1;
    const two = meanTtft({ kind: "power-of-two", scrape_interval_s });
    const all = meanTtft({ kind: "least-outstanding", scrape_interval_s });
    expect(all).toBeGreaterThan(two);
    expect(all).toBeGreaterThan(meanTtft({ kind: "least-outstanding" }));
  });

  it("are drawn otherwise with another seed, and with the same one where the router draws nothing", () => {
    const end = (kind: "random" | "round-robin", seed: number): number => runOf(traffic, { kind }, { seed, replica }).ended_at_s;
    expect(end("random", 1)).not.toBe(end("random", 2));
    expect(end("round-robin", 1)).toBe(end("round-robin", 2));
  });
});
