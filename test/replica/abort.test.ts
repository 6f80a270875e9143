import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isServable } from "../../src/fleet/gateway.ts";
import type { FleetConfig } from "../../src/fleet/config.ts";
import { Meters } from "../../src/replica/meters.ts";
import { Replica, ReplicaContext } from "../../src/replica/replica.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { fleetConfig, fleets, requestsOf, roomyReplica } from "../fleet/configs.ts";
import { runs } from "../runs.ts";

/** Takes the n-th of the requests held away at an instant, or all of them, before or after the steps that end then. */
interface Abort {
  readonly at: number;
  readonly nth: number;
  readonly all: boolean;
  readonly isBeforeSteps: boolean;
}

/** One replica alone, its requests, and what is taken away from it; gives all that can be seen of it. */
const serve = ({ replica: limits, stepTime, requests }: FleetConfig, aborts: readonly Abort[], isStepwise: boolean) => {
  const table = new RequestTable();
  const meters = new Meters(1e9);
  const context = new ReplicaContext(limits, stepTime, table, meters, isStepwise);
  const replica = new Replica(0, context, true, 0);
  const arrivals = [...requests].filter((request) => isServable(limits, request));
  const toAbort = aborts.toSorted((a, b) => a.at - b.at || Number(b.isBeforeSteps) - Number(a.isBeforeSteps));
  const log: unknown[] = [];
  let seen = 0;
  for (;;) {
    const abort = toAbort[0];
    const now = Math.min(arrivals[0]?.arrivedAt ?? Infinity, abort?.at ?? Infinity, replica.nextStepAt);
    if (now === Infinity) break;
    context.nextArrivalAt = arrivals[0]?.arrivedAt ?? Infinity;
    if (arrivals[0]?.arrivedAt === now) {
      const request = arrivals.shift()!;
      replica.accept(table.add(request, request.id, now), now, true);
    } else if (abort?.at === now && (abort.isBeforeSteps || replica.nextStepAt > now)) {
      toAbort.shift();
      const held = [...table.slots()].filter((slot) => table.replica[slot] === 0);
      const gone = abort.all ? replica.abortAll(now, abort.isBeforeSteps) : held.slice(abort.nth).slice(0, 1);
      if (!abort.all) for (const slot of gone) replica.abort(slot, now, abort.isBeforeSteps);
      for (const slot of gone) {
        log.push({
          now,
          gone: table.id[slot],
          produced: table.produced[slot],
          lost: table.lost[slot],
          kv: replica.kvUseAt(now, abort.isBeforeSteps),
        });
        table.remove(slot);
        seen += 1;
      }
    } else {
      replica.step(now);
      const { finished, finishedCount } = replica.scheduler;
      for (const slot of finished.subarray(0, finishedCount)) {
        log.push({ now, finished: table.id[slot], firstTokenAt: table.firstTokenAt[slot] });
        table.remove(slot);
      }
    }
  }
  const { kv } = replica.scheduler;
  // When the scheduler was last asked, which the fast path does less often.
  meters.now = 0;
  return {
    log,
    meters: JSON.stringify(meters),
    aborted: seen,
    held: kv.heldBlocks,
    free: kv.freeBlocks,
    usable: kv.usableBlocks,
    left: table.length,
  };
};

const aborts: fc.Arbitrary<Abort[]> = fc.array(
  fc.record({
    at: fc.oneof(
      fc.integer({ min: 0, max: 120 }).map((quarters) => quarters * 250_000_000),
      fc.integer({ min: 0, max: 30_000_000_000 }),
    ),
    nth: fc.nat(4),
    all: fc.constantFrom(false, false, false, true),
    isBeforeSteps: fc.boolean(),
  }),
  { maxLength: 20, size: "max" },
);

describe("taking requests away from a replica", () => {
  it("law: gives the same with the fast path and without, at any instant; no block is lost", () => {
    let aborted = 0;
    fc.assert(
      fc.property(fleets(), aborts, (config, list) => {
        const fast = serve(config, list, false);
        expect(fast).toEqual(serve(config, list, true));
        expect([fast.held, fast.left]).toEqual([0, 0]);
        expect(fast.free).toBe(fast.usable);
        aborted += fast.aborted;
      }),
      runs(300),
    );
    expect(aborted).toBeGreaterThan(300);
  });

  const step = 1_000_000_000;
  const even = fleetConfig({ replica: roomyReplica, stepTime: { stepTime: () => step, isExtrapolated: () => false } });
  const abortAt = (at: number, isBeforeSteps: boolean): Abort => ({ at, nth: 0, all: false, isBeforeSteps });

  it.each([
    ["in the middle of a step", 2.5 * step, true, 2],
    ["as a step ends, before its results are looked at", 3 * step, true, 2],
    ["as a step ends, after its results", 3 * step, false, 3],
  ])("%s: its result is dropped, and the step goes on to its end", (_, at, isBeforeSteps, produced) => {
    const { log, meters } = serve({ ...even, requests: requestsOf([0, 20, 50]) }, [abortAt(at, isBeforeSteps)], false);
    // Computed are the prompt, what was produced before, and in the step under way the token before the last.
    expect(log).toMatchObject([{ gone: 0, produced, lost: 20 + produced }]);
    expect((JSON.parse(meters) as Meters).steps).toBe(produced + 1);
  });

  it("frees no block before the step has ended", () => {
    const { log } = serve({ ...even, requests: requestsOf([0, 20, 50]) }, [abortAt(1.5 * step, true)], false);
    expect(log).toMatchObject([{ kv: 2 / 1999 }]);
  });

  it("lets one that waits be admitted instead, at the end of the step", () => {
    const config = { ...even, replica: { ...roomyReplica, maxNumSeqs: 1 }, requests: requestsOf([0, 20, 50], [0, 20, 1]) };
    const { log } = serve(config, [abortAt(5.5 * step, true)], false);
    expect(log).toMatchObject([{ gone: 0 }, { finished: 1, firstTokenAt: 7 * step }]);
  });
});
