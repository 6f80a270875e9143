import { describe, expect, it } from "vitest";
import { ColdStarts } from "../../../src/fleet/cold-start/cold-starts.ts";
import type { StartUpConfig } from "../../../src/fleet/cold-start/start-up.ts";
import { WarmPool } from "../../../src/fleet/cold-start/warm-pool.ts";
import type { ColdStartPhase } from "../../../src/replica/cold-start/phase.ts";
import { LifeCycle } from "../../../src/replica/life-cycle.ts";
import { Meters } from "../../../src/replica/meters.ts";
import { EventQueue } from "../../../src/sim/event-queue.ts";
import { startBench } from "./start-bench.ts";

const node: ColdStartPhase = { name: "provision", state: "provisioning", duration: 60, onKnownNode: 0 };
const load = (more: object = {}): ColdStartPhase => ({
  name: "storage",
  state: "loading",
  transfer: { bytes: 20e9, bandwidth: 2e9, ...more },
  onKnownNode: 1,
});
const warm: ColdStartPhase = { name: "warm-up", state: "warming", duration: 5 };

describe("a replica that starts", () => {
  it("goes through its phases one after another", () => {
    const bench = startBench([node, load(), warm]);
    bench.begin(0, 3);
    expect(bench.run()).toEqual({ 0: 3 + 60 + 10 + 5 });
  });

  it("loads slower while others load over the same link", () => {
    const bench = startBench([load({ sharedBandwidth: 2e9 })]);
    for (const id of [0, 1, 2, 3]) bench.begin(id, 0);
    expect(bench.run()).toEqual({ 0: 40, 1: 40, 2: 40, 3: 40 });
  });

  it("leaves the link to the others when it is given up", () => {
    const bench = startBench([load({ sharedBandwidth: 2e9 })]);
    bench.begin(0, 0);
    bench.begin(1, 0);
    bench.leave(0, 10);
    // Half of 10 s alone, then the other 10 GB at 2 GB/s.
    expect(bench.run()).toEqual({ 1: 15 });
  });

  it.each([
    ["loads what no new node has", 0, 10],
    ["has what every new node has, as on a node that has been through it", 1, 1],
  ])("%s (a chance of %d)", (_, cached, seconds) => {
    const bench = startBench([load({ cached })]);
    bench.begin(0, 0);
    expect(bench.run()).toEqual({ 0: seconds });
  });

  it("finds the image on about as many new nodes as it should", () => {
    const bench = startBench([{ ...load({ cached: 0.3 }), onKnownNode: 0 }]);
    for (let id = 0; id < 1000; id += 1) bench.begin(id, 0);
    const found = Object.values(bench.run()).filter((at) => at === 0).length;
    expect(found).toBeGreaterThan(250);
    expect(found).toBeLessThan(350);
  });
});

describe("stock-outs", () => {
  it("hold a node back a geometric number of times: p/(1 − p) tries on average", () => {
    const bench = startBench([{ ...node, duration: 60, stockOut: { probability: 0.5, retry: 30 } }]);
    for (let id = 0; id < 2000; id += 1) bench.begin(id, 0);
    const waits = Object.values(bench.run()).map((at) => (at - 60) / 30);
    expect(waits.every(Number.isInteger)).toBe(true);
    const mean = waits.reduce((a, b) => a + b) / waits.length;
    // Standard deviation of the mean is √2 / √2000.
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(2 / 2000));
  });

  it("are drawn by the replica's number and the phase: another replica, or another phase that draws, changes nothing", () => {
    const stockOut = { probability: 0.5, retry: { kind: "uniform" as const, min_s: 0, max_s: 50 } };
    const alone = startBench([{ ...node, stockOut }]);
    alone.begin(7, 0);
    const many = startBench([{ ...node, stockOut }]);
    for (const id of [3, 7, 9]) many.begin(id, 0);
    const varied = startBench([
      { name: "scheduling", state: "provisioning", duration: { kind: "uniform", min_s: 1, max_s: 1 } },
      { ...node, stockOut },
    ]);
    varied.begin(7, 0);
    const expected = alone.run()[7]!;
    expect(many.run()[7]).toBe(expected);
    expect(varied.run()[7]).toBeCloseTo(expected + 1, 8);
    const otherSeed = startBench([{ ...node, stockOut }], undefined, 2);
    otherSeed.begin(7, 0);
    expect(otherSeed.run()[7]).not.toBe(expected);
  });
});

describe("a readiness probe", () => {
  const probe: ColdStartPhase = { name: "probe", state: "warming", probe: { period: 10, initialDelay: 2 } };
  it.each([
    ["up before the first probe: at the first", 1, 2],
    ["up at the first probe: at once", 2, 2],
    ["up between two: at the next", 2.001, 12],
    ["up at a later one: at once", 22, 22],
    ["up just after it: a period later", 22.5, 32],
  ])("%s", (_, warmUp, ready) => {
    const bench = startBench([node, { ...warm, duration: warmUp }, probe]);
    bench.begin(0, 0);
    // Probes count from the container's start, after the node is there.
    expect(bench.run()).toEqual({ 0: 60 + ready });
  });
});

describe("a node that is kept", () => {
  const keep = (keepNode: number): StartUpConfig => ({ keepNode, warmPool: null });

  it.each([
    ["spares the next replica what it knows", 30, 100 + 1 + 5, 20],
    ["is given back in time", 10, 100 + 60 + 10 + 5, 10],
    ["is given back at the very instant the next one comes", 20, 100 + 60 + 10 + 5, 20],
  ])("%s (kept for %i s)", (_, seconds, ready, paid) => {
    const bench = startBench([node, load(), warm], keep(seconds));
    bench.begin(0, 0);
    bench.leave(0, 80);
    bench.begin(1, 100);
    expect(bench.run()[1]).toBe(ready);
    expect(bench.meters.keptNodes.total() / 1e9).toBe(paid);
  });

  it("knows only the phases that its replica got through", () => {
    const bench = startBench([node, load(), warm], keep(600));
    bench.begin(0, 0);
    bench.leave(0, 65);
    bench.begin(1, 70);
    expect(bench.run()[1]).toBe(70 + 10 + 5);
  });

  it("is not there where its replica never got one", () => {
    const bench = startBench([node, load(), warm], keep(600));
    bench.begin(0, 0);
    bench.leave(0, 59);
    bench.begin(1, 70);
    expect(bench.run()[1]).toBe(70 + 60 + 10 + 5);
    expect(bench.meters.keptNodes.total()).toBe(0);
  });

  it("goes to one replica only", () => {
    const bench = startBench([node, load(), warm], keep(600));
    bench.begin(0, 0);
    bench.leave(0, 80);
    bench.begin(1, 100);
    bench.begin(2, 100);
    expect(bench.run()).toMatchObject({ 1: 106, 2: 175 });
  });
});

describe("peers", () => {
  const phases = [load({ peerBandwidth: 4e9 })];

  it("send what they have as soon as one is ready, each so much", () => {
    const bench = startBench(phases);
    bench.changeSources(1, 0);
    bench.begin(0, 1);
    bench.begin(1, 1);
    bench.begin(2, 30);
    bench.changeSources(1, 30);
    bench.begin(3, 30);
    // Two share one source: 40 GB at 4 GB/s. Then two have two sources.
    expect(bench.run()).toEqual({ 0: 11, 1: 11, 2: 35, 3: 35 });
  });

  it("hand over to storage where the last of them goes", () => {
    const bench = startBench(phases);
    bench.changeSources(1, 0);
    bench.begin(0, 0);
    bench.changeSources(-1, 2);
    // 8 GB in 2 s, the other 12 GB at 2 GB/s.
    expect(bench.run()).toEqual({ 0: 8 });
  });

  it("are not asked by a replica that began with storage", () => {
    const bench = startBench(phases);
    bench.begin(0, 0);
    bench.changeSources(1, 1);
    expect(bench.run()).toEqual({ 0: 10 });
  });
});

describe("a replica that stood by", () => {
  const probe: ColdStartPhase = { name: "probe", state: "warming", probe: { period: 10, initialDelay: 0 } };
  const phases = [node, load(), warm, probe];
  const pool = (kind: "asleep" | "node", prepared: number): StartUpConfig => ({
    keepNode: 0,
    warmPool: { size: 1, prepared, kind, wake: 3, paidShare: 1 },
  });

  it("asleep, has its weights to wake and its probe to wait for", () => {
    const bench = startBench(phases, pool("asleep", 3));
    bench.begin(0, 0, 3);
    bench.wake(0, 101);
    // Probes every 10 s from the container's start at 60 s.
    expect(bench.run()).toEqual({ 0: 110 });
  });

  it("as a node, begins its cold start on it", () => {
    const bench = startBench(phases.slice(0, 3), pool("node", 1));
    bench.begin(0, 0, 1);
    bench.wake(0, 101);
    expect(bench.run()).toEqual({ 0: 101 + 3 + 10 + 5 });
  });
});

/** Functions that an object holds in fields of its own, at any depth: state that cannot be copied. */
const functionsWithin = (value: unknown, path = "starts", seen = new Set<unknown>()): string[] => {
  if (typeof value === "function") return [path];
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  const inner = value instanceof Map ? [...value.entries()] : value instanceof Set ? [...value.keys()].entries() : Object.entries(value);
  return [...inner].flatMap(([key, field]) => functionsWithin(field, `${path}.${String(key)}`, seen));
};

it("the state of starts under way is in fields that can be copied", () => {
  const events = new EventQueue();
  const meters = new Meters(1e9);
  const startUp: StartUpConfig = { keepNode: 60, warmPool: { size: 1, prepared: 1, kind: "node", wake: 1, paidShare: 1 } };
  const starts = new ColdStarts([load({ peerBandwidth: 1e9 }), warm], startUp, 1, events, { phase: 0, transfer: 1 }, meters);
  for (const id of [0, 1, 2]) starts.begin({ id, life: new LifeCycle(false, 0, meters) }, 0);
  starts.leave({ id: 0, life: new LifeCycle(false, 0, meters) }, 0);
  expect(functionsWithin({ starts, pool: new WarmPool(2) })).toEqual([]);
  expect(functionsWithin({ one: { two: () => 1 } })).toEqual(["starts.one.two"]);
});
