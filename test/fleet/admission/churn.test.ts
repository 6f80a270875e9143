import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import type { Work } from "../../../src/traffic/request.ts";
import { runs } from "../../runs.ts";
import { expectTokensToAddUp } from "../accounting.ts";
import { churns, simulateAll } from "../configs.ts";
import { withForks } from "../forks.ts";
import { guardedFleets } from "./arbitrary.ts";

const churningFleets = fc.tuple(guardedFleets(), churns).map(([config, churn]): FleetConfig => ({ ...config, churn }));
const forAllFleets = (law: (config: FleetConfig) => void): void => fc.assert(fc.property(churningFleets, law), runs(60));

describe("laws of fleets with everything in front of them whose replicas fail, are reclaimed, updated and drained", () => {
  it("the fast path gives the same bytes as stepwise, request by request", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll({ ...config, isStepwise: true })));
    });
  });

  it("every request ends in exactly one state, and every attempt fails once or is the one that finishes", () => {
    forAllFleets((config) => {
      const { run, requests } = simulateAll(config);
      const { arrived, deferred, running, queued, ...ends } = run.requests;
      expect([deferred, running, queued]).toEqual([0, 0, 0]);
      expect(Object.values(ends).reduce((a, b) => a + b)).toBe(arrived);
      expect(requests.map(({ id }) => id)).toEqual(Array.from({ length: arrived }, (_, id) => id));
      const { attempts, retries, failures, not_sent: notSent } = run.admission!;
      expect(attempts).toBe(arrived + retries);
      expect(attempts).toBe(ends.finished + failures.reduce((sum, row) => sum + row.attempts, 0));
      expect(attempts).toBe(requests.reduce((sum, request) => sum + request.attempts, 0));
      let planned = 0;
      for (const request of config.requests) for (let work: Work | undefined = request; work !== undefined; work = work.next) planned += 1;
      expect(arrived + notSent).toBe(planned);
    });
  });

  it("what disruptions took are attempts that failed so, whether or not they were tried again", () => {
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      const taken = (key: "lost" | "cut_off"): number => (run.disruptions ?? []).reduce((sum, entry) => sum + entry[key], 0);
      const failed = (state: "lost" | "cut_off"): number =>
        run.admission!.failures.reduce((sum, row) => sum + (row.state === state ? row.attempts : 0), 0);
      expect(taken("lost")).toBe(failed("lost"));
      expect(taken("cut_off")).toBeLessThanOrEqual(failed("cut_off"));
    });
  });

  it("every step's tokens are accounted for, those of attempts given up or lost included", () => {
    forAllFleets(expectTokensToAddUp);
  });

  it("forks that carry out what the fleet does end as it does", () => {
    forAllFleets((config) => {
      const { run, forks } = withForks(config, true);
      const whole = JSON.stringify(run);
      for (const fork of forks) expect(JSON.stringify(fork)).toBe(whole);
    });
  });

  it("forks that do not leave the fleet as it was", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(withForks(config, false).run)).toBe(JSON.stringify(simulateAll(config).run));
    });
  });

  it("these fleets do take requests away, and clients do send them again", () => {
    const seen = { lost: 0, cutOff: 0, handedOver: 0, retries: 0, timedOut: 0, rejected: 0 };
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      seen.retries += run.admission!.retries;
      seen.handedOver += run.hand_overs ?? 0;
      for (const { state, attempts } of run.admission!.failures) {
        if (state === "lost") seen.lost += attempts;
        if (state === "cut_off") seen.cutOff += attempts;
        if (state === "timed_out") seen.timedOut += attempts;
        if (state === "rejected") seen.rejected += attempts;
      }
    });
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
  });
});
