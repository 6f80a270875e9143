import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetConfig } from "../../src/fleet/config.ts";
import type { Run } from "../../src/fleet/run.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { LifeSpans, type LifeSpan } from "../../src/replica/life-spans.ts";
import { traceEvents, traceJson } from "../../src/report/trace-events.ts";
import { fleetConfig, fleets, requestsOf } from "../fleet/configs.ts";
import { runs } from "../runs.ts";

const recorded = (config: FleetConfig): { run: Run; spans: readonly LifeSpan[] } => {
  const lifeSpans = new LifeSpans();
  return { run: simulate(config, undefined, lifeSpans), spans: lifeSpans.spans };
};
const forAllFleets = (law: (config: FleetConfig) => void): void => fc.assert(fc.property(fleets(), law), runs(100));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const byReplica = (spans: readonly LifeSpan[]): LifeSpan[][] =>
  [...new Set(spans.map(({ replica }) => replica))].map((id) => spans.filter(({ replica }) => replica === id));

describe("what replicas go through, as a run records it", () => {
  it("law: changes nothing of the run", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(recorded(config).run)).toBe(JSON.stringify(simulate(config)));
    });
  });

  it("law: each replica's phases follow each other without a gap, take time, and none comes back but after a failure", () => {
    const once = /^((provisioning|loading|warming|asleep),)*(serving,)?(draining,)?$/;
    // A server that died starts again; where that took no time it has no phase of its own.
    const again = /^((provisioning|loading|warming|asleep|serving|failed),)*((draining|failed),)*$/;
    forAllFleets((config) => {
      for (const spans of byReplica(recorded(config).spans)) {
        expect(spans.every(({ from, to }) => from >= 0 && from < to)).toBe(true);
        expect(spans.slice(1).map(({ from }) => from)).toEqual(spans.slice(0, -1).map(({ to }) => to));
        const life = config.churn?.failures === undefined ? once : again;
        expect(spans.map(({ phase }) => `${phase},`).join("")).toMatch(life);
      }
    });
  });

  it("law: adds up to what was paid, and is the same stepwise", () => {
    forAllFleets((config) => {
      const paid = {
        ...config,
        startUp: { keepNode: 0, warmPool: config.startUp?.warmPool ? { ...config.startUp.warmPool, paidShare: 1 } : null },
      };
      const { run, spans } = recorded(paid);
      expect(recorded({ ...paid, isStepwise: true }).spans).toEqual(spans);
      const of = (...phases: string[]): number =>
        sum(spans.filter(({ phase }) => phases.includes(phase)).map(({ from, to }) => (to - from) / 1e9));
      const { provisioning, loading, warming, asleep, busy, idle } = run.paid_s;
      expect(of("provisioning")).toBeCloseTo(provisioning, 6);
      expect(of("loading")).toBeCloseTo(loading, 6);
      expect(of("warming")).toBeCloseTo(warming, 6);
      expect(of("asleep")).toBeCloseTo(asleep, 6);
      expect(of("serving", "draining")).toBeCloseTo(busy + idle, 6);
    });
  });
});

describe("a run as trace events", () => {
  it("law: every event has the fields that its kind asks for, at a time within the run; slices of a track do not overlap", () => {
    forAllFleets((config) => {
      const { run, spans } = recorded(config);
      const events = traceEvents(run, spans);
      const end = run.ended_at_s * 1e6;
      const tracks = new Map<number, number>();
      const names = new Set<number>();
      const wrong: unknown[] = [];
      for (const event of events) {
        const isNamed = typeof event.name === "string" && event.name !== "" && event.pid === 1;
        const isInTime = event.ph === "M" || (Number.isFinite(event.ts) && event.ts >= 0 && event.ts <= end + 1e-3);
        const isKnown = event.ph === "M" || event.ph === "C" || names.has(event.tid);
        if (!isNamed || !isInTime || !isKnown) wrong.push(event);
        if (event.ph === "M") {
          const value = event.name === "thread_sort_index" ? event.args["sort_index"] : event.args["name"];
          if (value === undefined || value === "") wrong.push(event);
          if (event.name === "thread_name") names.add(event.tid);
        } else if (event.ph === "X") {
          if (!(event.dur > 0) || event.ts < (tracks.get(event.tid) ?? 0) - 1e-3 || event.ts + event.dur > end + 1e-3) wrong.push(event);
          tracks.set(event.tid, event.ts + event.dur);
        } else if (event.ph === "i") {
          if (event.s !== "t" || typeof event.args["because"] !== "string") wrong.push(event);
        } else if (!Object.values(event.args).every((value) => typeof value === "number" && Number.isFinite(value))) wrong.push(event);
      }
      expect(wrong).toEqual([]);
      expect(events.filter(({ ph }) => ph === "i")).toHaveLength(run.scale_events.length);
      expect(events.filter(({ ph }) => ph === "X")).toHaveLength(spans.length);
    });
  });

  it("shows a scale-up from its decision to the drain, and reads back as JSON", () => {
    const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };
    const { run, spans } = recorded(
      fleetConfig({
        stepTime: oneSecond,
        coldStart: [
          { name: "node", state: "provisioning", duration: 20 },
          { name: "weights", state: "loading", duration: 7.5 },
        ],
        policy: { kind: "hpa", min_replicas: 1, max_replicas: 2, metric: "requests_in_flight", target_average: 1 },
        requests: requestsOf([10_000, 10, 50], [0, 10, 50], [400_000, 10, 30], [0, 10, 400]),
      }),
    );
    const { traceEvents: events, displayTimeUnit } = JSON.parse(traceJson(run, spans)) as {
      readonly traceEvents: readonly Record<string, unknown>[];
      readonly displayTimeUnit: string;
    };
    expect(displayTimeUnit).toBe("ms");
    const of = (kind: string) => events.filter(({ ph }) => ph === kind);
    expect(of("M").map(({ name, tid, args }) => `${String(name)} ${String(tid)}: ${JSON.stringify(args)}`)).toMatchInlineSnapshot(`
      [
        "process_name 1: {"name":"test: HPA on requests_in_flight, target 1 a pod, 1 to 2 replicas"}",
        "thread_name 1: {"name":"scale decisions"}",
        "thread_sort_index 1: {"sort_index":1}",
        "thread_name 2: {"name":"replica 0"}",
        "thread_sort_index 2: {"sort_index":2}",
        "thread_name 3: {"name":"replica 1"}",
        "thread_sort_index 3: {"sort_index":3}",
        "thread_name 4: {"name":"replica 2"}",
        "thread_sort_index 4: {"sort_index":4}",
      ]
    `);
    expect(of("X").map(({ name, tid, ts, dur }) => [name, tid, ts, dur].join(" "))).toMatchInlineSnapshot(`
      [
        "serving 2 0 810000000",
        "provisioning 3 15000000 20000000",
        "loading 3 35000000 7500000",
        "serving 3 42500000 317500000",
        "provisioning 4 420000000 20000000",
        "loading 4 440000000 7500000",
        "serving 4 447500000 302500000",
      ]
    `);
    expect(of("i")[0]).toMatchInlineSnapshot(`
      {
        "args": {
          "because": "requests_in_flight averaged 2 a pod, target 1: 2 wanted",
          "from": 1,
          "ready_after_s": 27.5,
          "to": 2,
        },
        "cat": "autoscaler",
        "name": "1 → 2 replicas",
        "ph": "i",
        "pid": 1,
        "s": "t",
        "tid": 1,
        "ts": 15000000,
      }
    `);
    expect([...new Set(of("C").map(({ name }) => name))]).toMatchInlineSnapshot(`
      [
        "queue",
        "running",
        "ready replicas",
        "KV cache use",
        "prefix cache hit rate",
      ]
    `);
    expect(of("C").findLast(({ name }) => name === "ready replicas")).toMatchObject({ ts: run.ended_at_s * 1e6 });
  });
});
