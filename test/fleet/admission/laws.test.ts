import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureReasons } from "../../../src/fleet/admission/failure.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import { runSchema } from "../../../src/fleet/run.ts";
import { Simulation } from "../../../src/fleet/simulation.ts";
import type { Work } from "../../../src/traffic/request.ts";
import { runs } from "../../runs.ts";
import { expectTokensToAddUp } from "../accounting.ts";
import { fleets, simulateAll } from "../configs.ts";
import { guardedFleets } from "./arbitrary.ts";
import { withForks } from "../forks.ts";

const forAllFleets = (law: (config: FleetConfig) => void): void => fc.assert(fc.property(guardedFleets(), law), runs(300));

describe("laws of admission and clients, over random fleets with everything in front of them", () => {
  it("the fast path gives the same bytes as stepwise", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll({ ...config, isStepwise: true })));
    });
  });

  it("every request ends in exactly one state, however often it was sent", () => {
    forAllFleets((config) => {
      const { run, requests } = simulateAll(config);
      const { arrived, deferred, running, queued, ...ends } = run.requests;
      const { finished, rejected } = ends;
      expect(Object.values(ends).reduce((a, b) => a + b)).toBe(arrived);
      expect([deferred, running, queued]).toEqual([0, 0, 0]);
      expect(requests.map(({ id }) => id)).toEqual(requests.map((_, i) => i));
      expect(requests.filter(({ state }) => state === "finished")).toHaveLength(finished);
      expect(requests.filter(({ state }) => state === "rejected")).toHaveLength(rejected);
      expect(requests.length).toBe(arrived);
    });
  });

  it("every attempt fails once or is the one that finishes, within what clients may do", () => {
    forAllFleets((config) => {
      const { run, requests } = simulateAll(config);
      const { attempts, retries, failures, not_sent: notSent } = run.admission!;
      const sum = (pick: (row: (typeof failures)[number]) => number): number => failures.reduce((total, row) => total + pick(row), 0);
      expect(attempts).toBe(run.requests.arrived + retries);
      expect(attempts).toBe(run.requests.finished + sum((row) => row.attempts));
      expect(attempts).toBe(requests.reduce((total, request) => total + request.attempts, 0));
      expect(sum((row) => row.requests)).toBe(run.requests.arrived - run.requests.finished);
      for (const request of requests) expect(request.attempts).toBeLessThanOrEqual(config.clients!.retry?.max_attempts ?? 1);
      const { ratio, min_per_s, burst } = config.clients!.retry?.budget ?? { ratio: Infinity, min_per_s: 0, burst: 0 };
      expect(retries).toBeLessThanOrEqual(burst + ratio * run.requests.arrived + min_per_s * run.ended_at_s);
      let planned = 0;
      for (const request of config.requests) for (let work: Work | undefined = request; work !== undefined; work = work.next) planned += 1;
      expect(run.requests.arrived + notSent).toBe(planned);
    });
  });

  it("every step's tokens are accounted for, those of attempts given up included", () => {
    forAllFleets(expectTokensToAddUp);
  });

  it("the time in queues, held back and in batches adds up to that from when each request was sent to when it left", () => {
    forAllFleets((config) => {
      let inSystem = 0;
      const simulation = new Simulation(config, { onRequest: ({ arrivedAt }) => (inSystem += simulation.now - arrivedAt) });
      for (const request of config.requests) simulation.feed(request);
      simulation.finish();
      expect(simulation.readingAt(simulation.now).inSystem_s).toBeCloseTo(inSystem / 1e9, 5);
    });
  });

  it("no request finishes later than its client waits, nor any attempt without a token", () => {
    forAllFleets((config) => {
      const { timeout_s: patience = Infinity, first_token_timeout_s: first = Infinity } = config.clients!;
      for (const { state, attempts, arrivedAt, firstTokenAt, lastTokenAt } of simulateAll(config).requests) {
        if (state !== "finished" || attempts > 1) continue;
        expect(lastTokenAt! - arrivedAt).toBeLessThanOrEqual(patience * 1e9);
        expect(firstTokenAt! - arrivedAt).toBeLessThanOrEqual(first * 1e9);
      }
    });
  });

  it("a fork that does what the fleet does goes the same way to the last byte", () => {
    let forked = 0;
    fc.assert(
      fc.property(guardedFleets(), (config) => {
        const { run, forks } = withForks(config, true);
        for (const fork of forks) expect(JSON.stringify(fork)).toBe(JSON.stringify(run));
        forked += forks.length;
      }),
      runs(60),
    );
    expect(forked).toBeGreaterThan(50);
  });

  it("every run satisfies the published schema", () => {
    forAllFleets((config) => {
      expect(runSchema.safeParse(simulateAll(config).run).error).toBeUndefined();
    });
  });

  it("settings that never bind change nothing of the run", () => {
    fc.assert(
      fc.property(fleets(), (config) => {
        const { run, requests } = simulateAll(config);
        const guarded = simulateAll({
          ...config,
          admission: {
            queue: { max_length: 1e6, on_full: "drop-oldest", order: "fcfs", timeout_s: 1e6 },
            rate_limit: { rate: 1e9, burst: 1e9, unit: "tokens", per: "session", max_delay_s: 1 },
            shed: { priority_above: 100, queue_depth: 0, kv_use: 0.1 },
            deadline: { ttft_s: 1e6, classes: [], reject: true },
            smoother: { priority_above: 100, max_delay_s: 1e6, target_outstanding: 1e6 },
          },
          clients: {
            first_token_timeout_s: 1e6,
            timeout_s: 1e6,
            retry: { max_attempts: 5, on: ["rejected", "timed_out"], backoff_s: 1, factor: 2, max_backoff_s: 8, jitter: "full" },
          },
        });
        const { admission: _, ...rest } = guarded.run;
        expect(JSON.stringify({ ...rest, not_modelled: run.not_modelled })).toBe(JSON.stringify(run));
        expect(guarded.requests).toEqual(requests);
      }),
      runs(200),
    );
  });

  it("these fleets do fail in every way, try again, hold back and drop", () => {
    const reasons = new Map<string, number>();
    let retries = 0;
    let held = 0;
    let firstTokens = 0;
    forAllFleets((config) => {
      const { run, requests } = simulateAll(config);
      for (const { reason, attempts } of run.admission!.failures) reasons.set(reason, (reasons.get(reason) ?? 0) + attempts);
      retries += run.admission!.retries;
      held += run.admission!.deferred_s?.count ?? 0;
      firstTokens += requests.filter(({ state, firstTokenAt }) => state === "timed_out" && firstTokenAt !== null).length;
    });
    for (const way of failureReasons) expect([way, (reasons.get(way) ?? 0) > 20]).toEqual([way, true]);
    expect(Math.min(retries, held, firstTokens)).toBeGreaterThan(20);
  });
});
