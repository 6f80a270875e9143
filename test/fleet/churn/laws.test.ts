import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { churnSchema } from "../../../src/fleet/churn/settings.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import { routerSchema } from "../../../src/fleet/settings.ts";
import { Simulation } from "../../../src/fleet/simulation.ts";
import type { Replica } from "../../../src/replica/replica.ts";
import { runs } from "../../runs.ts";
import { churns, fleetConfig, fleets, requestsOf, roomyReplica, simulateAll } from "../configs.ts";

/** Some of them with replicas that never serve, which may be all. */
const churningFleets = fc.tuple(fleets(), churns, fc.option(fc.constantFrom(1, 2))).map(([config, churn, gone]): FleetConfig => ({
  ...config,
  churn: gone === null ? churn : { ...churn, failures: { ...churn.failures, gone } },
}));
const forAllFleets = (law: (config: FleetConfig) => void): void => fc.assert(fc.property(churningFleets, law), runs(200));

/** Looks at a simulation after every arrival and at the end. */
const watch = (config: FleetConfig, look: (simulation: Simulation) => void): void => {
  const simulation = new Simulation(config);
  for (const request of config.requests) {
    simulation.feed(request);
    look(simulation);
  }
  simulation.finish();
  look(simulation);
};

describe("laws of fleets whose replicas fail, are reclaimed, updated and drained in every way", () => {
  it("the fast path gives the same bytes as stepwise, request by request", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll({ ...config, isStepwise: true })));
    });
  });

  it("a request is in exactly one place: the queue, or one replica, where it waits or runs", () => {
    forAllFleets((config) => {
      watch(config, (simulation) => {
        const { table } = simulation["context"];
        const { replicas, queued } = simulation["fleet"];
        const slots = [...table.slots()];
        const on = (id: number): number => slots.filter((slot) => table.replica[slot] === id).length;
        expect([...replicas.values()].map(({ id }) => on(id))).toEqual([...replicas.values()].map(({ outstanding }) => outstanding));
        expect(on(-1)).toBe(queued);
        expect(slots).toHaveLength(queued + [...replicas.values()].reduce((sum, { outstanding }) => sum + outstanding, 0));
      });
    });
  });

  it("a block is free or held by requests that run on its replica; a replica that does not serve holds none and has nothing cached", () => {
    forAllFleets((config) => {
      watch(config, (simulation) => {
        const { table } = simulation["context"];
        const heldBy = ({ scheduler }: Replica): number => {
          const running = Array.from(scheduler.running.subarray(0, scheduler.runningCount));
          if (!config.replica.enablePrefixCaching) return running.reduce((sum, slot) => sum + table.blocks[slot]!, 0);
          return new Set(running.flatMap((slot) => Array.from(table.requestBlocks[slot]!.ids.subarray(0, table.blocks[slot])))).size;
        };
        for (const replica of simulation["fleet"].replicas.values()) {
          const { kv } = replica.scheduler;
          expect(kv.heldBlocks).toBe(heldBy(replica));
          expect(kv.freeBlocks + kv.heldBlocks).toBe(config.replica.numGpuBlocks - 1);
          expect(replica.life.isReady ? 0 : kv.cachedBlocks + replica.outstanding).toBe(0);
        }
      });
    });
  });

  it("as many replicas are there as are wanted, but for a rolling update within its limits; a node that is gone is replaced", () => {
    forAllFleets((config) => {
      watch(config, (simulation) => {
        const fleet = simulation["fleet"];
        const present = [...fleet.replicas.values()].filter(({ life }) => !life.isDraining).length;
        expect(fleet["disruptor"].isUpdating ? fleet.wanted : present).toBe(fleet.wanted);
      });
    });
  });

  it("what disruptions took adds up to what requests and runs say", () => {
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      const sum = (key: "lost" | "cut_off" | "handed_over"): number => (run.disruptions ?? []).reduce((all, entry) => all + entry[key], 0);
      expect(sum("lost")).toBe(run.requests.lost);
      expect(sum("cut_off")).toBeLessThanOrEqual(run.requests.cut_off);
      expect(sum("handed_over")).toBeLessThanOrEqual(run.hand_overs ?? 0);
      const { lost_tokens: lost = 0, missed_tokens: missed = 0 } = run.prefix_cache ?? {};
      expect(missed).toBeLessThanOrEqual(lost);
    });
  });

  it("these fleets do lose, cut off and hand over requests, recover, finish updates, wait failed, and miss what was cached", () => {
    const seen = { lost: 0, cutOff: 0, handedOver: 0, recovered: 0, updated: 0, failed: 0, missed: 0, reclaimed: 0 };
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      seen.lost += run.requests.lost;
      seen.cutOff += run.requests.cut_off;
      seen.handedOver += run.hand_overs ?? 0;
      seen.failed += run.paid_s.failed > 0 ? 1 : 0;
      seen.missed += run.prefix_cache?.missed_tokens ?? 0;
      for (const { kind, replica, recovered_after_s: after } of run.disruptions ?? []) {
        if (kind === "rolling_update") seen.updated += after === null ? 0 : 1;
        else seen.recovered += after === null ? 0 : 1;
        if (kind === "reclaim" && replica !== null) seen.reclaimed += 1;
      }
    });
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });
});

it("law: looking into caches for a victim changes nothing of what routers have yet to scrape", () => {
  const policy: FleetConfig["policy"] = {
    kind: "module",
    name: "waves.mjs",
    sha256: "0",
    initial_replicas: 3,
    module: { decide: ({ now }: { readonly now: number }) => 3 - (Math.floor(now / 15) % 2) },
  };
  const triples = fc.array(fc.tuple(fc.constantFrom(0, 900, 1500), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 20, max: 90 })), {
    minLength: 3,
    maxLength: 12,
  });
  fc.assert(
    fc.property(triples, fc.nat(1000), (requests, seed) => {
      const config = fleetConfig({
        seed,
        policy,
        requests: requestsOf(...requests),
        // Every token takes a block, and each replica is in a long stretch of steps when the others are looked into.
        replica: { ...roomyReplica, blockSize: 1 },
        stepTime: { stepTime: () => 1e9, isExtrapolated: () => false },
        router: routerSchema.parse({ kind: "least-kv", scrape_interval_s: 0.7 }),
        churn: churnSchema.parse({ drain: { kind: "hand-over" }, victim: "least-cached" }),
      });
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll({ ...config, isStepwise: true })));
    }),
    runs(300),
  );
});
