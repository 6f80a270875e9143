import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latencyOf } from "../../src/fleet/latency.ts";
import type { Policy } from "../../src/fleet/policy.ts";
import { RecentRequests } from "../../src/fleet/recent-requests.ts";
import { LifeSpans } from "../../src/replica/life-spans.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import type { PromptPart } from "../../src/traffic/request.ts";
import { runs } from "../runs.ts";
import { guardedFleets } from "./admission/arbitrary.ts";
import { fleetConfig, fleets, requestsOf, roomyReplica, simulateAll } from "./configs.ts";

const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };
const hpa: Policy = { kind: "hpa", min_replicas: 1, max_replicas: 4, metric: "requests_in_flight", target_average: 1 };
const coldStart = [
  { name: "node", state: "provisioning", duration: 20 },
  { name: "weights", state: "loading", duration: 10 },
] as const;
const close = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 9));

describe("what happened around a scale event", () => {
  it("of a scale-up: who waited, when it helped, what it loaded, and the batch before and after", () => {
    // One server of two sequences: 0 and 1 run from 10 s, 2 waits for them; decided at 15 s, ready at 45 s.
    const requests = requestsOf([10_000, 10, 40], [0, 10, 40], [2000, 10, 20], [35_000, 10, 4]);
    const { run } = simulateAll(
      fleetConfig({
        stepTime: oneSecond,
        replica: { ...roomyReplica, maxNumSeqs: 2 },
        coldStart,
        policy: { ...hpa, max_replicas: 2 },
        requests,
      }),
    );
    const { at_s, from, to, effect } = run.scale_events[0]!;
    expect([at_s, from, to]).toEqual([15, 1, 2]);
    expect(effect).toEqual({
      window_s: 60,
      // The request of 47 s goes to the new replica.
      helped_after_s: 32,
      settled_after_s: 30,
      before: { requests: 3, ttft_p99_s: close(latencyOf([1e9, 1e9, 39e9])!.p99), tpot_p50_s: 1, mean_batch: 2, hit_rate: 0 },
      during: { requests: 0, ttft_p99_s: null, tpot_p50_s: null, mean_batch: 2, hit_rate: null },
      // Steps from 45 to 50 s with two sequences, to 70 s with the one that waited; beside it four steps with one.
      after: { requests: 1, ttft_p99_s: 1, tpot_p50_s: 1, mean_batch: (2 * 5 + 20 + 4) / (25 + 4), hit_rate: 0 },
      // Request 2 came before the decision.
      requests_waited: 0,
      load_gpu_s: 30,
      added_mean_batch: 1,
      others_mean_batch: (2 * 5 + 20) / 25,
      refill_tokens: 0,
      refill_gpu_s: 0,
      batch_gpu_s: close(29 * (1 - 1 / 2 / (1 / (34 / 29)))),
    });
  });

  it("requests that arrive after the decision and have no first token before it settles have waited for it", () => {
    const requests = requestsOf([10_000, 10, 60], [0, 10, 60], [9000, 10, 2], [1000, 10, 2], [30_000, 10, 2]);
    const { run } = simulateAll(
      fleetConfig({
        stepTime: oneSecond,
        replica: { ...roomyReplica, maxNumSeqs: 2 },
        coldStart,
        policy: { ...hpa, max_replicas: 2 },
        requests,
      }),
    );
    const { effect } = run.scale_events[0]!;
    expect(effect).toMatchObject({ requests_waited: 2, during: { requests: 2 }, after: { requests: 1 } });
  });

  it("a new replica's cold cache computes what the fleet's hit rate would have found", () => {
    const parts: PromptPart[] = [{ id: 7, tokens: 96 }];
    const early = Array.from({ length: 8 }, (_, i) => [i === 0 ? 1000 : 1000, 112, 30] as const);
    const late = Array.from({ length: 8 }, () => [10_000, 112, 30] as const);
    const requests = requestsOf(...early, ...late).map((request) => ({ ...request, parts }));
    const { run } = simulateAll(fleetConfig({ stepTime: oneSecond, policy: { ...hpa, max_replicas: 2, target_average: 4 }, requests }));
    const { effect } = run.scale_events[0]!;
    expect(run.scale_events[0]).toMatchObject({ at_s: 15, from: 1, to: 2 });
    const rate = (7 * 96) / (8 * 112);
    expect(effect!.before.hit_rate).toBeCloseTo(rate, 9);
    // The new replica is given those of 18, 28, 38 and 68 s; the first finds nothing.
    const served = 4;
    expect(effect!.refill_tokens).toBeCloseTo(rate * served * 112 - (served - 1) * 96, 9);
    expect(effect!.refill_gpu_s).toBeCloseTo(effect!.refill_tokens! / run.peak_tokens_per_s!, 12);
  });

  it("of a scale-down: settled when its last victim is gone", () => {
    const policy: Policy = { ...hpa, initial_replicas: 2, target_average: 8 };
    const requests = requestsOf([290_000, 10, 60], [0, 10, 60], [0, 10, 1], [0, 10, 1], [20_000, 10, 1], [0, 10, 1]);
    const { run } = simulateAll(fleetConfig({ stepTime: oneSecond, policy, requests }));
    expect(run.scale_events).toMatchObject([
      { at_s: 315, from: 2, to: 1, effect: { helped_after_s: null, settled_after_s: 35, requests_waited: null, load_gpu_s: 0 } },
    ]);
  });

  it("a fixed fleet has none, and an event that never settled says so", () => {
    const slow = [{ name: "node", state: "provisioning", duration: 1000 }] as const;
    const { run } = simulateAll(
      fleetConfig({ stepTime: oneSecond, coldStart: slow, policy: hpa, requests: requestsOf([10_000, 10, 30], [0, 10, 30]) }),
    );
    expect(run.scale_events[0]!.effect).toMatchObject({
      helped_after_s: null,
      settled_after_s: null,
      requests_waited: 0,
      load_gpu_s: run.ended_at_s - 15,
      after: { requests: 0, mean_batch: null },
      added_mean_batch: null,
      others_mean_batch: null,
    });
  });
});

describe("laws of what happened around scale events", () => {
  it("latencies and counts are those of the requests themselves, by when they arrived", () => {
    let known = 0;
    let left = 0;
    fc.assert(
      fc.property(fc.oneof(fleets(), guardedFleets()), (config) => {
        const { run, requests } = simulateAll(config);
        const without = run.scale_events.filter(({ effect }) => effect === undefined);
        expect(without.length > 0 && config.churn?.rolling_update === undefined).toBe(false);
        left += without.length;
        for (const { at_s, from, to, effect } of run.scale_events) {
          if (effect === undefined) continue;
          const at = Math.round(at_s * 1e9);
          const settled = effect.settled_after_s === null ? Infinity : at + Math.round(effect.settled_after_s * 1e9);
          const arrivedIn = (begin: number, end: number) =>
            requests.filter(({ state, arrivedAt }) => state === "finished" && arrivedAt >= begin && arrivedAt < end);
          for (const [part, found] of [
            [effect.before, arrivedIn(at - 60e9, at)],
            [effect.during, arrivedIn(at, settled)],
            [effect.after, arrivedIn(settled, settled + 60e9)],
          ] as const) {
            const ttft = latencyOf(found.map(({ arrivedAt, firstTokenAt }) => firstTokenAt! - arrivedAt));
            const several = found.filter(({ outputTokens }) => outputTokens > 1);
            const tpot = latencyOf(
              several.map(({ firstTokenAt, lastTokenAt, outputTokens }) => (lastTokenAt! - firstTokenAt!) / (outputTokens - 1)),
            );
            expect(part).toMatchObject({ requests: found.length, ttft_p99_s: ttft?.p99 ?? null, tpot_p50_s: tpot?.p50 ?? null });
            known += found.length;
          }
          // Of those that arrived at the very instant, some may have been refused before the decision.
          const waited = (isAfter: (arrivedAt: number) => boolean): number =>
            requests.filter(
              ({ arrivedAt, firstTokenAt, reason }) =>
                isAfter(arrivedAt) && arrivedAt < settled && reason !== "too_long" && !(firstTokenAt !== null && firstTokenAt <= settled),
            ).length;
          const [least, most] = [waited((arrivedAt) => arrivedAt > at), waited((arrivedAt) => arrivedAt >= at)];
          const found = effect.requests_waited ?? least;
          expect(effect.requests_waited === null).toBe(to < from);
          expect(found >= least && found <= most).toBe(true);
        }
      }),
      runs(200),
    );
    expect(known).toBeGreaterThan(500);
    // Decided during a rolling update, which brings them about.
    expect(left).toBeGreaterThan(3);
  });

  it("what they loaded is what replicas were paid for before they were ready, and each settles when the last of its replicas has", () => {
    let events = 0;
    fc.assert(
      fc.property(fleets(), (fleet) => {
        // Failures and updates start replicas too, without a scale event.
        const { churn: _, ...undisturbed } = fleet;
        const config = { ...undisturbed, startUp: { keepNode: 0, warmPool: null }, gpusPerReplica: 2 };
        const lifeSpans = new LifeSpans();
        const run = simulate(config, undefined, lifeSpans);
        const { provisioning, loading, warming } = run.paid_s;
        const loaded = run.scale_events.reduce((sum, { effect }) => sum + effect!.load_gpu_s, 0);
        expect(loaded).toBeCloseTo(provisioning + loading + warming, 5);
        for (const { at_s, ready_after_s, effect } of run.scale_events) {
          expect(ready_after_s ?? effect!.settled_after_s).toBe(effect!.settled_after_s);
          if (effect!.helped_after_s === null) continue;
          const helpedAt = at_s + effect!.helped_after_s;
          const serves = lifeSpans.spans.some(
            ({ phase, from, to }) => phase === "serving" && from / 1e9 <= helpedAt + 1e-6 && to / 1e9 >= helpedAt - 1e-6,
          );
          expect(serves).toBe(true);
          events += 1;
        }
      }),
      runs(100),
    );
    expect(events).toBeGreaterThan(50);
  });
});

it("law: of the requests that left, the ring keeps all of its span, in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 30 }), took: fc.integer({ min: 1, max: 90 }) }), { maxLength: 300, size: "max" }),
      (left) => {
        const recent = new RecentRequests(100);
        let now = 0;
        const all = left.map(({ gap, took }, i) => {
          now += gap;
          recent.add(now - took, now - 1, now, i);
          return { arrivedAt: now - took, firstTokenAt: now - 1, leftAt: now, outputTokens: i };
        });
        expect([...recent.all()].filter(({ leftAt }) => leftAt >= now - 100)).toEqual(all.filter(({ leftAt }) => leftAt >= now - 100));
        expect([...recent.all()].length).toBeLessThanOrEqual(all.filter(({ leftAt }) => leftAt >= now - 100).length);
      },
    ),
    runs(200),
  );
});
