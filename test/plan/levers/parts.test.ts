import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KPA_DEFAULTS } from "../../../src/autoscaler/knative/spec.ts";
import { KEDA_DEFAULTS } from "../../../src/autoscaler/keda/spec.ts";
import { initialReplicas, limitsOf, policyInWords, type Policy } from "../../../src/fleet/policy.ts";
import { simulate } from "../../../src/fleet/simulate.ts";
import { typicalSeconds } from "../../../src/replica/cold-start/phase.ts";
import { firstOrNull } from "../../../src/plan/search/first-that-holds.ts";
import { Evaluator, cheapestOfGridOrNull, FACTORS, hoursByReplication, UNCHANGED } from "../../../src/plan/levers/evaluator.ts";
import { admission, smoothing } from "../../../src/plan/levers/front.ts";
import { gapBetween } from "../../../src/plan/levers/gap.ts";
import { placement } from "../../../src/plan/levers/placement.ts";
import { beginningWith, withFloorOrNull, withTargetOrNull } from "../../../src/plan/levers/policies.ts";
import type { LeverContext, Intervention, Interventions } from "../../../src/plan/levers/intervention.ts";
import { slowerOrNull } from "../../../src/plan/levers/slower.ts";
import { baseline, churn, fasterLoad, warmPool } from "../../../src/plan/levers/scaling.ts";
import { replicate } from "../../../src/plan/search/replications.ts";
import { runs } from "../../runs.ts";
import { chat, question } from "../questions.ts";

const hpa: Policy = { kind: "hpa", min_replicas: 1, max_replicas: 8, metric: "requests_in_flight", target_average: 8 };
const manifest = (autoscaler: Extract<Policy, { kind: "manifest" }>["autoscaler"]): Policy => ({
  kind: "manifest",
  name: "its manifest",
  autoscaler,
  initial_replicas: 2,
  startsAt: 0,
});
const metric = { type: "Pods", metric: "requests_in_flight", target: { type: "AverageValue", averageMilli: 8000 } } as const;
const trigger = {
  type: "prometheus",
  query: "sum(vllm:num_requests_running)",
  threshold: 8,
  activationThreshold: 0,
  metricType: "AverageValue",
  ignoreNullValues: true,
} as const;
const policies: readonly [string, Policy][] = [
  ["an HPA", hpa],
  ["an HPA of a manifest", manifest({ kind: "hpa", spec: { minReplicas: 1, maxReplicas: 8, metrics: [metric], behavior: null } })],
  ["KEDA", manifest({ kind: "keda", spec: { ...KEDA_DEFAULTS, minReplicaCount: 1, maxReplicaCount: 8, triggers: [trigger] } })],
  ["Knative", manifest({ kind: "knative", spec: { ...KPA_DEFAULTS, minScale: 1, maxScale: 8, target: 8 } })],
  [
    "queue length",
    {
      kind: "queue_length",
      min_replicas: 1,
      max_replicas: 8,
      period_s: 15,
      scale_up_above: 8,
      scale_down_below: 0.3,
      batch_slots: 64,
      quiet_s: 300,
    },
  ],
  [
    "a forecast",
    {
      kind: "predictive",
      min_replicas: 1,
      max_replicas: 8,
      period_s: 15,
      target_rate: 8,
      horizon_s: 60,
      alpha: 0.5,
      beta: 0.2,
      scale_down_window_s: 300,
    },
  ],
];
const still: readonly [string, Policy][] = [
  ["a fixed fleet", { kind: "fixed", replicas: 3 }],
  ["a schedule", { kind: "scheduled", starts_at: "2026-01-05T00:00:00Z", utc_offset_h: 0, schedule: [{ at: "0 8 * * *", replicas: 3 }] }],
];

const context = (fields: Partial<LeverContext> = {}): LeverContext => {
  const { setup, objectives, requestsOf } = question();
  return { setup, objectives, policy: hpa, replicas: 4, inFlight: 10, requests: requestsOf(1), ...fields };
};
const only = (ways: Interventions): Intervention => {
  if (ways.kind === "no-effect") throw new Error(ways.because);
  return ways.interventions[0];
};
const because = (ways: Interventions): string | null => (ways.kind === "no-effect" ? ways.because : null);

describe.each(policies)("the policy of %s", (_, policy) => {
  it("has the target that it is given, and is the same at a factor of 1", () => {
    expect(withTargetOrNull(policy, 1)).toEqual(policy);
    const twice = JSON.stringify(withTargetOrNull(policy, 2));
    expect(twice).toBe(
      JSON.stringify(policy)
        .replaceAll(/(target_average|scale_up_above|target_rate|threshold|target)":8\b/gu, '$1":16')
        .replace('"averageMilli":8000', '"averageMilli":16000'),
    );
  });

  it("never goes below its floor, nor begins there, and has none above its limit", () => {
    const floored = withFloorOrNull(beginningWith(policy, 2), 3);
    if (floored === null) throw new Error("expected a floor");
    expect(limitsOf(floored)).toEqual([3, 8]);
    expect(initialReplicas(floored)).toBe(3);
    expect(withFloorOrNull(policy, 9)).toBeNull();
  });

  it("can be slower to let replicas go, once", () => {
    const slower = slowerOrNull(policy);
    if (slower === null) throw new Error("expected a slower one");
    const changed = slower.policy(policy);
    expect(limitsOf(changed)).toEqual([1, 8]);
    expect(JSON.stringify(changed)).toContain("900");
    expect(slowerOrNull(changed)).toBeNull();
  });
});

it.each(still)("%s has neither target nor floor, and lets none go by itself", (_, policy) => {
  expect([withTargetOrNull(policy, 2), withFloorOrNull(policy, 1), slowerOrNull(policy)]).toEqual([null, null, null]);
  expect(beginningWith(policy, 2)).toBe(policy);
});

describe("a search for the cheapest", () => {
  it("finds the first of a sequence that holds, from wherever it begins", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.nat(80), fc.integer({ min: -5, max: 90 }), (length, first, guess) => {
        const asked: number[] = [];
        const holds = (at: number): boolean => asked.push(at) > 0 && at >= first;
        expect(firstOrNull(length, guess, holds)).toBe(first < length ? first : null);
        expect(new Set(asked).size).toBe(asked.length);
        expect(asked.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(length + 1)) + 2);
      }),
      runs(300),
    );
  });

  it("goes through targets from the highest to the lowest, the one that was written among them", () => {
    expect(FACTORS[UNCHANGED]).toBe(1);
    expect([...FACTORS].sort((a, b) => b - a)).toEqual(FACTORS);
  });
});

describe("a gap", () => {
  const ones = [3, 5, 4, 8];
  const others = [2, 5, 5, 4];

  it("between a setting and itself is nothing at all", () => {
    expect(gapBetween(0, ones, ones, false)).toEqual({ gpu_hours: 0, low: 0, high: 0 });
  });

  it("has no interval where there is one replication", () => {
    expect(gapBetween(1, [3], [2], false)).toEqual({ gpu_hours: 1, low: null, high: null });
  });

  it("has Student's interval of the mean over seeds, about the difference that was found", () => {
    // Differences 1, 0, −1, 4: standard deviation √(14/3); Student's quantile with 3 degrees of freedom is 3.182.
    const { gpu_hours: hours, low, high } = gapBetween(0.5, ones, others, false);
    expect(hours).toBe(0.5);
    expect(high).toBeCloseTo(0.5 + (3.182 * Math.sqrt(14 / 3)) / 2, 1);
    expect(0.5 - (low ?? 0)).toBeCloseTo((high ?? 0) - 0.5, 12);
  });

  it("of resamples is wider than that of as many seeds by the root of one more than their number", () => {
    const half = (areResamples: boolean) => gapBetween(0, ones, others, areResamples).high ?? 0;
    expect(half(true)).toBeCloseTo(Math.sqrt(5) * half(false), 12);
  });
});

describe("hours by replication", () => {
  it("are those of the smallest fixed number that meets the objectives on each by itself", () => {
    const asked = question({ seeds: [1, 2, 3, 4] });
    const evaluator = new Evaluator(asked, asked.setup);
    const policies = Array.from({ length: 12 }, (_, at): Policy => ({ kind: "fixed", replicas: at + 1 }));
    const trial = cheapestOfGridOrNull({ evaluator, policies, nameOf: String }, 3, policyInWords);
    if (trial === null) throw new Error("expected a number");
    const expected = asked.seeds.map((seed) => {
      const runsOf = policies.map((policy) => replicate(asked, policy, seed));
      return runsOf.find(({ meets }) => meets)!.run.gpu_hours;
    });
    expect(hoursByReplication(trial)).toEqual(expected);
    expect(trial.replications.map(({ run }) => run.seed)).toEqual(asked.seeds);
  });
});

describe("an evaluator", () => {
  it("keeps verdicts and hours of what it forgets, and simulates the rest again to the same", () => {
    const seen: string[] = [];
    const asked = question({ seeds: [1, 2, 3, 4], onProgress: (what) => seen.push(what) });
    const evaluator = new Evaluator(asked, asked.setup);
    const [few, enough]: Policy[] = [1, 8].map((replicas) => ({ kind: "fixed", replicas }));
    expect([few!, enough!].map((policy) => evaluator.meetsOnAll(policy, "it"))).toEqual([false, true]);
    const [all, hours] = [evaluator.allOf(enough!, "it"), evaluator.one(enough!, "it", 3).hours];
    const simulated = seen.length;
    evaluator.forget(enough!);
    expect([evaluator.meetsOnAll(few!, "it"), evaluator.meetsOnAll(enough!, "it"), evaluator.one(enough!, "it", 3).hours]).toEqual([
      false,
      true,
      hours,
    ]);
    expect(seen.length).toBe(simulated);
    expect(evaluator.allOf(enough!, "it")).toEqual(all);
    expect(seen.length).toBe(simulated + 4);
  });
});

describe("a lever", () => {
  const { setup } = question();
  const phases = [
    { name: "provision", state: "provisioning", duration: 60 },
    { name: "image", state: "provisioning", duration: { kind: "uniform", min_s: 20, max_s: 40 } },
    { name: "storage", state: "loading", transfer: { bytes: 10e9, bandwidth: 1e9 } },
    { name: "weights", state: "loading", duration: 4 },
    { name: "readiness probe", state: "warming", probe: { period: 10, initialDelay: 0 } },
  ] as const;

  it("of faster starts leaves the node and the probe as they are and halves the rest", () => {
    const { setup: change } = only(fasterLoad(context({ setup: { ...setup, coldStart: phases } })));
    const changed = change!({ ...setup, coldStart: phases }).coldStart;
    expect(changed.map(typicalSeconds)).toEqual([60, 15, 5, 2, 5]);
  });

  it("of faster starts say how long a start takes with its probe, and have no effect where that decides", () => {
    const lever = (initialDelay: number) => {
      const probed = phases.map((phase) => ("probe" in phase ? { ...phase, probe: { period: 10, initialDelay } } : phase));
      return fasterLoad(context({ setup: { ...setup, coldStart: probed } }));
    };
    const { from, to } = only(lever(5));
    expect([from, to]).toEqual(["a start takes 105 s", "90.0 s: image, storage and weights in half the time"]);
    expect(only(lever(60))).toMatchObject({ from: "a start takes 2.50 min", to: "2.25 min: image, storage and weights in half the time" });
    const behind = [phases[0], phases[2], { ...phases[4], probe: { period: 10, initialDelay: 60 } }];
    expect(because(fasterLoad(context({ setup: { ...setup, coldStart: behind } })))).toBe(
      "the readiness probe decides: a start takes 2.00 min either way",
    );
  });

  it("of a warm pool stands by with all phases but the probe behind it, and wakes as long as weights take", () => {
    const { setup: change } = only(warmPool(context({ setup: { ...setup, coldStart: phases } })));
    expect(change!({ ...setup, coldStart: phases }).startUp?.warmPool).toEqual({
      size: 1,
      prepared: 4,
      kind: "asleep",
      wake: 4,
      paidShare: 1,
    });
  });

  it("of smoothing holds no request longer than a quarter of the limit on TTFT", () => {
    const tight = context({ inFlight: 2 });
    const { setup: change } = only(smoothing(tight));
    const { admission: counted } = simulate({
      ...change!(setup),
      policy: { kind: "fixed", replicas: 2 },
      seed: 1,
      requests: tight.requests,
    });
    expect(counted?.deferred_s?.count).toBeGreaterThan(0);
    expect(counted?.deferred_s?.max).toBeLessThanOrEqual(0.25);
  });

  it("of smoothing goes by the limit of a class where that is the tightest", () => {
    const objectives = { ttft_p99_s: Infinity, tpot_p99_s: 0.1, classes: [{ priority: 1, ttft_p99_s: 4 }] };
    expect(only(smoothing(context({ objectives }))).to).toContain("held back up to 1 s");
  });

  it("of admission turns away what has waited half the limit on TTFT, and nothing where there is room", () => {
    const of = (inFlight: number): number => {
      const one = context({ inFlight });
      const { setup: change } = only(admission(one));
      const { requests } = simulate({ ...change!(setup), policy: { kind: "fixed", replicas: 2 }, seed: 1, requests: one.requests });
      return requests.arrived - requests.finished;
    };
    expect([of(2) > 0, of(10_000)]).toEqual([true, 0]);
  });

  it("of churn lets one replica go in a minute at most", () => {
    const policy: Policy = { ...hpa, target_average: 2, initial_replicas: 8 };
    const { policy: change } = only(churn(context({ policy })));
    const requests = chat(1, 1500)(1);
    const fell = (each: Policy) => simulate({ ...setup, policy: each, seed: 1, requests }).scale_events.filter(({ from, to }) => to < from);
    const [before, after] = [fell(policy), fell(change!(policy))];
    expect(before.some(({ from, to }) => from - to > 1)).toBe(true);
    expect(after.length).toBeGreaterThan(1);
    expect(after.every(({ from, to }) => from - to === 1)).toBe(true);
    expect(after.slice(1).every(({ at_s }, i) => at_s - after[i]!.at_s >= 60)).toBe(true);
    expect(after[0]!.at_s).toBeGreaterThan(before[0]!.at_s);
    expect(policyInWords(change!(policy))).toContain("slow to scale down");
  });

  it("of placement goes by prefixes where there are any, else by load where it did not", () => {
    const shared = context().requests.map((request) => ({ ...request, parts: [{ id: 7, tokens: 1 }] }));
    const to = (requests: LeverContext["requests"], kind: "random" | "least-outstanding" | "session-affinity") => {
      const router =
        kind === "session-affinity" ? { kind, max_sessions: 10 } : kind === "random" ? { kind } : { kind, scrape_interval_s: 0 };
      const ways = placement(context({ requests, setup: { ...setup, router } }));
      return ways.kind === "no-effect" ? null : ways.interventions[0].setup!(setup).router?.kind;
    };
    expect([to(shared, "random"), to(shared, "least-outstanding"), to(shared, "session-affinity")]).toEqual([
      "prefix-aware",
      "prefix-aware",
      null,
    ]);
    const [first, ...rest] = shared;
    const inSessions = placement(context({ requests: [{ ...first!, session: 1 }, ...rest] }));
    expect(inSessions.kind === "interventions" ? inSessions.interventions.map((intervention) => intervention.to) : []).toEqual([
      "router prefix-aware",
      "router session-affinity",
    ]);
    expect([to(context().requests, "random"), to(context().requests, "least-outstanding")]).toEqual(["least-outstanding", null]);
  });

  it.each([
    ["baseline, nothing scales", baseline(context({ policy: null })), "nothing scales this fleet"],
    ["churn, nothing scales", churn(context({ policy: null })), "nothing scales this fleet"],
    ["warm pool, nothing scales", warmPool(context({ policy: null })), "nothing scales this fleet"],
    ["warm pool, no start", warmPool(context({ setup: { ...setup, coldStart: [] } })), "a start takes no time"],
    ["faster load, no start", fasterLoad(context({ setup: { ...setup, coldStart: [] } })), "a start takes no time"],
    [
      "smoothing, a default that is overruled",
      smoothing(context({ objectives: { ttft_p99_s: Infinity, tpot_p99_s: 0.1 } })),
      "no objective on TTFT says how long a request may wait",
    ],
    [
      "smoothing, no TTFT",
      smoothing(context({ objectives: { tpot_p99_s: 0.1 } as LeverContext["objectives"] })),
      "no objective on TTFT says how long a request may wait",
    ],
    ["admission, no rate", admission(context({ inFlight: null })), "no steady rate is sustained from which to say when a replica is full"],
    [
      "admission, the scenario's own",
      admission(context({ setup: { ...setup, concurrencyLimit: 4 } })),
      "the scenario's own admission control is on already",
    ],
  ])("says why it has no effect: %s", (_, ways, why) => {
    expect(because(ways)).toBe(why);
  });
});
