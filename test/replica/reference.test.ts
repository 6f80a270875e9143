import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isServable } from "../../src/fleet/gateway.ts";
import { Meters } from "../../src/replica/meters.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { Scheduler } from "../../src/replica/scheduler.ts";
import { emptyBatch } from "../../src/replica/step-batch.ts";
import type { Request } from "../../src/traffic/request.ts";
import { fleets } from "../fleet/configs.ts";
import { runs } from "../runs.ts";
import { ReferenceEngine } from "./reference-engine.ts";

/** Steps after which everything must have been served. */
const LONG = 20_000;

it("law: step by step the scheduler and its cache do what vLLM's rules say, written down plainly", () => {
  let preemptions = 0;
  let hits = 0;
  let aborts = 0;
  fc.assert(
    fc.property(fleets(), fc.array(fc.option(fc.nat(9), { freq: 8 }), { maxLength: 60, size: "max" }), ({ replica, requests }, toAbort) => {
      const toCome = [...requests].filter((request) => isServable(replica, request));
      const table = new RequestTable();
      const meters = new Meters(1e9);
      const scheduler = new Scheduler(replica, table, meters);
      const reference = new ReferenceEngine(replica);
      const arrive = (request: Request): void => {
        // Nobody gives a slot back here, so that it is the number of the arrival.
        const slot = table.add(request, table.length, request.arrivedAt);
        scheduler.waiting.append(slot);
        reference.add(request, slot, request.arrivedAt);
      };
      let waits = 0;
      for (let step = 0; toCome.length + scheduler.waiting.length + scheduler.runningCount > 0; step += 1) {
        // A quarter of a second a step, and no longer silence than twenty steps.
        waits += 1;
        while (toCome[0] !== undefined && (toCome[0].arrivedAt <= step * 250_000_000 || waits > 20)) {
          arrive(toCome.shift()!);
          waits = 0;
        }
        const before = Array.from(table.computed);
        const preempted = Array.from(table.preemptions);
        const reused = meters.hitTokens + meters.foundAgainTokens;
        scheduler.schedule(emptyBatch());
        const running = Array.from(scheduler.running.subarray(0, scheduler.runningCount));
        const expected = reference.step();
        expect(running).toEqual(reference.running.map(({ id }) => id));
        expect(running.map((slot) => table.computed[slot])).toEqual(reference.running.map(({ computed }) => computed));
        const scheduled = running.reduce((sum, slot) => sum + table.computed[slot]! - (isNew(slot) ? 0 : before[slot]!), 0);
        const found = meters.hitTokens + meters.foundAgainTokens - reused;
        expect(scheduled - found).toBe(Object.values(expected).reduce((a, b) => a + b, 0));
        expect(scheduler.kv.freeBlocks).toBe(reference.free.length);
        // Without prefix caching blocks have no identity: as many as the request holds, whichever they are.
        const blocks = (slot: number, ids: readonly number[]): readonly number[] =>
          replica.enablePrefixCaching ? ids : Array.from({ length: table.blocks[slot]! }, () => 0);
        expect(running.map((slot) => blocks(slot, Array.from(table.requestBlocks[slot]!.ids.subarray(0, table.blocks[slot]))))).toEqual(
          reference.running.map((request) => (replica.enablePrefixCaching ? request.blocks : request.blocks.map(() => 0))),
        );
        expect(scheduler.waiting.length).toBe(reference.waiting.length);
        const first = scheduler.waiting.length > 0 ? scheduler.waiting.first() : undefined;
        expect(first).toBe(reference.waiting[0]?.id);
        const inSystem = [...running, ...reference.waiting.map(({ id }) => id)];
        const gone = inSystem[toAbort[step] ?? Infinity];
        if (gone !== undefined) {
          scheduler.abort(gone);
          reference.abort(gone);
          aborts += 1;
        }
        scheduler.complete(step);
        reference.complete();
        expect(step).toBeLessThan(LONG);
        function isNew(slot: number): boolean {
          return before[slot] === 0 || preempted[slot] !== table.preemptions[slot];
        }
      }
      expect(scheduler.kv.heldBlocks).toBe(0);
      preemptions += meters.preemptions;
      hits += meters.hitTokens + meters.foundAgainTokens;
    }),
    runs(300),
  );
  expect(Math.min(preemptions, hits, aborts)).toBeGreaterThan(100);
});
