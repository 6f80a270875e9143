import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import { routerSchema } from "../../../src/fleet/settings.ts";
import { runs } from "../../runs.ts";
import { evenStepTime, fleetConfig, requestsOf, roomyReplica, simulateAll } from "../configs.ts";

/**
 * Three servers that decode for long, in step with each other and with the arrivals and scrapes, while each step takes a block a request:
 * at every arrival it matters whether the step that ends there has ended.
 */
const longDecodes = (): fc.Arbitrary<FleetConfig> => {
  const quarters = fc.integer({ min: 0, max: 6 }).map((n) => n * 250);
  const triple = fc.tuple(quarters, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 5, max: 60 }));
  return fc
    .record({
      triples: fc.array(triple, { minLength: 10, maxLength: 40 }),
      router: fc.record({
        kind: fc.constantFrom("least-kv", "prefix-aware"),
        scrape_interval_s: fc.constantFrom(0, 0, 0.25, 0.5, 1.3),
      }),
      blockSize: fc.constantFrom(1, 2),
      enablePrefixCaching: fc.boolean(),
    })
    .map(({ triples, router, ...replica }) =>
      fleetConfig({
        requests: requestsOf(...triples),
        router: routerSchema.parse(router),
        stepTime: evenStepTime,
        policy: { kind: "fixed", replicas: 3 },
        replica: { ...roomyReplica, maxNumSeqs: 4, ...replica },
      }),
    );
};

it("a router by KV use chooses the same in the middle of the fast path's stretches as step by step", () => {
  fc.assert(
    fc.property(longDecodes(), (config) => {
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll({ ...config, isStepwise: true })));
    }),
    runs(100),
  );
});
