import { describe, expect, it } from "vitest";
import { eventRank } from "../../src/fleet/event-rank.ts";
import { Fleet } from "../../src/fleet/fleet.ts";
import type { RequestRecord } from "../../src/fleet/config.ts";
import type { ColdStartPhase } from "../../src/replica/config.ts";
import { Meters } from "../../src/replica/meters.ts";
import { ReplicaContext } from "../../src/replica/replica.ts";
import { LeastOutstandingPolicy } from "../../src/fleet/router/least-outstanding.ts";
import { Router } from "../../src/fleet/router/router.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { EventQueue } from "../../src/sim/event-queue.ts";
import { Outcomes } from "../../src/fleet/outcomes.ts";
import { requestsOf, roomyReplica } from "./configs.ts";

const second = 1e9;

/** A fleet without a ready replica, and 5 requests with 3 output tokens to come by hand. @param limit a replica holds so many at most */
const coldFleet = (limit = Infinity) => {
  const events = new EventQueue();
  const meters = new Meters(second);
  const requests = requestsOf([0, 10, 3], [0, 10, 3], [0, 10, 3], [0, 10, 3], [0, 10, 3]);
  const table = new RequestTable();
  const records: RequestRecord[] = [];
  const outcomes = new Outcomes(second, (record) => records.push(record));
  const stepTime = { stepTime: () => second, isExtrapolated: () => false };
  const coldStart: ColdStartPhase[] = [{ name: "node", state: "provisioning", duration: 4 }];
  const context = new ReplicaContext(roomyReplica, stepTime, table, meters, false);
  const router = new Router(new LeastOutstandingPolicy(), limit);
  const fleet = new Fleet({ context, outcomes, events, router, coldStart, initialReplicas: 0 });
  const arrive = (id: number, now: number): void => fleet.arrive({ ...requests[id]!, arrivedAt: now });
  /** Runs all events up to a time. */
  const runUntil = (end: number): void => {
    while (events.nextAt <= end && events.pop()) {
      if (events.rank === eventRank.phase) fleet.finishPhase(events.sequence, events.now);
      else if (events.rank === eventRank.transfer) fleet.finishTransfers(events.sequence, events.now);
      else if (events.rank === eventRank.dispatch) fleet.dispatch(events.now);
      else fleet.step(events.sequence, events.now);
    }
  };
  return { fleet, events, meters, outcomes, records, arrive, runUntil };
};

describe("a fleet without a ready replica", () => {
  it("keeps requests in its queue and shares them out when replicas become ready at one instant", () => {
    const { fleet, meters, outcomes, records, arrive, runUntil } = coldFleet();
    for (const request of [0, 1, 2]) arrive(request, 1 * second);
    fleet.scaleTo(2, "test", 2 * second);
    runUntil(Infinity);
    expect(outcomes.departed).toBe(3);
    expect(records.map(({ firstTokenAt }) => firstTokenAt! / second)).toEqual([7, 7, 7]);
    expect(meters.queued.total() / second).toBe(3 * 5);
    // Both replicas worked: two requests on one, one on the other.
    expect(meters.busy.total() / second).toBe(2 * 3);
    expect(meters.running.total() / second).toBe(3 * 3);
  });

  it("goes on waiting while the only replica that starts is given up", () => {
    const { fleet, meters, outcomes, arrive, runUntil } = coldFleet();
    arrive(0, 0);
    fleet.scaleTo(1, "up", 0);
    fleet.scaleTo(0, "down", 1 * second);
    runUntil(Infinity);
    expect([outcomes.departed, fleet.wanted, fleet.replicas.size]).toEqual([0, 0, 0]);
    fleet.scaleTo(1, "up", 10 * second);
    runUntil(Infinity);
    expect(outcomes.departed).toBe(1);
    expect(meters.queued.total() / second).toBe(14);
    expect(fleet.scaleLog.events().map(({ ready_after_s }) => ready_after_s)).toEqual([null, null, 4]);
  });
});

it("a draining replica keeps its queue, finishes it, and is paid for until then", () => {
  const { fleet, meters, records, arrive, runUntil } = coldFleet();
  fleet.scaleTo(1, "up", 0);
  runUntil(Infinity);
  for (const request of [0, 1, 2, 3]) arrive(request, 5 * second);
  fleet.scaleTo(0, "down", 5 * second);
  arrive(4, 6 * second);
  runUntil(Infinity);
  expect(records.map(({ id, lastTokenAt }) => [id, lastTokenAt! / second])).toEqual([
    [0, 8],
    [1, 8],
    [2, 8],
    [3, 8],
  ]);
  expect([fleet.replicas.size, meters.ready.total() / second, meters.idle.total() / second]).toEqual([0, 1, 1]);
});

describe("a request that is given up", () => {
  it("leaves the queue in front of the fleet, and nobody misses it", () => {
    const { fleet, outcomes, records, arrive, runUntil } = coldFleet();
    for (const request of [0, 1, 2]) arrive(request, 0);
    fleet.giveUp(1, "timed_out", "answer_timeout", 1 * second, true);
    fleet.scaleTo(1, "up", 1 * second);
    runUntil(Infinity);
    expect(records.map(({ id, state }) => [id, state])).toEqual([
      [1, "timed_out"],
      [0, "finished"],
      [2, "finished"],
    ]);
    expect([outcomes.departed, outcomes.byState().queued]).toEqual([3, 0]);
  });

  it("has had its first token if one was sent, and makes room for one that waits in front", () => {
    const { fleet, records, arrive, runUntil } = coldFleet(1);
    fleet.scaleTo(1, "up", 0);
    runUntil(Infinity);
    arrive(0, 5 * second);
    arrive(1, 5 * second);
    runUntil(6 * second);
    fleet.giveUp(0, "cut_off", "drained", 6.5 * second, true);
    runUntil(Infinity);
    expect(records).toMatchObject([
      { id: 0, state: "cut_off", firstTokenAt: 6 * second, lastTokenAt: null },
      { id: 1, state: "finished", firstTokenAt: 8 * second, lastTokenAt: 10 * second },
    ]);
  });

  it("was the last of a draining replica, which is gone when its step has ended", () => {
    const { fleet, meters, arrive, runUntil } = coldFleet();
    fleet.scaleTo(1, "up", 0);
    runUntil(Infinity);
    arrive(0, 5 * second);
    runUntil(5 * second);
    fleet.scaleTo(0, "down", 5.25 * second);
    fleet.giveUp(0, "timed_out", "answer_timeout", 5.5 * second, true);
    expect(fleet.replicas.size).toBe(1);
    runUntil(Infinity);
    expect([fleet.replicas.size, meters.busy.total() / second]).toEqual([0, 1]);
  });
});
