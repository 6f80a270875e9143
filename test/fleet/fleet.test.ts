import { describe, expect, it } from "vitest";
import { eventRank, Fleet } from "../../src/fleet/fleet.ts";
import type { ColdStartPhase } from "../../src/replica/config.ts";
import { Meters } from "../../src/replica/meters.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { EventQueue } from "../../src/sim/event-queue.ts";
import { requestsOf, roomyReplica } from "./configs.ts";

const second = 1e9;

/** A fleet without a ready replica, and 5 requests with 3 output tokens to come by hand. */
const coldFleet = () => {
  const events = new EventQueue();
  const meters = new Meters(second);
  const table = new RequestTable(requestsOf([0, 10, 3], [0, 10, 3], [0, 10, 3], [0, 10, 3], [0, 10, 3]));
  const stepTime = { stepTime: () => second, isExtrapolated: () => false };
  const coldStart: ColdStartPhase[] = [{ name: "node", state: "provisioning", duration: 4 }];
  const fleet = new Fleet({ config: roomyReplica, stepTime, table, meters, isStepwise: false }, coldStart, 0, events);
  /** Runs all events up to a time. */
  const runUntil = (end: number): void => {
    while (events.length > 0 && events.now <= end && events.pop()) {
      if (events.rank === eventRank.phase) fleet.finishPhase(events.sequence, events.now);
      else if (events.rank === eventRank.dispatch) fleet.dispatch(events.now);
      else fleet.step(events.sequence, events.now);
    }
  };
  return { fleet, events, meters, table, runUntil };
};

describe("a fleet without a ready replica", () => {
  it("keeps requests in its queue and shares them out when replicas become ready at one instant", () => {
    const { fleet, meters, table, runUntil } = coldFleet();
    for (const request of [0, 1, 2]) fleet.arrive(request, 1 * second);
    fleet.scaleTo(2, "test", 2 * second);
    runUntil(Infinity);
    expect(fleet.departed).toBe(3);
    expect(Array.from(table.firstTokenAt.subarray(0, 3), (at) => at / second)).toEqual([7, 7, 7]);
    expect(meters.queued.total() / second).toBe(3 * 5);
    // Both replicas worked: two requests on one, one on the other.
    expect(meters.busy.total() / second).toBe(2 * 3);
    expect(meters.running.total() / second).toBe(3 * 3);
  });

  it("goes on waiting while the only replica that starts is given up", () => {
    const { fleet, meters, runUntil } = coldFleet();
    fleet.arrive(0, 0);
    fleet.scaleTo(1, "up", 0);
    fleet.scaleTo(0, "down", 1 * second);
    runUntil(Infinity);
    expect([fleet.departed, fleet.wanted, fleet.replicas.size]).toEqual([0, 0, 0]);
    fleet.scaleTo(1, "up", 10 * second);
    runUntil(Infinity);
    expect(fleet.departed).toBe(1);
    expect(meters.queued.total() / second).toBe(14);
    expect(fleet.scaleLog.events().map(({ ready_after_s }) => ready_after_s)).toEqual([null, null, 4]);
  });
});

it("a draining replica keeps its queue, finishes it, and is paid for until then", () => {
  const { fleet, meters, table, runUntil } = coldFleet();
  fleet.scaleTo(1, "up", 0);
  runUntil(Infinity);
  for (const request of [0, 1, 2, 3]) fleet.arrive(request, 5 * second);
  fleet.scaleTo(0, "down", 5 * second);
  fleet.arrive(4, 6 * second);
  runUntil(Infinity);
  expect(Array.from(table.lastTokenAt, (at) => at / second)).toEqual([8, 8, 8, 8, NaN]);
  expect([fleet.replicas.size, meters.ready.total() / second, meters.idle.total() / second]).toEqual([0, 1, 1]);
});
