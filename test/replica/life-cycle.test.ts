import { describe, expect, it } from "vitest";
import { LifeCycle } from "../../src/replica/life-cycle.ts";
import { Meters, paidStates } from "../../src/replica/meters.ts";

const phases = [
  { name: "node", state: "provisioning", duration: 60 },
  { name: "image", state: "provisioning", duration: 30 },
  { name: "weights", state: "loading", duration: 0.5 },
  { name: "warm-up", state: "warming", duration: 2 },
] as const;

const second = 1e9;
const paid = (meters: Meters): number[] => paidStates.map((state) => meters[state].total() / second);

describe("a replica's life", () => {
  it("goes through its phases and is ready at the end of the last", () => {
    const life = new LifeCycle(phases, 10 * second, new Meters(second));
    const states = [life.state];
    const ends: number[] = [];
    while (!life.isReady) {
      ends.push(life.phaseEndsAt / second);
      life.finishPhase(life.phaseEndsAt);
      states.push(life.state);
    }
    expect(states).toEqual(["provisioning", "provisioning", "loading", "warming", "idle"]);
    expect(ends).toEqual([70, 100, 100.5, 102.5]);
    expect(life.readyAt).toBe(102.5 * second);
  });

  it("without phases is ready at once", () => {
    expect(new LifeCycle([], 0, new Meters(second)).takesRequests).toBe(true);
  });

  it("pays for each instant in exactly one state; draining changes who may use it, not who pays", () => {
    const meters = new Meters(second);
    const life = new LifeCycle(phases, 0, meters);
    while (!life.isReady) life.finishPhase(life.phaseEndsAt);
    life.enter("busy", 100 * second);
    life.drain(110 * second);
    expect([life.isReady, life.takesRequests]).toEqual([true, false]);
    life.enter("gone", 115 * second);
    life.settle(200 * second);
    expect(paid(meters)).toEqual([90, 0.5, 2, 15, 7.5]);
    expect(meters.ready.total() / second).toBe(110 - 92.5);
  });

  it("given up while it starts, it has paid until then and was never ready", () => {
    const meters = new Meters(second);
    const life = new LifeCycle(phases, 0, meters);
    life.drain(20 * second);
    life.enter("gone", 20 * second);
    expect(paid(meters)).toEqual([20, 0, 0, 0, 0]);
    expect([life.isReady, meters.ready.total()]).toEqual([false, 0]);
  });
});
