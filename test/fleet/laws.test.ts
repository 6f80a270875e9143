import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALM } from "../../src/fleet/churn/settings.ts";
import { runSchema } from "../../src/fleet/run.ts";
import { runs } from "../runs.ts";
import { expectTokensToAddUp } from "./accounting.ts";
import { fleets, simulateAll } from "./configs.ts";

const forAllFleets = (law: (config: Parameters<typeof simulateAll>[0]) => void): void => fc.assert(fc.property(fleets(), law), runs(300));

describe("laws of the simulator, over random fleets with preemption and scaling", () => {
  it("the fast path gives the same bytes as stepwise", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll({ ...config, isStepwise: true })));
    });
  });

  it("the same configuration gives the same bytes", () => {
    forAllFleets((config) => {
      expect(JSON.stringify(simulateAll(config))).toBe(JSON.stringify(simulateAll(config)));
    });
  });

  it("every request ends in exactly one state, and none is left behind", () => {
    forAllFleets((config) => {
      const { run, requests } = simulateAll(config);
      const { arrived, ...states } = run.requests;
      // A fleet that gives replicas up before they are ready, for ever, is given up itself after a day.
      fc.pre(run.ended_at_s < 24 * 3600);
      expect(arrived).toBeGreaterThanOrEqual([...config.requests].length);
      expect(requests.map(({ id }) => id)).toEqual(requests.map((_, i) => i));
      expect(Object.values(states).reduce((a, b) => a + b)).toBe(arrived);
      const { finished, rejected, cut_off: cutOff, lost } = states;
      expect(finished + rejected + cutOff + lost).toBe(arrived);
      for (const { state, arrivedAt, firstTokenAt, lastTokenAt } of requests) {
        const hasBegun = firstTokenAt !== null && arrivedAt < firstTokenAt;
        const isInOrder = hasBegun && lastTokenAt !== null && firstTokenAt <= lastTokenAt;
        const isUnfinished = (hasBegun || firstTokenAt === null) && lastTokenAt === null;
        const hasNoTimes = firstTokenAt === null && lastTokenAt === null;
        expect(state === "finished" ? isInOrder : state === "rejected" ? hasNoTimes : isUnfinished).toBe(true);
      }
    });
  });

  it("every step's tokens are accounted for: prompts, outputs, what was recomputed or given up, less what was found in the prefix cache", () => {
    forAllFleets(expectTokensToAddUp);
  });

  it("no step is timed that computes nothing", () => {
    forAllFleets((config) => {
      let empty = 0;
      const stepTime = {
        ...config.stepTime,
        stepTime(batch: Parameters<typeof config.stepTime.stepTime>[0]) {
          if (batch.tokens === 0) empty += 1;
          return config.stepTime.stepTime(batch);
        },
      };
      simulateAll({ ...config, stepTime });
      expect(empty).toBe(0);
    });
  });

  it("a replica of several GPUs is paid for as often, and is as busy as one", () => {
    forAllFleets((config) => {
      const [one, four] = [1, 4].map((gpusPerReplica) => simulateAll({ ...config, gpusPerReplica }).run);
      expect(four!.gpu_hours).toBeCloseTo(4 * one!.gpu_hours, 9);
      expect(four!.utilization).toBe(one!.utilization);
    });
  });

  it("a fixed fleet pays for all its replicas until the last request has left", () => {
    forAllFleets((config) => {
      const { run } = simulateAll({ ...config, churn: CALM, policy: { kind: "fixed", replicas: 3 } });
      expect(run.paid_s.busy + run.paid_s.idle).toBeCloseTo(3 * run.ended_at_s, 6);
      expect(run.gpu_hours * 3600).toBeCloseTo(3 * run.ended_at_s, 6);
    });
  });

  it("a scaled fleet's windows add up to what it paid for", () => {
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      const { window_s, replicas_starting, replicas_ready, running } = run.timeline;
      const integral = (means: readonly number[]): number =>
        means.reduce((sum, mean, i) => sum + mean * Math.max(0, Math.min(window_s, run.ended_at_s - i * window_s)), 0);
      const { provisioning, loading, warming, busy, idle } = run.paid_s;
      expect(integral(replicas_starting)).toBeCloseTo(provisioning + loading + warming, 5);
      // Draining replicas are paid for, but not ready for requests.
      expect(integral(replicas_ready)).toBeLessThanOrEqual(busy + idle + 1e-5);
      expect(integral(running)).toBeCloseTo((run.mean_batch ?? 0) * busy, 5);
    });
  });

  it("each replica is in one state at a time, and windows add up to the time and tokens of the whole run", () => {
    forAllFleets((config) => {
      const gpus = 3;
      const { run } = simulateAll({ ...config, gpusPerReplica: gpus });
      const { window_s, replicas, busy_share = [], useful_share = [], paid_gpu_s = [] } = run.timeline;
      const { paid_s } = run;
      const lengths = run.timeline.arrivals.map((_, i) => Math.max(0, Math.min(window_s, run.ended_at_s - i * window_s)));
      const integral = (values: readonly number[]): number => values.reduce((sum, value, i) => sum + value * lengths[i]!, 0);
      const { provisioning, loading, warming, busy, idle, draining } = replicas!;
      for (const [state, means] of [["provisioning", provisioning] as const, ["loading", loading] as const, ["warming", warming] as const])
        expect(gpus * integral(means)).toBeCloseTo(paid_s[state], 4);
      expect(gpus * (integral(busy) + integral(draining))).toBeCloseTo(paid_s.busy, 4);
      expect(gpus * integral(idle)).toBeCloseTo(paid_s.idle, 4);
      expect(busy.every((mean, i) => Math.abs(mean + idle[i]! - run.timeline.replicas_ready[i]!) < 1e-9)).toBe(true);
      expect(paid_gpu_s.reduce((sum, paid) => sum + paid, 0) / 3600).toBeCloseTo(run.gpu_hours, 9);
      const serving = busy.map((mean, i) => mean + idle[i]! + draining[i]!);
      expect(integral(serving.map((mean, i) => mean * (busy_share[i] ?? 0)))).toBeCloseTo(paid_s.busy / gpus, 5);
      // The last token of a request is produced and never computed.
      const computed =
        run.tokens.prompt +
        run.tokens.output -
        run.requests.finished +
        run.tokens.recomputed +
        (run.tokens.abandoned ?? 0) -
        (run.prefix_cache?.hit_tokens ?? 0);
      const useful = integral(serving.map((mean, i) => mean * (useful_share[i] ?? 0))) * run.peak_tokens_per_s!;
      // What a server was at when it went is scheduled and never computed to the end.
      const wentInStep = run.disruptions !== undefined || run.hand_overs !== undefined || run.requests.cut_off > 0;
      expect(useful).toBeLessThan(computed + 1e-4);
      expect(useful).toBeCloseTo(wentInStep ? useful : computed, 4);
      expect((run.useful_share ?? 0) * integral(serving) * run.peak_tokens_per_s!).toBeCloseTo(useful, 4);
      // The peak is a search, so that a batch in between may be a little better.
      expect(run.useful_share ?? 0).toBeLessThan(1.01);
      expect(run.useful_share ?? 0).toBeLessThanOrEqual(1.01 * (run.utilization ?? 0));
    });
  });

  it("hit rates by window add up to what was found, and percentiles by window are in order and within the run's", () => {
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      const { hit_rate, ttft_p50_s, ttft_p99_s, tpot_p50_s, tpot_p99_s } = run.timeline;
      expect(hit_rate === undefined).toBe(run.prefix_cache === null);
      expect(hit_rate?.some((rate) => (rate ?? 0) > 0) ?? false).toBe((run.prefix_cache?.hit_tokens ?? 0) > 0);
      for (const [p50, p99, all] of [
        [ttft_p50_s!, ttft_p99_s, run.latency.ttft_s] as const,
        [tpot_p50_s!, tpot_p99_s!, run.latency.tpot_s] as const,
      ]) {
        const [known50, known99] = [p50, p99].map((values) => values.filter((value) => value !== null)) as [number[], number[]];
        expect(known50.length > 0).toBe(all !== null);
        if (all === null) continue;
        expect(p50.every((value, i) => (value === null) === (p99[i] === null) && (value ?? 0) <= (p99[i] ?? 0))).toBe(true);
        expect(Math.max(...known99)).toBeLessThanOrEqual(all.max * 1.001);
        const whole = [all.p50, all.p99];
        expect(known50.length === 1 ? [...known50, ...known99] : whole).toEqual(whole);
      }
    });
  });

  it("every run satisfies the published schema", () => {
    forAllFleets((config) => {
      expect(runSchema.safeParse(simulateAll(config).run).error).toBeUndefined();
    });
  });

  it("these fleets do preempt, reject, scale up and scale down", () => {
    let preempted = 0;
    let rejected = 0;
    let up = 0;
    let down = 0;
    forAllFleets((config) => {
      const { run } = simulateAll(config);
      preempted += run.preemptions;
      rejected += run.requests.rejected;
      for (const event of run.scale_events)
        if (event.to > event.from) up += 1;
        else down += 1;
    });
    expect(Math.min(preempted, rejected, up, down)).toBeGreaterThan(20);
  });
});
