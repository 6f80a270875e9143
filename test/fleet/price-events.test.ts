import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetConfig, RequestRecord } from "../../src/fleet/config.ts";
import { simulatePriced } from "../../src/fleet/price-events.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { requestKey, Simulation, type Reading } from "../../src/fleet/simulation.ts";
import type { Request } from "../../src/traffic/request.ts";
import { runs } from "../runs.ts";
import { fleetConfig, fleets, requestsOf } from "./configs.ts";

const all = { horizon: 1e6, largest: 1000, sampled: 0 };

/** What a fleet has spent and served when the last request arrives, before it does. */
const readingAtLast = ({ requests, ...config }: FleetConfig): Reading => {
  const simulation = new Simulation(config);
  let last = 0;
  for (const request of requests) {
    simulation.feed(request);
    last = request.arrivedAt;
  }
  return simulation.readingAt(last);
};

describe("the price of a scale event", () => {
  it("law: of the only one of a run is the difference to the fleet that never scaled", () => {
    const requests: Request[] = requestsOf([10_000, 10, 60], ...Array.from({ length: 60 }, () => [2500, 10, 20] as const));
    const config = fleetConfig({
      requests,
      coldStart: [{ name: "node", state: "provisioning", duration: 20 }],
      policy: { kind: "hpa", min_replicas: 1, max_replicas: 2, metric: "requests_in_flight", target_average: 1 },
    });
    const run = simulatePriced(config, all);
    expect(run.scale_events).toHaveLength(1);
    const scaled = readingAtLast(config);
    const fixed = readingAtLast({ ...config, policy: { kind: "fixed", replicas: 1 } });
    const price = run.scale_events[0]!.price!;
    expect(price.gpu_s).toBeCloseTo(scaled.paid_s - fixed.paid_s, 9);
    expect(price.request_s).toBeCloseTo(scaled.inSystem_s - fixed.inSystem_s, 9);
    expect(price.output_tokens).toBe(scaled.outputTokens - fixed.outputTokens);
    expect(price.gpu_s).toBeGreaterThan(0);
    expect(price.request_s).toBeLessThan(0);
    expect(price.requests_helped).toBeGreaterThan(price.requests_hurt);
  });

  it("of a scale-up that was taken back leaves the fork within the policy's limits: it never has fewer replicas than min_replicas", () => {
    const burst = Array.from({ length: 40 }, () => [0, 10, 60] as const);
    const requests = requestsOf([10_000, 10, 60], ...burst, [400_000, 10, 5], [30_000, 10, 5], [100_000, 10, 5]);
    const config = fleetConfig({
      requests,
      policy: { kind: "hpa", min_replicas: 1, max_replicas: 6, metric: "requests_in_flight", target_average: 4 },
    });
    const { scale_events } = simulatePriced(config, all);
    expect(scale_events.some(({ from, to }) => to < from)).toBe(true);
    // The last request comes long after: without a replica it would never have a first token.
    for (const { price } of scale_events) expect(price!.output_tokens).toBeLessThan(60);
  });

  it("law: a request has the same origin and turn on both sides, and so the same lengths, though ids shift", () => {
    let shifted = 0;
    fc.assert(
      fc.property(fleets(), (config) => {
        const seen = new Map<string, { readonly id: number; readonly lengths: string }>();
        const look = ({ id, origin, turn, promptTokens, outputTokens }: RequestRecord): void => {
          const lengths = `${promptTokens} and ${outputTokens}`;
          const own = seen.get(requestKey(origin, turn)) ?? { id, lengths };
          seen.set(requestKey(origin, turn), own);
          expect(lengths).toBe(own.lengths);
          if (id !== own.id) shifted += 1;
        };
        simulate(config, look);
        simulate({ ...config, policy: { kind: "fixed", replicas: 1 } }, look);
      }),
      runs(100),
    );
    expect(shifted).toBeGreaterThan(10);
  });

  it("refuses a horizon that the clock cannot tell", () => {
    expect(() => simulatePriced(fleetConfig({ requests: requestsOf([0, 1, 1]) }), { ...all, horizon: 1e-10 })).toThrow(
      "expected a nanosecond or more",
    );
  });

  it("law: pricing changes nothing of the run but the prices", () => {
    fc.assert(
      fc.property(fleets(), (config) => {
        const { scale_events, churn: _, ...priced } = simulatePriced(config, { horizon: 60, largest: 2, sampled: 1 });
        const { scale_events: events, ...plain } = simulate(config);
        expect(JSON.stringify(priced)).toBe(JSON.stringify(plain));
        expect(scale_events).toEqual(events.map((event) => expect.objectContaining(event)));
        // What happens after the last arrival has no price.
        const last = Math.max(0, ...[...config.requests].map(({ arrivedAt }) => arrivedAt / 1e9));
        const early = events.filter(({ at_s }) => at_s < last).length;
        const found = scale_events.filter(({ price }) => price !== null).length;
        expect(found).toBeLessThanOrEqual(Math.min(3, early));
        expect(found).toBeGreaterThanOrEqual(Math.min(3, events.length) - (events.length - early));
      }),
      runs(100),
    );
  });

  it("looks no further than its horizon", () => {
    fc.assert(
      fc.property(fleets(), (config) => {
        const { scale_events } = simulatePriced(config, { ...all, horizon: 7 });
        for (const { price } of scale_events) expect(price?.horizon_s ?? 0).toBeLessThanOrEqual(7);
      }),
      runs(50),
    );
  });
});
