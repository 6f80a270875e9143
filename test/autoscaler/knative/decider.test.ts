import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { activatorCount, Decider, type DeciderSpec } from "../../../src/autoscaler/knative/decider.ts";
import { DelayWindow } from "../../../src/autoscaler/knative/delay-window.ts";
import { deciderSpec, KPA_DEFAULTS, metricTarget, panicWindow, type KpaSpec } from "../../../src/autoscaler/knative/spec.ts";

const spec = (parts: Partial<DeciderSpec> = {}): DeciderSpec => ({
  ...deciderSpec({ ...KPA_DEFAULTS, target: 10, targetUtilizationPercent: 100 }),
  ...parts,
});

describe("panic", () => {
  it.each([
    [100, 5, false, "just below twice the ready replicas: 9.5 of 10"],
    [101, 5, true, "rounded up to replicas it is twice: 10.1 is 11"],
  ])("%f in the short window at %i replicas: %j, %s", (panic, ready, isPanicking) => {
    const decider = new Decider(spec({ panicThreshold: 2.2 }), 1, 0);
    decider.scale(10, ready, { stable: 50, panic });
    expect(decider.panicSince !== null).toBe(isPanicking);
  });

  it.each([
    [70, true, "exactly a window after its last sign it lasts"],
    [70.1, false, "later it does not"],
  ])("begun at 10 s, at %f s: %j, %s", (now, isPanicking) => {
    const decider = new Decider(spec(), 1, 0);
    decider.scale(10, 1, { stable: 10, panic: 40 });
    const scale = decider.scale(now, 4, { stable: 10, panic: 10 });
    expect([decider.panicSince !== null, scale?.desired]).toEqual([isPanicking, isPanicking ? 4 : 2]);
  });

  it("never scales down", () => {
    const decider = new Decider(spec(), 1, 0);
    expect(decider.scale(0, 1, { stable: 10, panic: 80 })?.desired).toBe(8);
    expect(decider.scale(2, 8, { stable: 10, panic: 0 })?.desired).toBe(8);
  });
});

describe("rates", () => {
  it.each([
    [1000, 3, 1.1, 2, 4, "up by a tenth, rounded up so that it moves at all"],
    [0, 3, 10, 2, 1, "down to half, rounded down"],
    [1, 100, 10, 1.1, 90, "down by a tenth"],
  ])("%i wanted at %i ready, up %f, down %f: %i, %s", (stable, ready, maxScaleUpRate, maxScaleDownRate, desired) => {
    const decider = new Decider(spec({ maxScaleUpRate, maxScaleDownRate, panicThreshold: 1e9 }), 1, 0);
    expect(decider.scale(0, ready, { stable, panic: 0 })?.desired).toBe(desired);
  });

  it("an unreachable revision may go to 0 at once, without delay", () => {
    const decider = new Decider(spec({ isReachable: false, scaleDownDelay: 300 }), 1, 0);
    expect(decider.scale(0, 8, { stable: 80, panic: 80 })?.desired).toBe(8);
    expect(decider.scale(2, 8, { stable: 0, panic: 0 })?.desired).toBe(0);
  });
});

describe("a delayed scale-down", () => {
  it("is the highest of the last slots, whatever was recorded", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 9 })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (gaps) => {
        const window = new DelayWindow(10, 2);
        const seen: { slot: number; value: number }[] = [];
        let now = 0;
        for (const [gap, value] of gaps) {
          now += gap;
          const slot = Math.floor(now / 2);
          seen.push({ slot, value });
          const highest = Math.max(...seen.filter((entry) => slot - entry.slot < 5).map((entry) => entry.value));
          if (window.record(now, value) !== highest) return false;
        }
        return true;
      }),
    );
  });
});

describe("excess burst capacity", () => {
  it.each([
    [0, 100, 0, -100, "nothing is ready, although the counts are of one replica"],
    [4, 30, 5, 5, "what is ready less the burst and what there is"],
    [4, 30, 5.5, 4, "rounded down"],
    [4, 0, 500, 0, "no burst to be ready for"],
    [4, -1, 0, -1, "always behind the activator"],
  ])("of %i ready replicas of 10 for a burst of %f at %f: %f, %s", (ready, targetBurstCapacity, panic, excess) => {
    const decider = new Decider(spec({ targetBurstCapacity }), 1, 0);
    expect(decider.scale(0, ready, { stable: 0, panic })?.excessBurstCapacity).toBe(excess);
  });
});

describe("the target of a replica", () => {
  it.each<[Partial<KpaSpec>, number, number, string]>([
    [{}, 100, 70, "the cluster's default"],
    [{ containerConcurrency: 8 }, 8, 5.6, "containerConcurrency"],
    [{ containerConcurrency: 8, target: 4 }, 4, 2.8, "the annotation where it is lower"],
    [{ containerConcurrency: 8, target: 20 }, 8, 5.6, "containerConcurrency where that is lower"],
    [{ target: 20 }, 20, 14, "the annotation alone"],
    [{ metric: "rps" as const }, 200, 140, "requests per second have their own default"],
    [{ metric: "rps" as const, containerConcurrency: 8, target: 20 }, 20, 14, "and no limit by concurrency"],
    [{ target: 0.01, targetUtilizationPercent: 1 }, 0.01, 0.01, "at least a hundredth"],
  ])("%j: %f in all, %f aimed at: %s", (parts, total, target) => {
    const resolved = metricTarget({ ...KPA_DEFAULTS, ...parts });
    expect(resolved.total).toBe(total);
    expect(resolved.target).toBeCloseTo(target, 12);
  });

  it.each([
    [60, 10, 6],
    [6, 10, 1],
    [65, 10, 7],
    [6, 1, 1],
  ])("a window of %i s at %i %% panics over %i s", (window, panicWindowPercent, seconds) => {
    expect(panicWindow({ ...KPA_DEFAULTS, window, panicWindowPercent })).toBe(seconds);
  });

  it.each([
    [0, 10, 2],
    [200, 1, 3],
    [-1, 100, 10],
  ])("a burst capacity of %i at %i ready replicas of 10 has %i activators", (targetBurstCapacity, ready, count) => {
    expect(activatorCount(spec({ targetBurstCapacity }), ready)).toBe(count);
  });
});
