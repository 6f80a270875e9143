import { describe, expect, it } from "vitest";
import { KEDA_DEFAULTS } from "../../src/autoscaler/keda/spec.ts";
import { KPA_DEFAULTS } from "../../src/autoscaler/knative/spec.ts";
import { predictiveSchema, queueLengthSchema, scheduledSchema } from "../../src/autoscaler/settings.ts";
import { churnSchema } from "../../src/fleet/churn/settings.ts";
import { checkPolicy, initialReplicas, limitsOf, policyInWords, type Policy } from "../../src/fleet/policy.ts";
import type { StartUpConfig } from "../../src/fleet/cold-start/start-up.ts";
import type { ColdStartPhase } from "../../src/replica/cold-start/phase.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { messageOf } from "../message-of.ts";
import { fleetConfig, requestsOf } from "./configs.ts";

const manifest = (autoscaler: Extract<Policy, { kind: "manifest" }>["autoscaler"], initial = 0): Policy => ({
  kind: "manifest",
  name: "ScaledObject llama",
  autoscaler,
  initial_replicas: initial,
  startsAt: 0,
});
const module = (exports: unknown, initial = 1): Policy => ({
  kind: "module",
  name: "mine.mjs",
  sha256: "0123456789abcdef",
  initial_replicas: initial,
  module: exports,
});
const knative = manifest({ kind: "knative", spec: { ...KPA_DEFAULTS, target: 2, containerConcurrency: 4, window: 20 } });
const byQueue = manifest({
  kind: "keda",
  spec: {
    ...KEDA_DEFAULTS,
    pollingInterval: 10,
    cooldownPeriod: 60,
    triggers: ["requests_queued", "sum(vllm:num_requests_running)"].map((query) => ({
      type: "prometheus",
      query,
      threshold: 2,
      activationThreshold: 0,
      metricType: "AverageValue",
      ignoreNullValues: true,
    })),
  },
});

describe("a policy", () => {
  it("says in words what it is, where it begins, and how far it may go", () => {
    const policies: Policy[] = [
      { kind: "fixed", replicas: 1 },
      { kind: "hpa", min_replicas: 2, max_replicas: 5, metric: "requests_in_flight", target_average: 8 },
      scheduledSchema.parse({
        kind: "scheduled",
        schedule: [
          { at: "0 8 * * *", replicas: 6 },
          { at: "0 20 * * *", replicas: 2 },
        ],
      }),
      queueLengthSchema.parse({ kind: "queue_length", max_replicas: 9, batch_slots: 8 }),
      predictiveSchema.parse({ kind: "predictive", max_replicas: 9, target_rate: 2, horizon_s: 90 }),
      knative,
      byQueue,
      module({ decide: () => 1 }),
    ];
    for (const policy of policies) checkPolicy(policy);
    expect(policies.map((policy) => `${policyInWords(policy)}: begins with ${initialReplicas(policy)}, ${limitsOf(policy).join(" to ")}`))
      .toMatchInlineSnapshot(`
      [
        "fixed, 1 replica: begins with 1, 1 to 1",
        "HPA on requests_in_flight, target 8 a pod, 2 to 5 replicas: begins with 2, 2 to 5",
        "scheduled, 2 to 6 replicas: begins with 2, 2 to 6",
        "queue length, one more above 2 waiting a replica, 1 to 9 replicas: begins with 1, 1 to 9",
        "forecast over 90 s, 2 requests/s a replica, 1 to 9 replicas: begins with 1, 1 to 9",
        "ScaledObject llama, 0 to any number of replicas: begins with 0, 0 to Infinity",
        "ScaledObject llama, 0 to 100 replicas: begins with 0, 0 to 100",
        "module mine.mjs (sha256 0123456789ab): begins with 1, 0 to Infinity",
      ]
    `);
  });

  it("that contradicts itself is refused before the run", () => {
    const broken: Policy[] = [
      { kind: "hpa", min_replicas: 6, max_replicas: 5, metric: "requests_in_flight", target_average: 8 },
      { ...queueLengthSchema.parse({ kind: "queue_length", min_replicas: 3, max_replicas: 2, batch_slots: 8 }) },
      { kind: "hpa", min_replicas: 1, max_replicas: 5, metric: "requests_in_flight", target_average: 8, initial_replicas: 1.5 },
      module({}),
      scheduledSchema.parse({ kind: "scheduled", starts_at: "Monday", schedule: [{ at: "0 8 * * *", replicas: 6 }] }),
    ];
    expect(broken.map((policy) => messageOf(() => simulate(fleetConfig({ requests: requestsOf([0, 10, 5]), policy })))))
      .toMatchInlineSnapshot(`
      [
        "InputError: policy.min_replicas: expected at most max_replicas, 5, got 6. Swap the two, or raise max_replicas.",
        "InputError: policy.min_replicas: expected at most max_replicas, 2, got 3. Swap the two, or raise max_replicas.",
        "InputError: policy.initial_replicas: expected a whole number, got 1.5. Give the replicas that are ready at time 0.",
        "InputError: mine.mjs: expected a module that exports decide(observation), or create() that gives one, got neither. decide takes { now, current, replicas, requestsQueued, requestsArrived } and returns the replicas wanted.",
        "InputError: policy.starts_at: expected a time in UTC, got "Monday". Write 2026-01-05T00:00:00Z.",
      ]
    `);
  });
});

it("a warm pool that is larger than what the policy may want is refused", () => {
  const startUp: StartUpConfig = { keepNode: 0, warmPool: { size: 6, prepared: 1, kind: "asleep", wake: 1, paidShare: 1 } };
  const coldStart: ColdStartPhase[] = [{ name: "start", state: "loading", duration: 20 }];
  const policy: Policy = { kind: "hpa", min_replicas: 1, max_replicas: 5, metric: "requests_in_flight", target_average: 8 };
  expect(messageOf(() => simulate(fleetConfig({ policy, startUp, coldStart })))).toBe(
    "InputError: cold_start.warm_pool.size: expected at most what the policy may want, 5, got 6. A scale-up never takes more: make the pool smaller.",
  );
});

describe("a fleet without replicas", () => {
  const requests = requestsOf([5000, 10, 5], [400_000, 10, 5]);
  const coldStart = [{ name: "start", state: "loading", duration: 20 }] as const;

  it.each([
    ["Knative's activator", knative],
    ["KEDA's activation", byQueue],
  ])("is woken by a request through %s, and sent to sleep again", (_, policy) => {
    const run = simulate(fleetConfig({ requests, policy, coldStart }));
    expect(run.requests).toMatchObject({ arrived: 2, finished: 2 });
    const wanted = run.scale_events.map(({ from, to }) => [from, to]);
    expect(wanted.filter(([from]) => from === 0)).toHaveLength(2);
    expect(wanted.filter(([, to]) => to === 0).length).toBeGreaterThanOrEqual(1);
    expect(run.latency.ttft_s!.p50).toBeGreaterThan(20);
  });

  it("that nothing ever brings back leaves its requests queued, and the run ends", () => {
    const run = simulate(fleetConfig({ requests, policy: module({ decide: () => 0 }, 0) }));
    expect(run.requests).toMatchObject({ arrived: 2, finished: 0, queued: 2 });
    expect(run.ended_at_s).toBeLessThan(2 * 24 * 3600);
  });
});

describe("what an autoscaler is shown", () => {
  const requests = requestsOf(...Array.from({ length: 200 }, () => [300, 20, 10] as const));
  type Seen = { readonly duty: number | undefined; readonly received: number | undefined };
  const observed = (): Seen[] => {
    const seen: Seen[] = [];
    const decide = ({
      current,
      replicas,
    }: {
      current: number;
      replicas: readonly { metrics: Record<string, number> | null }[];
    }): number => {
      for (const { metrics } of replicas) seen.push({ duty: metrics?.["gpuDuty"], received: metrics?.["requestsReceived"] });
      return current;
    };
    simulate(fleetConfig({ requests, policy: module({ decide }) }));
    return seen;
  };

  it("counts all that a server was given, and its GPU duty is a share that is above 0 under load", () => {
    const seen = observed();
    expect(seen.length).toBeGreaterThan(3);
    for (const { duty } of seen) expect(duty).toBeGreaterThanOrEqual(0);
    for (const { duty } of seen) expect(duty).toBeLessThanOrEqual(1);
    expect(seen[0]).toEqual({ duty: 0, received: 0 });
    expect(seen[1]!.duty).toBeGreaterThan(0);
    const counts = seen.map(({ received }) => received!);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    // A request each 0.3 s; one arrives at 15 s itself.
    expect(counts[1]).toBe(50);
  });

  it("is never shown a duty below 0 or above 1, nor a negative rate, where servers die and come back", () => {
    const seen: (number | undefined)[] = [];
    const decide = ({
      current,
      replicas,
    }: {
      current: number;
      replicas: readonly { metrics: Record<string, number> | null }[];
    }): number => {
      for (const { metrics } of replicas) if (metrics !== null) seen.push(metrics["gpuDuty"]);
      return current;
    };
    const churn = churnSchema.parse({ failures: { replica: { at_s: [20, 33], back_off: false } } });
    const run = simulate(
      fleetConfig({ requests, policy: module({ decide }), churn, coldStart: [{ name: "start", state: "loading", duration: 2 }] }),
    );
    expect(run.disruptions!.length).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(2);
    for (const duty of seen) expect(duty).toBeGreaterThanOrEqual(0);
    for (const duty of seen) expect(duty).toBeLessThanOrEqual(1);
  });

  it("is shown as late as a scrape has it", () => {
    const policy = (scrape?: { interval_s: number; delay_s: number }): Policy => ({
      kind: "hpa",
      min_replicas: 1,
      max_replicas: 4,
      metric: "requests_in_flight",
      target_average: 0.5,
      ...(scrape === undefined ? {} : { scrape }),
    });
    const firstAt = (from: Policy): number => simulate(fleetConfig({ requests, policy: from })).scale_events[0]!.at_s;
    expect(firstAt(policy({ interval_s: 15, delay_s: 30 }))).toBe(firstAt(policy()) + 30);
  });
});

describe("a module that remembers", () => {
  it("is created anew for every run", () => {
    let created = 0;
    const create = (): object => {
      created += 1;
      let asked = 0;
      return { decide: () => (asked += 1) };
    };
    const config = fleetConfig({ requests: requestsOf([0, 10, 5], [60_000, 10, 5]), policy: module({ create }) });
    const once = simulate(config);
    expect(simulate(config)).toEqual(once);
    expect(created).toBeGreaterThanOrEqual(2);
    expect(once.scale_events.length).toBeGreaterThan(1);
  });
});
