import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Behavior, ScalingRules } from "../../src/autoscaler/hpa/behavior.ts";
import type { HpaMetric, HpaSpec } from "../../src/autoscaler/hpa/spec.ts";
import { KEDA_DEFAULTS, type KedaSpec, type Trigger } from "../../src/autoscaler/keda/spec.ts";
import { KPA_CLUSTER_DEFAULTS, KPA_DEFAULTS, type KpaSpec } from "../../src/autoscaler/knative/spec.ts";
import { SERVER_METRICS } from "../../src/autoscaler/metrics.ts";
import { queryText } from "../../src/autoscaler/query.ts";
import { parseCron } from "../../src/autoscaler/simple/cron.ts";
import { commentedYaml } from "../../src/manifests/commented.ts";
import { readManifests } from "../../src/manifests/read.ts";
import { writeHpa } from "../../src/manifests/write-hpa.ts";
import { writeScaledObject } from "../../src/manifests/write-keda.ts";
import { writeKnativeService } from "../../src/manifests/write-knative.ts";
import { writeReplicas } from "../../src/manifests/write-replicas.ts";
import { messageOf } from "../message-of.ts";

const identity = { name: "llama", target: { kind: "Deployment", name: "llama" } };

/** A record of which any field may be left out. */
const optional = <T extends object>(record: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(record, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const milli = fc.integer({ min: 1, max: 1e9 });
const rules: fc.Arbitrary<ScalingRules> = optional<Required<ScalingRules>>({
  stabilizationWindowSeconds: fc.integer({ min: 0, max: 3600 }),
  selectPolicy: fc.constantFrom("Max" as const, "Min" as const, "Disabled" as const),
  policies: fc.array(
    fc.record({
      type: fc.constantFrom("Pods" as const, "Percent" as const),
      value: fc.integer({ min: 1, max: 500 }),
      periodSeconds: fc.integer({ min: 1, max: 1800 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  tolerance: fc.integer({ min: 0, max: 500 }).map((thousandths) => thousandths / 1000),
});
const behaviors: fc.Arbitrary<Behavior | null> = fc.option(optional<Required<Behavior>>({ scaleUp: rules, scaleDown: rules }));
const averages = milli.map((averageMilli) => ({ type: "AverageValue" as const, averageMilli }));
const totals = fc.oneof(
  averages,
  milli.map((value) => ({ type: "Value" as const, milli: value })),
);
const metrics: fc.Arbitrary<HpaMetric> = fc.oneof(
  fc.record({ type: fc.constant("Pods" as const), metric: fc.constantFrom(...SERVER_METRICS), target: averages }),
  fc.record({
    type: fc.constantFrom("Object" as const, "External" as const),
    metric: fc.constantFrom(...SERVER_METRICS, "requests_queued"),
    target: totals,
  }),
);

describe("what is written is read as the same policy", () => {
  it("an HPA", () => {
    const specs: fc.Arbitrary<HpaSpec> = fc
      .record({
        minReplicas: fc.integer({ min: 1, max: 9 }),
        more: fc.nat({ max: 9 }),
        metrics: fc.array(metrics, { minLength: 1, maxLength: 3 }),
        behavior: behaviors,
      })
      .map(({ more, ...spec }) => ({ ...spec, maxReplicas: spec.minReplicas + more }));
    fc.assert(
      fc.property(specs, (spec) => {
        expect(readManifests(writeHpa(spec, identity), "hpa.yaml").autoscaler).toEqual({ kind: "hpa", ...identity, spec });
      }),
    );
  });

  it("a ScaledObject", () => {
    const queries = fc
      .record({ aggregate: fc.constantFrom("sum" as const, "avg" as const, "max" as const), metric: fc.constantFrom(...SERVER_METRICS) })
      .map(queryText);
    const numbers = fc.integer({ min: 1, max: 1e6 }).map((thousandths) => thousandths / 1000);
    const triggers: fc.Arbitrary<Trigger> = fc.oneof(
      fc.record({
        type: fc.constant("prometheus" as const),
        query: queries,
        threshold: numbers,
        activationThreshold: fc.oneof(fc.constant(0), numbers),
        metricType: fc.constantFrom("AverageValue" as const, "Value" as const),
        ignoreNullValues: fc.boolean(),
      }),
      fc.integer({ min: -12, max: 14 }).map((hours) => ({
        type: "cron" as const,
        start: parseCron("0 8 * * 1-5", "", hours * 3600),
        end: parseCron("*/5 18 * jan,feb *", "", hours * 3600),
        desiredReplicas: 3,
      })),
    );
    const specs: fc.Arbitrary<KedaSpec> = fc
      .record({
        pollingInterval: fc.integer({ min: 1, max: 300 }),
        cooldownPeriod: fc.nat({ max: 900 }),
        initialCooldownPeriod: fc.nat({ max: 90 }),
        minReplicaCount: fc.nat({ max: 9 }),
        more: fc.integer({ min: 1, max: 9 }),
        isIdle: fc.boolean(),
        triggers: fc.array(triggers, { minLength: 1, maxLength: 3 }),
        fallback: fc.option(
          fc.record({
            failureThreshold: fc.nat({ max: 9 }),
            replicas: fc.nat({ max: 9 }),
            behavior: fc.constantFrom("static" as const, "currentReplicasIfHigher" as const),
          }),
        ),
        behavior: behaviors,
        paused: fc.option(fc.record({ replicas: fc.option(fc.nat({ max: 9 })) })),
      })
      .map(({ more, isIdle, ...spec }) => ({
        ...spec,
        maxReplicaCount: spec.minReplicaCount + more,
        idleReplicaCount: isIdle && spec.minReplicaCount > 0 ? spec.minReplicaCount - 1 : null,
      }));
    fc.assert(
      fc.property(specs, (spec) => {
        const read = readManifests(writeScaledObject(spec, identity, "http://prometheus:9090"), "so.yaml").autoscaler;
        expect(read?.kind === "keda" && read.spec).toEqual(spec);
      }),
    );
  });

  it("a Knative Service, and its cluster's settings", () => {
    const specs: fc.Arbitrary<KpaSpec> = fc
      .record({
        metric: fc.constantFrom("concurrency" as const, "rps" as const),
        containerConcurrency: fc.nat({ max: 1000 }),
        target: fc.option(fc.integer({ min: 1, max: 1e5 }).map((hundredths) => hundredths / 100)),
        targetUtilizationPercent: fc.integer({ min: 1, max: 100 }),
        minScale: fc.nat({ max: 5 }),
        hasMax: fc.boolean(),
        initialScale: fc.integer({ min: 0, max: 5 }),
        activationScale: fc.constantFrom(1, 5),
        window: fc.integer({ min: 6, max: 3600 }),
        panicWindowPercent: fc.integer({ min: 1, max: 100 }),
        panicThresholdPercent: fc.integer({ min: 110, max: 1000 }),
        targetBurstCapacity: fc.constantFrom(-1, 0, 211, 17.5),
        scaleDownDelay: fc.nat({ max: 3600 }),
        podRetention: fc.nat({ max: 3600 }),
        aggregation: fc.constantFrom("linear" as const, "weighted-exponential" as const),
        cluster: optional<typeof KPA_CLUSTER_DEFAULTS>({
          concurrencyDefault: fc.integer({ min: 1, max: 500 }),
          rpsDefault: fc.integer({ min: 1, max: 500 }),
          maxScaleUpRate: fc.integer({ min: 2, max: 50 }),
          maxScaleDownRate: fc.integer({ min: 2, max: 50 }),
          hasScaleToZero: fc.boolean(),
          scaleToZeroGrace: fc.integer({ min: 6, max: 90 }),
          activatorCapacity: fc.integer({ min: 1, max: 300 }),
          progressDeadline: fc.integer({ min: 60, max: 3600 }),
        }),
      })
      .map(({ hasMax, cluster, ...spec }) => ({ ...spec, maxScale: hasMax ? 6 : 0, cluster: { ...KPA_CLUSTER_DEFAULTS, ...cluster } }));
    fc.assert(
      fc.property(specs, (spec) => {
        const read = readManifests(writeKnativeService(spec, identity), "ksvc.yaml").autoscaler;
        expect(read?.kind === "knative" && read.spec).toEqual(spec);
      }),
    );
  });

  it("a number of replicas", () => {
    expect(readManifests(writeReplicas(7, identity), "patch.yaml").workload).toEqual({
      kind: "Deployment",
      name: "llama",
      replicas: 7,
      server: null,
    });
  });
});

describe("a written manifest says why", () => {
  const spec: HpaSpec = {
    minReplicas: 2,
    maxReplicas: 8,
    metrics: [{ type: "Pods", metric: "requests_in_flight", target: { type: "AverageValue", averageMilli: 12_500 } }],
    behavior: {
      scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] },
      scaleDown: { stabilizationWindowSeconds: 600, tolerance: 0.05 },
    },
  };

  it("an HPA", () => {
    expect(writeHpa(spec, identity, { "spec.maxReplicas": "twice the 4 that the busiest hour needs" })).toMatchInlineSnapshot(`
      "apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata:
        name: llama
      spec:
        scaleTargetRef:
          apiVersion: apps/v1
          kind: Deployment
          name: llama
        minReplicas: 2 # kept at any load: what absorbs a burst until others have started
        maxReplicas: 8 # twice the 4 that the busiest hour needs
        metrics:
          - type: Pods
            pods:
              metric:
                name: requests_in_flight # no server exports it under one name: have the adapter give vllm:num_requests_running + vllm:num_requests_waiting
              target:
                type: AverageValue
                averageValue: 12500m # mean over the pods
        behavior:
          scaleUp:
            policies:
              - type: Pods
                value: 2 # adds at most 2 replicas in 60 s
                periodSeconds: 60
          scaleDown:
            stabilizationWindowSeconds: 600 # so long a fall must last; Kubernetes' own is 300
            tolerance: 50m # so far off target nothing happens; needs the feature gate HPAConfigurableTolerance
      "
    `);
  });

  it("a ScaledObject", () => {
    const keda: KedaSpec = {
      ...KEDA_DEFAULTS,
      triggers: [
        {
          type: "prometheus",
          query: "sum(vllm:num_requests_waiting)",
          threshold: 5,
          activationThreshold: 0,
          metricType: "AverageValue",
          ignoreNullValues: false,
        },
        { type: "cron", start: parseCron("0 8 * * 1-5", ""), end: parseCron("0 18 * * 1-5", ""), desiredReplicas: 4 },
      ],
      fallback: { failureThreshold: 3, replicas: 4, behavior: "static" },
    };
    expect(writeScaledObject(keda, { ...identity, namespace: "llm" }, "http://prometheus:9090")).toMatchInlineSnapshot(`
      "apiVersion: keda.sh/v1alpha1
      kind: ScaledObject
      metadata:
        name: llama
        namespace: llm
      spec:
        scaleTargetRef:
          kind: Deployment
          name: llama
        pollingInterval: 30 # seconds between looks at the triggers while there are none, or only idle replicas
        cooldownPeriod: 300 # seconds without activity before the last ones go
        minReplicaCount: 0 # none without load: the next request waits for a cold start
        maxReplicaCount: 100 # the most that is paid for
        fallback:
          failureThreshold: 3
          replicas: 4 # wanted while Prometheus does not answer
          behavior: static
        triggers:
          - type: prometheus
            metadata:
              serverAddress: http://prometheus:9090
              query: sum(vllm:num_requests_waiting)
              threshold: "5" # of the query's value, a share for each replica
              ignoreNullValues: "false" # no answer is a failure, not 0
          - type: cron
            metadata:
              timezone: Etc/UTC
              start: 0 8 * * 1-5
              end: 0 18 * * 1-5
              desiredReplicas: "4" # at least so many between start and end
      "
    `);
  });

  it("a Knative Service", () => {
    const text = writeKnativeService(
      { ...KPA_DEFAULTS, target: 12, maxScale: 8, cluster: { ...KPA_CLUSTER_DEFAULTS, scaleToZeroGrace: 60 } },
      identity,
      { "max-scale": "twice what the busiest hour needs" },
    );
    expect(text).toMatchInlineSnapshot(`
      "apiVersion: serving.knative.dev/v1
      kind: Service
      metadata:
        name: llama
      spec:
        template:
          metadata:
            annotations:
              autoscaling.knative.dev/class: kpa.autoscaling.knative.dev # by requests, not by CPU
              autoscaling.knative.dev/metric: concurrency # requests in flight
              autoscaling.knative.dev/target-utilization-percentage: "70" # so much of the target is aimed at: the rest is room for the next requests
              autoscaling.knative.dev/min-scale: "0" # none without load: the next request waits for a cold start
              autoscaling.knative.dev/max-scale: "8" # twice what the busiest hour needs
              autoscaling.knative.dev/window: 60s # the average that scales in calm times
              autoscaling.knative.dev/panic-window-percentage: "10" # of the window: the average that sees a burst
              autoscaling.knative.dev/panic-threshold-percentage: "200" # of what is ready: from there on it panics, and does not scale down
              autoscaling.knative.dev/target-burst-capacity: "211" # room that must be left, else the activator buffers
              autoscaling.knative.dev/target: "12" # what a replica can take
          spec:
            containerConcurrency: 0 # no limit: the server batches what it is given
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: config-autoscaler
        namespace: knative-serving
      # for every Service of the cluster
      data:
        scale-to-zero-grace-period: 60s
      "
    `);
  });

  it("a number of replicas", () => {
    expect(writeReplicas(7, identity)).toMatchInlineSnapshot(`
      "apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: llama
      spec:
        replicas: 7 # so many meet the objectives at any load of the traffic
      "
    `);
  });

  it("and refuses what cannot be written", () => {
    const metric: HpaMetric = { type: "External", metric: "avg(vllm:kv_cache_usage_perc)", target: { type: "Value", milli: 800 } };
    const half: Trigger = {
      type: "cron",
      start: parseCron("0 8 * * *", "", 19_800),
      end: parseCron("0 9 * * *", "", 19_800),
      desiredReplicas: 1,
    };
    expect([
      messageOf(() => writeHpa({ ...spec, metrics: [metric] }, identity)),
      messageOf(() => writeScaledObject({ ...KEDA_DEFAULTS, triggers: [half] }, identity, "")),
      messageOf(() => commentedYaml({ a: 1 }, { b: "no such thing" })),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: metrics: expected the name of one metric, got "avg(vllm:kv_cache_usage_perc)". An HPA's metric is a name: write a ScaledObject for a query.",
        "InputError: triggers[0]: expected a UTC offset of whole hours, got 19800 s. No zone of a fixed offset has another: write the times for UTC.",
        "RangeError: there is no b to give a reason for",
      ]
    `);
  });
});
