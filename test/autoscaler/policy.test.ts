import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAutoscaler, type AutoscalerPolicy } from "../../src/autoscaler/policy.ts";
import { KEDA_DEFAULTS } from "../../src/autoscaler/keda/spec.ts";
import { KPA_DEFAULTS } from "../../src/autoscaler/knative/spec.ts";
import { predictiveSchema, queueLengthSchema, scheduledSchema } from "../../src/autoscaler/settings.ts";
import { observed, serving, starting } from "./observations.ts";

/** Every kind of autoscaler, each with at most 9 replicas. */
const policies: Readonly<Record<string, AutoscalerPolicy>> = {
  hpa: {
    kind: "hpa",
    spec: {
      minReplicas: 1,
      maxReplicas: 9,
      behavior: {},
      metrics: [{ type: "Pods", metric: "requests_in_flight", target: { type: "AverageValue", averageMilli: 4000 } }],
    },
  },
  keda: {
    kind: "keda",
    spec: {
      ...KEDA_DEFAULTS,
      maxReplicaCount: 9,
      triggers: [
        {
          type: "prometheus",
          query: "sum(vllm:num_requests_waiting)",
          threshold: 4,
          activationThreshold: 0,
          metricType: "AverageValue",
          ignoreNullValues: true,
        },
      ],
    },
  },
  knative: { kind: "knative", spec: { ...KPA_DEFAULTS, target: 4, maxScale: 9 } },
  scheduled: scheduledSchema.parse({
    kind: "scheduled",
    schedule: [
      { at: "*/2 * * * *", replicas: 3 },
      { at: "1-59/2 * * * *", replicas: 5 },
    ],
  }),
  queue_length: queueLengthSchema.parse({ kind: "queue_length", max_replicas: 9, batch_slots: 8, quiet_s: 60 }),
  predictive: predictiveSchema.parse({ kind: "predictive", max_replicas: 9, target_rate: 2, horizon_s: 90 }),
};

/** What was wanted at each tick, of a fleet whose load comes from a list, one entry a minute. */
const run = (policy: AutoscalerPolicy, loads: readonly number[]): { readonly wanted: number; readonly because: string | null }[] => {
  const autoscaler = createAutoscaler(policy, { initialReplicas: 2, startsAt: 0 });
  let wanted = 2;
  let arrived = 0;
  const history: { wanted: number; because: string | null }[] = [];
  for (let now = 0; now < loads.length * 60; now += autoscaler.period) {
    const load = loads[Math.floor(now / 60)]!;
    const ready = Math.max(0, wanted - 1);
    const replicas = Array.from({ length: wanted }, (_, id) =>
      id < ready ? serving(id, Math.min(8, load), Math.max(0, load - 8)) : starting(id),
    );
    const decision = autoscaler.decide(
      observed(now, wanted, replicas, { requestsQueued: ready === 0 ? load : 0, requestsArrived: arrived }),
    );
    wanted = decision?.replicas ?? wanted;
    history.push({ wanted, because: decision?.because ?? null });
    arrived += load * autoscaler.period;
  }
  return history;
};

const loads = fc.array(fc.constantFrom(0, 1, 5, 30), { minLength: 1, maxLength: 12 });

describe.each(Object.entries(policies))("the autoscaler %s", (_, policy) => {
  it("wants a whole number of replicas within its limits, and says why where it changes it", () => {
    fc.assert(
      fc.property(loads, (each) => {
        for (const { wanted, because } of run(policy, each)) {
          expect(Number.isInteger(wanted) && wanted >= 0 && wanted <= 9).toBe(true);
          expect(because).not.toBe("");
        }
      }),
      { numRuns: 30 },
    );
  });

  it("wants the same of the same observations", () => {
    fc.assert(
      fc.property(loads, (each) => {
        expect(run(policy, each)).toEqual(run(policy, each));
      }),
      { numRuns: 10 },
    );
  });

  it("scales at some load, so that these laws say something", () => {
    expect(new Set(run(policy, [0, 30, 30, 0, 0, 0, 0, 0, 0, 0]).map(({ wanted }) => wanted)).size).toBeGreaterThan(1);
  });
});

describe("metrics that come late", () => {
  it("make an HPA later by as much, and leave Knative as it is", () => {
    const scrape = { interval_s: 15, delay_s: 30 };
    const context = { initialReplicas: 2, scrape };
    expect([createAutoscaler(policies["hpa"]!, context).period, createAutoscaler(policies["knative"]!, context).period]).toEqual([15, 1]);
    const late = createAutoscaler(policies["hpa"]!, context);
    const firstAt = [0, 15, 30, 45].find((now) => late.decide(observed(now, 2, [serving(0, 20), serving(1, 20)])) !== null);
    expect(firstAt).toBe(30);
  });
});
