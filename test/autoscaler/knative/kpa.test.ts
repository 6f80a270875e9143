import { describe, expect, it } from "vitest";
import { createKpa } from "../../../src/autoscaler/knative/kpa.ts";
import { KPA_DEFAULTS, type KpaSpec } from "../../../src/autoscaler/knative/spec.ts";
import { observed, serving, starting } from "../observations.ts";

const spec = (parts: Partial<KpaSpec> = {}): KpaSpec => ({ ...KPA_DEFAULTS, target: 10, targetUtilizationPercent: 100, ...parts });

interface Load {
  readonly inFlight: number;
  readonly queued?: number;
}

/** Runs the autoscaler second by second on a fleet whose replicas are ready after `cold` seconds; what was wanted, by second. */
const run = (kpa: KpaSpec, initial: number, seconds: number, load: (now: number) => Load, cold = 0): number[] => {
  const autoscaler = createKpa(kpa, initial);
  let wanted = initial;
  let born = Array.from({ length: initial }, () => -1e6);
  const history: number[] = [];
  for (let now = 0; now < seconds; now += 1) {
    const { inFlight, queued = 0 } = load(now);
    const ready = born.filter((at) => at + cold <= now).length;
    const replicas = born.map((at, id) => (at + cold <= now ? serving(id, inFlight / ready) : starting(id)));
    const decision = autoscaler.decide(observed(now, wanted, replicas, { requestsQueued: ready === 0 ? inFlight + queued : queued }));
    if (decision !== null) {
      wanted = decision.replicas;
      born = Array.from({ length: wanted }, (_, i) => born[i] ?? now);
    }
    history.push(wanted);
  }
  return history;
};

describe("Knative's autoscaler over a fleet", () => {
  it("goes to what steady concurrency asks for", () => {
    expect(run(spec(), 1, 120, () => ({ inFlight: 38 })).at(-1)).toBe(4);
  });

  it("panics on a burst within seconds, and leaves panic a window after it", () => {
    const history = run(spec(), 1, 240, (now) => ({ inFlight: now >= 60 && now < 70 ? 100 : 5 }));
    expect(history[59]).toBe(1);
    expect(Math.max(...history.slice(60, 72))).toBe(10);
    expect(history[120]).toBe(10);
    expect(history.at(-1)).toBe(1);
  });

  it("goes to 0 a window and a grace period after the last request, and back at the next one within two seconds", () => {
    const load = (now: number): Load => ({ inFlight: now < 30 || now >= 250 ? 3 : 0 });
    const history = run(spec({ targetBurstCapacity: 0 }), 1, 300, load);
    const gone = history.indexOf(0);
    // A window until nothing is left in it, the revision then counts as idle, and the grace period runs from there.
    expect(gone).toBeGreaterThanOrEqual(30 + 60 + 30 - 2);
    expect(gone).toBeLessThanOrEqual(30 + 60 + 30 + 6);
    expect(history.indexOf(1, gone)).toBeLessThanOrEqual(252);
    // Where the activator has been in the path all along, the grace period has passed by the next evaluation.
    expect(run(spec({ targetBurstCapacity: -1 }), 1, 300, load).indexOf(0)).toBe(92);
  });

  it("follows requests per second where that is its metric", () => {
    const autoscaler = createKpa(spec({ metric: "rps" }), 1);
    let wanted = 1;
    for (let now = 0; now <= 60; now += 1) {
      const replicas = Array.from({ length: wanted }, (_, id) => serving(id, 1));
      wanted = autoscaler.decide(observed(now, wanted, replicas, { requestsArrived: now * 35 }))?.replicas ?? wanted;
    }
    expect(wanted).toBe(4);
  });

  it("looks at once, between its evaluations, when a request comes to none", () => {
    const autoscaler = createKpa(spec(), 0);
    const at = (now: number, requestsQueued: number): number | undefined =>
      autoscaler.decide(observed(now, 0, [], { requestsQueued }))?.replicas;
    expect([at(0, 0), at(1, 0), at(2, 0), at(3, 1)]).toEqual([undefined, undefined, undefined, 1]);
  });

  it("keeps min-scale and max-scale", () => {
    const history = run(spec({ minScale: 2, maxScale: 5 }), 2, 400, (now) => ({ inFlight: now < 100 ? 500 : 0 }));
    expect([Math.min(...history), Math.max(...history)]).toEqual([2, 5]);
  });

  it("waits with a scale-down for its delay", () => {
    const load = (now: number): Load => ({ inFlight: now < 60 ? 40 : 10 });
    const lastAt4 = (kpa: KpaSpec): number => run(kpa, 4, 400, load).lastIndexOf(4);
    // The slot of 2 s in which it was last wanted is one of the 60.
    expect(lastAt4(spec({ scaleDownDelay: 120 })) - lastAt4(spec())).toBe(118);
  });

  it("says in words what led to it", () => {
    const autoscaler = createKpa(spec({ maxScale: 5 }), 1);
    const becauses = [0, 1, 2].map((now) => autoscaler.decide(observed(now, 1, [serving(0, 90)]))?.because ?? null);
    expect(becauses).toMatchInlineSnapshot(`
      [
        "concurrency over 60 s is 90, target 10 a replica, in panic over 6 s at 90: 9 wanted, max-scale 5",
        null,
        "concurrency over 60 s is 90, target 10 a replica, in panic over 6 s at 90: 9 wanted, max-scale 5",
      ]
    `);
  });
});
