import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Churn } from "../../../src/fleet/churn/settings.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import { SharedLink } from "../../../src/fleet/cold-start/shared-link.ts";
import type { Run } from "../../../src/fleet/run.ts";
import { LifeCycle } from "../../../src/replica/life-cycle.ts";
import { runs } from "../../runs.ts";
import { fleetConfig, fleets, requestsOf, simulateAll } from "../configs.ts";

const forAllFleets = (law: (config: FleetConfig) => void): void => fc.assert(fc.property(fleets(), law), runs(300));

afterEach(() => void vi.restoreAllMocks());

const paidWhileFailed = (churn: Churn): Churn =>
  churn.failures?.replica === undefined
    ? churn
    : { ...churn, failures: { ...churn.failures, replica: { ...churn.failures.replica, is_paid: true } } };

/** Each replica's life, from the start to the end, in nanoseconds. */
const watchLives = (): Map<LifeCycle, { from: number; to: number }> => {
  const lives = new Map<LifeCycle, { from: number; to: number }>();
  const { settle } = LifeCycle.prototype;
  vi.spyOn(LifeCycle.prototype, "settle").mockImplementation(function (this: LifeCycle, now) {
    if (this.state !== "gone") lives.set(this, { from: lives.get(this)?.from ?? this["since"], to: now });
    settle.call(this, now);
  });
  return lives;
};

describe("the paid time of all fleets", () => {
  it("is each replica's whole life, standing by included, in exactly one state at a time", () => {
    forAllFleets((config) => {
      const lives = watchLives();
      const { warmPool } = config.startUp!;
      const startUp = { keepNode: 0, warmPool: warmPool === null ? null : { ...warmPool, paidShare: 1 } };
      const { run } = simulateAll({ ...config, startUp, churn: paidWhileFailed(config.churn!) });
      const alive = [...lives.values()].reduce((sum, { from, to }) => sum + (to - from), 0) / 1e9;
      expect(Object.values(run.paid_s).reduce((a, b) => a + b)).toBeCloseTo(alive, 5);
      vi.restoreAllMocks();
    });
  });

  it("has a pool's members asleep at their share of the price, and changes nothing else", () => {
    forAllFleets((config) => {
      const { warmPool } = config.startUp!;
      fc.pre(warmPool !== null);
      const at = (paidShare: number) => simulateAll({ ...config, startUp: { keepNode: 0, warmPool: { ...warmPool, paidShare } } }).run;
      const whole = at(1);
      const half = at(0.5);
      expect(half.paid_s.asleep).toBeCloseTo(whole.paid_s.asleep / 2, 9);
      const free = (run: Run) => ({ ...run, paid_s: null, gpu_hours: null, timeline: { ...run.timeline, paid_gpu_s: null } });
      expect(free(half)).toEqual(free(whole));
    });
  });
});

it("these fleets do share links, load from peers, keep nodes, wake from pools and refill them", () => {
  let shared = 0;
  const { join } = SharedLink.prototype;
  vi.spyOn(SharedLink.prototype, "join").mockImplementation(function (this: SharedLink, ...call) {
    if (this.transfers > 0) shared += 1;
    join.apply(this, call);
  });
  const capacity = vi.spyOn(SharedLink.prototype, "setCapacity");
  const asleep = vi.spyOn(LifeCycle.prototype, "fallAsleep");
  let kept = 0;
  let woken = 0;
  let refilled = 0;
  forAllFleets((config) => {
    const { run } = simulateAll({ ...config, startUp: { ...config.startUp!, warmPool: null } });
    if (run.paid_s.asleep > 0) kept += 1;
    asleep.mockClear();
    const pooled = simulateAll(config).run;
    const { warmPool } = config.startUp!;
    if (warmPool === null || config.policy.kind === "fixed") return;
    if (pooled.scale_events.some(({ from, to }) => to > from)) woken += 1;
    if (asleep.mock.calls.some(([now]) => now > 0)) refilled += 1;
  });
  expect(Math.min(kept, woken, refilled, shared, capacity.mock.calls.length)).toBeGreaterThan(5);
});

describe("a warm pool in a fleet", () => {
  const coldStart = [
    { name: "provision", state: "provisioning", duration: 100 },
    { name: "weights", state: "loading", duration: 20 },
  ] as const;
  const config = fleetConfig({
    coldStart,
    // One second a step, so that 40 requests of 200 tokens keep the HPA's metric up.
    stepTime: { stepTime: () => 1e9, isExtrapolated: () => false },
    policy: { kind: "hpa", min_replicas: 1, max_replicas: 3, metric: "requests_in_flight", target_average: 5 },
    requests: requestsOf(...Array.from({ length: 40 }, () => [0, 10, 200] as const)),
  });
  const pool = { size: 1, prepared: 2, kind: "asleep", wake: 2, paidShare: 1 } as const;
  const readyAfter = (startUp: FleetConfig["startUp"]) =>
    simulateAll({ ...config, ...(startUp === undefined ? {} : { startUp }) }).run.scale_events[0];

  it("serves a scale-up first, and leaves the rest to cold starts", () => {
    expect(readyAfter(undefined)).toMatchObject({ from: 1, to: 3, ready_after_s: 120 });
    expect(readyAfter({ keepNode: 0, warmPool: pool })).toMatchObject({ from: 1, to: 3, ready_after_s: 120 });
    expect(readyAfter({ keepNode: 0, warmPool: { ...pool, size: 2 } })).toMatchObject({ from: 1, to: 3, ready_after_s: 2 });
  });

  it("is not kept by a fixed fleet, which never scales up", () => {
    const fixed = { ...config, policy: { kind: "fixed", replicas: 2 } } as const;
    expect(simulateAll({ ...fixed, startUp: { keepNode: 0, warmPool: pool } }).run.paid_s).toEqual(simulateAll(fixed).run.paid_s);
  });
});
