import { describe, expect, it } from "vitest";
import { LifeCycle } from "../../src/replica/life-cycle.ts";
import { Meters, paidStates } from "../../src/replica/meters.ts";

const second = 1e9;
const paid = (meters: Meters): Record<string, number> =>
  Object.fromEntries(paidStates.flatMap((state) => (meters[state].total() > 0 ? [[state, meters[state].total() / second]] : [])));

/** A replica that has provisioned from 0 to 90 s, loaded to 90.5 s, warmed to 92.5 s. */
const started = (meters: Meters): LifeCycle => {
  const life = new LifeCycle(false, 0, meters);
  life.beginPhase("provisioning", 90 * second, 0);
  life.beginPhase("loading", Infinity, 90 * second);
  life.beginPhase("warming", 92.5 * second, 90.5 * second);
  life.becomeReady(92.5 * second);
  return life;
};

describe("a replica's life", () => {
  it("goes through its phases and is ready at the end of the last", () => {
    const life = new LifeCycle(false, 10 * second, new Meters(second));
    expect([life.state, life.isReady, life.phaseEndsAt]).toEqual(["provisioning", false, Infinity]);
    life.beginPhase("provisioning", 70 * second, 10 * second);
    expect([life.phaseEndsAt, life.containerStartedAt]).toEqual([70 * second, null]);
    life.beginPhase("warming", 90 * second, 70 * second);
    life.becomeReady(90 * second);
    expect([life.state, life.takesRequests, life.readyAt]).toEqual(["idle", true, 90 * second]);
    expect([life.containerStartedAt, life.phaseEndsAt]).toEqual([70 * second, Infinity]);
  });

  it("may be ready at once", () => {
    expect(new LifeCycle(true, 0, new Meters(second)).takesRequests).toBe(true);
  });

  it("pays for each instant in exactly one state; draining changes who may use it, not who pays", () => {
    const meters = new Meters(second);
    const life = started(meters);
    life.enter("busy", 100 * second);
    life.drain(110 * second);
    expect([life.isReady, life.takesRequests]).toEqual([true, false]);
    life.enter("gone", 115 * second);
    life.settle(200 * second);
    expect(paid(meters)).toEqual({ provisioning: 90, loading: 0.5, warming: 2, busy: 15, idle: 7.5 });
    expect(meters.ready.total() / second).toBe(110 - 92.5);
  });

  it("may rest asleep in front of its last part, and is not ready while it does", () => {
    const meters = new Meters(second);
    const life = new LifeCycle(false, 0, meters);
    life.fallAsleep(5 * second);
    expect([life.isReady, life.phaseEndsAt]).toEqual([false, Infinity]);
    life.beginPhase("loading", 21 * second, 20 * second);
    life.becomeReady(21 * second);
    life.settle(30 * second);
    expect(paid(meters)).toEqual({ provisioning: 5, asleep: 15, loading: 1, idle: 9 });
  });

  it("given up while it starts, it has paid until then and was never ready", () => {
    const meters = new Meters(second);
    const life = new LifeCycle(false, 0, meters);
    life.beginPhase("provisioning", 60 * second, 0);
    life.drain(20 * second);
    life.enter("gone", 20 * second);
    expect(paid(meters)).toEqual({ provisioning: 20 });
    expect([life.isReady, meters.ready.total()]).toEqual([false, 0]);
  });
});
