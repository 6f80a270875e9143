import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetConfig } from "../../src/fleet/config.ts";
import { churnOf, CostlessTwin } from "../../src/fleet/price-churn.ts";
import { simulatePriced } from "../../src/fleet/price-events.ts";
import type { ChurnPrice, EventPrice, ScaleEvent } from "../../src/fleet/run.ts";
import type { PromptPart } from "../../src/traffic/request.ts";
import { admissionSchema } from "../../src/fleet/admission/settings.ts";
import { Simulation } from "../../src/fleet/simulation.ts";
import { runs } from "../runs.ts";
import { fleetConfig, fleets, requestsOf } from "./configs.ts";

const all = { horizon: 1e6, largest: 1000, sampled: 0 };
const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };
const nothing = { unready_gpu_s: 0, gpu_s: 0, request_s: 0, ttft_s: 0, requests_failed: 0 };
const near = (price: ChurnPrice): unknown =>
  Object.fromEntries(Object.entries(price).map(([key, value]) => [key, expect.closeTo(value, 6)]));
const withoutCaches = (config: FleetConfig): FleetConfig => ({ ...config, replica: { ...config.replica, enablePrefixCaching: false } });

describe("what churn costs", () => {
  it("of one scale-up is its cold start, and what requests waited for it", () => {
    // Two run one by one from 10 s; at 15 s a second replica is wanted, which takes 30 s to come. At 20 s a third request waits for the
    // first to finish at 30 s, though not with a replica that comes at once.
    const requests = requestsOf([10_000, 10, 20], [0, 10, 20], [10_000, 10, 10], [60_000, 10, 1]);
    const config = fleetConfig({
      stepTime: oneSecond,
      replica: { ...fleetConfig().replica, maxNumSeqs: 2 },
      coldStart: [{ name: "node", state: "provisioning", duration: 30 }],
      policy: { kind: "hpa", min_replicas: 1, max_replicas: 2, metric: "requests_in_flight", target_average: 1 },
      requests,
    });
    const { churn, scale_events } = simulatePriced(config, all);
    expect(scale_events).toHaveLength(1);
    const price = { unready_gpu_s: 30, gpu_s: 0, request_s: 10, ttft_s: 10, requests_failed: 0 };
    expect(churn).toEqual({
      until_s: 80,
      total: near(price),
      single: near(price),
      interaction: near(nothing),
      events_exact: 1,
      events_sampled: 0,
      events_not_priced: 0,
    });
    expect(scale_events[0]!.price!.churn).toEqual(near(price));
  });

  it("law: nothing, where replicas come at once and there is no cache to lose", () => {
    let events = 0;
    fc.assert(
      fc.property(fleets(), (fleet) => {
        const config = withoutCaches({ ...fleet, coldStart: [], startUp: { keepNode: 0, warmPool: null } });
        const { churn, scale_events } = simulatePriced(config, { ...all, largest: 3 });
        expect(churn?.total ?? nothing).toEqual(nothing);
        expect(churn?.single ?? nothing).toEqual(nothing);
        expect(churn === undefined).toBe(scale_events.length === 0);
        events += scale_events.length;
      }),
      runs(60),
    );
    expect(events).toBeGreaterThan(50);
  });

  it("law: of a fleet's only event all of it is that event's own, and no replica of the twin is ever paid for before it is ready", () => {
    let only = 0;
    fc.assert(
      fc.property(fleets(), (fleet) => {
        const requests = [...fleet.requests].filter(({ arrivedAt }) => arrivedAt < 30e9);
        const config = { ...fleet, requests, startUp: { keepNode: 0, warmPool: null } };
        const { churn, scale_events } = simulatePriced(config, { ...all, largest: 20 });
        const last = Math.max(0, ...requests.map(({ arrivedAt }) => arrivedAt / 1e9));
        const isOnly = scale_events.filter(({ at_s }) => at_s < last).length === 1;
        expect(isOnly ? churn!.interaction : nothing).toEqual(near(nothing));
        if (isOnly && churn!.total.unready_gpu_s > 0) only += 1;
        const early = scale_events.reduce((sum, { price }) => sum + (price?.churn?.unready_gpu_s ?? 0), 0);
        expect(churn?.single.unready_gpu_s ?? 0).toBeCloseTo(early, 6);
        expect(churn?.total.unready_gpu_s ?? 0).toBeGreaterThanOrEqual(-1e-6);
      }),
      runs(100),
    );
    expect(only).toBeGreaterThan(3);
  });

  it("takes a cold cache for what it costs: the twin's new replica finds what the others have", () => {
    const parts: PromptPart[] = [{ id: 7, tokens: 400 }];
    const perToken = { stepTime: (batch: { readonly tokens: number }) => 1e7 * batch.tokens, isExtrapolated: () => false };
    const requests = requestsOf([1000, 416, 2], ...Array.from({ length: 20 }, () => [1400, 416, 2] as const)).map((request) => ({
      ...request,
      parts,
    }));
    const config = fleetConfig({
      stepTime: perToken,
      policy: { kind: "hpa", min_replicas: 2, max_replicas: 2, initial_replicas: 1, metric: "requests_in_flight", target_average: 1 },
      router: { kind: "round-robin" },
      requests,
    });
    const { churn } = simulatePriced(config, all);
    // The first prompt of each replica is computed whole, in 4.16 s; the twin's second replica begins empty too, since nothing was cached yet.
    expect(churn!.total).toEqual(near(nothing));
    const later = simulatePriced(
      { ...config, policy: { ...config.policy, min_replicas: 1, target_average: 0.4 } as FleetConfig["policy"] },
      all,
    );
    expect(later.scale_events[0]).toMatchObject({ at_s: 15, from: 1, to: 2 });
    // 400 tokens that it need not compute, and what waits behind them.
    expect(later.churn!.total.ttft_s).toBeGreaterThanOrEqual(4);
    expect(later.churn!.single).toEqual(near(later.churn!.total));
  });
});

describe("requests that fail", () => {
  // One server, one sequence, no queue: while the second replica starts (15 to 45 s) all others are rejected.
  const config = fleetConfig({
    stepTime: oneSecond,
    replica: { ...fleetConfig().replica, maxNumSeqs: 1 },
    concurrencyLimit: 1,
    admission: admissionSchema.parse({ queue: { max_length: 0 } }),
    coldStart: [{ name: "node", state: "provisioning", duration: 30 }],
    policy: { kind: "hpa", min_replicas: 1, max_replicas: 2, metric: "requests_in_flight", target_average: 0.5 },
    requests: requestsOf([10_000, 10, 100], [10_000, 10, 4], [10_000, 10, 4], [30_000, 10, 4], [20_000, 10, 4]),
  });

  it("are counted, and are no gain in time: a scale-up serves what would be rejected, and its cold start costs rejections", () => {
    const { churn, scale_events, requests } = simulatePriced(config, all);
    expect(requests).toMatchObject({ finished: 3, rejected: 2 });
    const [up] = scale_events;
    expect(up).toMatchObject({ at_s: 15, from: 1, to: 2 });
    // Without it, those of 60 and 80 s are rejected too.
    expect(up!.price).toMatchObject({ requests_failed: -2, requests_helped: 0, requests_hurt: 0, ttft_s: 0, output_tokens: 4 });
    // With a replica at once, those of 20 and 30 s would not have been.
    expect(up!.price!.churn).toMatchObject({ requests_failed: 2, ttft_s: 0 });
    expect(churn!.total).toMatchObject({ requests_failed: 2, ttft_s: 0 });
  });

  it("leave nothing behind, and neither do the turns they keep from being sent, once all have left both sides", () => {
    const next = { thinkTime: 1e9, promptTokens: 10, outputTokens: 2, next: { thinkTime: 1e9, promptTokens: 10, outputTokens: 2 } };
    // Never told to scale, the twin rejects what the run's second replica serves.
    const twin = new CostlessTwin(config);
    const run = new Simulation(config, { onRequest: (record) => twin.leftRun(record) });
    for (const request of config.requests) for (const side of [run, twin]) side.feed({ ...request, next });
    expect(twin.unmatched).toBeGreaterThan(0);
    for (const side of [run, twin]) side.advanceTo(300e9);
    expect(run.readingAt(300e9)).toMatchObject({ failed: 2, outputTokens: 100 + 4 + 4 + 3 * 4 });
    expect(twin.unmatched).toBe(0);
  });
});

describe("priced runs", () => {
  it("law: are the same stepwise and on the fast path: a cache is copied as it is at that instant", () => {
    let compared = 0;
    const hpa = { kind: "hpa", min_replicas: 1, max_replicas: 4, metric: "requests_in_flight", target_average: 1 } as const;
    // Sessions whose turns name all that came before, on one server at first: what a decode has filled is found by the next turn.
    const sessions = fc.array(
      fc.record({
        gap: fc.integer({ min: 100, max: 9000 }),
        output: fc.integer({ min: 8, max: 90 }),
        think: fc.integer({ min: 0, max: 40 }),
      }),
      { minLength: 4, maxLength: 16 },
    );
    const withSessions = sessions.map((drawn) => {
      const requests = requestsOf([10_000, 20, 60], ...drawn.map(({ gap, output }) => [gap, 20, output] as const)).map((request, i) => {
        const parts: PromptPart[] = [{ id: 3 * i, tokens: 20 }];
        const { outputTokens } = request;
        const followed = [...parts, { id: 3 * i + 1, tokens: outputTokens }, { id: 3 * i + 2, tokens: 5 }];
        const thinkTime = 1e9 * (drawn[i - 1]?.think ?? 0);
        return {
          ...request,
          parts,
          outputId: 3 * i + 1,
          next: { thinkTime, promptTokens: 25 + outputTokens, outputTokens: 9, parts: followed },
        };
      });
      return fleetConfig({
        policy: hpa,
        requests,
        coldStart: [{ name: "node", state: "provisioning", duration: 20 }],
        replica: { ...fleetConfig().replica, enablePrefixCaching: true, maxNumSeqs: 6, numGpuBlocks: 60, blockSize: 4, maxModelLen: 200 },
      });
    });
    fc.assert(
      fc.property(fc.oneof(withSessions, fleets()), (config) => {
        const options = { horizon: 60, largest: 3, sampled: 1 };
        const fast = simulatePriced(config, options);
        const slow = simulatePriced({ ...config, isStepwise: true }, options);
        expect(JSON.stringify(fast)).toBe(JSON.stringify(slow));
        compared += fast.scale_events.filter(({ from, to }) => to > from).length;
      }),
      runs(100),
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe("the sum of single prices", () => {
  const event = (churn: number | null): ScaleEvent =>
    ({
      price: churn === null ? null : ({ churn: { unready_gpu_s: churn, gpu_s: 0, request_s: 10 * churn, ttft_s: 0 } } as EventPrice),
    }) as ScaleEvent;
  const total = { unready_gpu_s: 100, gpu_s: 0, request_s: 1000, ttft_s: 0 };

  it.each([
    [
      "of events that are all priced is their sum",
      [
        [0, false],
        [1, false],
        [2, false],
      ],
      [5, 7, 8],
      20,
      [3, 0, 0],
    ],
    [
      "has those that were drawn stand for the others",
      [
        [0, false],
        [1, true],
        [3, true],
      ],
      [5, 7, null, 9, null, null],
      5 + (16 * 5) / 2,
      [1, 2, 3],
    ],
    ["says how many are missing where none was drawn", [[0, false]], [5, null, null], 5, [1, 0, 2]],
    [
      "takes an event without a price, after the last arrival, for nothing",
      [
        [0, false],
        [1, true],
      ],
      [5, null, null],
      5,
      [1, 1, 1],
    ],
  ] as const)("%s", (_, chosen, prices, expected, [exact, sampled, others]) => {
    const churn = churnOf(total, 50e9, prices.map(event), new Map(chosen as readonly (readonly [number, boolean])[]));
    expect(churn).toMatchObject({ until_s: 50, events_exact: exact, events_sampled: sampled, events_not_priced: others });
    expect(churn.single).toEqual({ unready_gpu_s: expected, gpu_s: 0, request_s: 10 * expected, ttft_s: 0, requests_failed: 0 });
    expect(churn.interaction).toMatchObject({ unready_gpu_s: 100 - expected, request_s: 1000 - 10 * expected });
  });
});
