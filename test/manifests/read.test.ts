import { describe, expect, it } from "vitest";
import { NotModelledError } from "../../src/errors.ts";
import { readManifests, type Choice } from "../../src/manifests/read.ts";
import { messageOf } from "../message-of.ts";
import { changed, config, deployment, hpa, knative, scaledObject, together } from "./examples.ts";

/** As a simulation reads it: what is not modelled stops it. */
const read = (text: string, choice?: Choice): ReturnType<typeof readManifests> => {
  const manifests = readManifests(text, "k8s.yaml", choice);
  const spec = manifests.autoscaler?.spec;
  if (spec instanceof NotModelledError) throw spec;
  return manifests;
};
const service = "\napiVersion: v1\nkind: Service\nmetadata: { name: llama }\nspec: { ports: [] }\n";

describe("an HPA and its Deployment", () => {
  it("are found among other objects", () => {
    const { autoscaler, workload, others } = read(together(service, deployment, hpa));
    expect([autoscaler?.kind, workload?.name, others]).toEqual(["hpa", "llama", ["Service/llama"]]);
  });

  it("say what scales, by which metrics, how fast", () => {
    expect(read(hpa).autoscaler).toEqual({
      kind: "hpa",
      name: "llama",
      target: { kind: "Deployment", name: "llama" },
      spec: {
        minReplicas: 2,
        maxReplicas: 8,
        metrics: [
          { type: "Pods", metric: "vllm:num_requests_waiting", target: { type: "AverageValue", averageMilli: 5000 } },
          { type: "External", metric: "vllm:num_requests_running", target: { type: "Value", milli: 1500 } },
        ],
        behavior: {
          scaleUp: { stabilizationWindowSeconds: 30, policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] },
          scaleDown: { selectPolicy: "Min" },
        },
      },
    });
  });

  it("say what a replica is", () => {
    expect(read(deployment).workload).toEqual({
      kind: "Deployment",
      name: "llama",
      replicas: 2,
      server: {
        container: "vllm",
        image: "vllm/vllm-openai:v0.11.0",
        gpusPerReplica: 2,
        vllm: {
          model: "meta-llama/Llama-3.1-8B-Instruct",
          tensorParallelSize: 2,
          pipelineParallelSize: 1,
          dataParallelSize: 1,
          settings: { max_num_seqs: 128, max_model_len: 16_000, enable_prefix_caching: false },
          notModelled: ["--kv-cache-dtype fp8", "--enforce-eager"],
        },
        readiness: { initialDelay: 0, period: 5, timeout: 1, successThreshold: 1, failureThreshold: 3 },
        startup: { initialDelay: 0, period: 10, timeout: 1, successThreshold: 1, failureThreshold: 60 },
        terminationGracePeriod: 120,
      },
    });
  });

  it("may come as a List, and as JSON", () => {
    const list = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" }, spec: {} }],
    });
    expect(read(list).workload).toEqual({ kind: "Deployment", name: "a", replicas: 1, server: null });
  });
});

describe("a ScaledObject", () => {
  it("says what scales, by which triggers, and when to nothing", () => {
    expect(read(scaledObject).autoscaler).toMatchObject({
      kind: "keda",
      target: { kind: "Deployment", name: "llama" },
      serverAddress: "http://prometheus.monitoring:9090",
      spec: {
        pollingInterval: 15,
        cooldownPeriod: 300,
        minReplicaCount: 1,
        maxReplicaCount: 10,
        idleReplicaCount: null,
        fallback: { failureThreshold: 3, replicas: 4, behavior: "static" },
        triggers: [
          { type: "prometheus", threshold: 5, activationThreshold: 0.5, metricType: "AverageValue", ignoreNullValues: true },
          { type: "cron", desiredReplicas: 4, start: { text: "0 8 * * 1-5", utcOffset: 3600 } },
        ],
      },
    });
  });

  it.each([
    ['annotations: { autoscaling.keda.sh/paused: "true" }', { replicas: null }],
    ['annotations: { autoscaling.keda.sh/paused: "false" }', null],
    ['annotations: { autoscaling.keda.sh/paused-replicas: "3" }', { replicas: 3 }],
  ])("with %s is paused: %j", (annotations, paused) => {
    const manifest = read(changed(scaledObject, "name: llama\nspec", `name: llama\n  ${annotations}\nspec`)).autoscaler;
    expect(manifest?.spec).toMatchObject({ paused });
  });
});

describe("a Knative Service", () => {
  it("says how it scales in either spelling, over the cluster's settings", () => {
    const { autoscaler, workload, others } = read(together(knative, config));
    expect(autoscaler).toMatchObject({
      kind: "knative",
      spec: {
        minScale: 1,
        maxScale: 8,
        target: 16,
        window: 90,
        scaleDownDelay: 300,
        containerConcurrency: 32,
        targetBurstCapacity: 211,
        cluster: { maxScaleUpRate: 10, hasScaleToZero: false, scaleToZeroGrace: 30 },
      },
    });
    expect([workload?.replicas, workload?.server?.gpusPerReplica, others]).toEqual([null, 1, []]);
  });

  it("takes the cluster's window where it has none of its own", () => {
    const manifest = read(
      together(changed(knative, "autoscaling.knative.dev/window: 90s\n", "{}: x\n").replace("        {}: x\n", ""), config),
    ).autoscaler;
    expect(manifest?.spec).toMatchObject({ window: 120 });
  });
});

describe("what follows something that is not modelled", () => {
  it.each([
    [
      "an HPA on the CPU",
      changed(
        hpa,
        'type: Pods\n      pods:\n        metric: { name: vllm:num_requests_waiting }\n        target: { type: AverageValue, averageValue: "5" }',
        "type: Resource\n      resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } }",
      ),
      "cpu of the pod",
    ],
    ["an HPA on another service's metric", changed(hpa, "vllm:num_requests_waiting", "http_requests"), "http_requests"],
    ["a ScaledObject with a trigger of another type", changed(scaledObject, "type: prometheus", "type: kafka"), "a trigger of type kafka"],
    [
      "a ScaledObject with a formula",
      changed(scaledObject, "  fallback:", "  advanced: { scalingModifiers: { formula: a + b } }\n  fallback:"),
      "a formula over several triggers",
    ],
    [
      "a Knative Service of another class",
      changed(knative, 'target: "16"', "metric: cpu\n        autoscaling.knative.dev/class: hpa.autoscaling.knative.dev"),
      "the rules of hpa.autoscaling.knative.dev",
    ],
  ])("%s is read but for that", (_, text, follows) => {
    const { autoscaler } = readManifests(text, "k8s.yaml");
    expect(autoscaler).toMatchObject({ name: "llama", target: { name: "llama" }, spec: { follows } });
    expect(autoscaler?.spec).toBeInstanceOf(NotModelledError);
  });
});

describe("which one is meant", () => {
  const other = changed(deployment, "name: llama", "name: qwen");
  const otherHpa = changed(hpa, "name: llama\nspec", "name: qwen\nspec").replace(
    "kind: Deployment, name: llama",
    "kind: Deployment, name: qwen",
  );

  it("of several workloads is the autoscaler's target", () => {
    expect(read(together(other, deployment, hpa)).workload?.name).toBe("llama");
  });

  it("of several autoscalers is the one for the chosen workload", () => {
    expect(read(together(other, deployment, hpa, otherHpa), { workload: "qwen" }).autoscaler?.name).toBe("qwen");
  });

  it("may be none: a workload that nothing scales, an autoscaler of something elsewhere", () => {
    expect(read(together(other, deployment, hpa), { workload: "qwen" }).autoscaler).toBeNull();
    expect(read(together(other, hpa)).workload).toBeNull();
  });

  it("is patched by one of its name without containers, and an autoscaler gives way to a later one", () => {
    const patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: llama }\nspec: { replicas: 7 }\n";
    const both = readManifests([deployment, hpa, patch, hpa.replace("maxReplicas: 8", "maxReplicas: 5")].join("\n---\n"), "both.yaml");
    const before = readManifests(deployment, "before.yaml");
    expect(both.workload).toEqual({ ...before.workload, replicas: 7 });
    expect(both.autoscaler).toMatchObject({ kind: "hpa", spec: { maxReplicas: 5 } });
    expect(both.others).toEqual([]);
  });

  it("is asked for where it is not to be told", () => {
    expect([
      messageOf(() => read(together(deployment, hpa, scaledObject))),
      messageOf(() => read(together(deployment, other))),
      messageOf(() => read(together(deployment, other), { workload: "mixtral" })),
      messageOf(() => read(together(deployment, hpa), { autoscaler: "ScaledObject/llama" })),
      messageOf(() => read(deployment, { container: "engine" })),
      messageOf(() => read(changed(changed(deployment, "vllm/vllm-openai:v0.11.0", "registry/server"), '["vllm", "serve",', '["start",'))),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml: expected one autoscaler, got 2: HorizontalPodAutoscaler/llama, ScaledObject/llama. Choose one: --autoscaler HorizontalPodAutoscaler/llama, or autoscaler beside the file in the scenario.",
        "InputError: k8s.yaml: expected one workload, got 2: Deployment/llama, Deployment/qwen. Choose one: --workload Deployment/llama, or workload beside the file in the scenario.",
        "InputError: k8s.yaml: expected a workload called mixtral, got Deployment/llama, Deployment/qwen. Choose one of these, or another file.",
        "InputError: k8s.yaml: expected an autoscaler called ScaledObject/llama, got HorizontalPodAutoscaler/llama. Choose one of these, or another file.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers: expected one called engine, got vllm, sidecar. Choose one of these.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers: expected one that runs vLLM, got vllm, sidecar. Choose the server's container.",
      ]
    `);
  });

  it.each(["HorizontalPodAutoscaler/llama", "ScaledObject/llama"])("is %s where that is chosen", (autoscaler) => {
    expect(read(together(deployment, hpa, scaledObject), { autoscaler }).autoscaler?.kind).toBe(
      autoscaler.startsWith("S") ? "keda" : "hpa",
    );
  });
});

describe("a mistake is refused with file, path, rule, value and next step", () => {
  const withHpa = (from: string, to: string): string => messageOf(() => read(changed(hpa, from, to)));
  const withKeda = (from: string, to: string): string => messageOf(() => read(changed(scaledObject, from, to)));
  const withKnative = (from: string, to: string): string => messageOf(() => read(changed(knative, from, to)));

  it("in a file", () => {
    expect([
      messageOf(() => read("")),
      messageOf(() => read("just text")),
      messageOf(() => read("a: [")),
      messageOf(() => read("name: llama\nmodel: x\n")),
      messageOf(() => read(service)),
      messageOf(() => read(together(deployment, "\na: {b\n"))),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml: expected a Kubernetes object, got an empty file. A manifest is what \`kubectl get … -o yaml\` prints.",
        "InputError: k8s.yaml: expected a Kubernetes object with apiVersion and kind, got "just text". A manifest is what \`kubectl get … -o yaml\` prints.",
        "InputError: k8s.yaml: line 1: expected YAML or JSON, got this: Flow sequence in block collection must be sufficiently indented and end with a ]. A manifest is what \`kubectl get … -o yaml\` prints.",
        "InputError: k8s.yaml: expected a Kubernetes object with apiVersion and kind, got fields name, model. A manifest is what \`kubectl get … -o yaml\` prints.",
        "InputError: k8s.yaml: expected an autoscaler or a workload, got Service/llama. Give one of these: HorizontalPodAutoscaler, ScaledObject, Knative Service, Deployment, StatefulSet.",
        "InputError: k8s.yaml: line 42: expected YAML or JSON, got this: Flow map in block collection must be sufficiently indented and end with a }. A manifest is what \`kubectl get … -o yaml\` prints.",
      ]
    `);
  });

  it("in an HPA", () => {
    expect([
      withHpa("autoscaling/v2", "autoscaling/v2beta2"),
      withHpa("autoscaling/v2", "autoscaling/v1"),
      withHpa("maxReplicas: 8", "maxReplica: 8"),
      withHpa("maxReplicas: 8", "maxReplicas: 1"),
      withHpa("minReplicas: 2", "minReplicas: two"),
      withHpa("vllm:num_requests_waiting", "http_requests"),
      withHpa('averageValue: "5"', 'averageValue: "0"'),
      withHpa('averageValue: "5"', "averageValue: five"),
      withHpa('type: AverageValue, averageValue: "5"', 'type: Value, value: "5"'),
      withHpa('averageValue: "5"', 'value: "5"'),
      withHpa("    - type: Pods\n      pods:", "    - type: Pods\n      pod:"),
      withHpa("type: Pods\n", "type: Pod\n"),
      withHpa("        - { type: Pods, value: 1, periodSeconds: 60 }\n", "        []\n"),
      withHpa("periodSeconds: 60", "periodSeconds: 3600"),
      withHpa("periodSeconds: 60", "period: 60"),
      withHpa("    scaleDown:\n      selectPolicy: Min", "    scaleDown:\n      selectPolicy: Least"),
      withHpa(
        '- type: Pods\n      pods:\n        metric: { name: vllm:num_requests_waiting }\n        target: { type: AverageValue, averageValue: "5" }',
        "- type: Resource\n      resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } }",
      ),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: apiVersion: expected autoscaling/v2, got autoscaling/v2beta2. Print it in that version: kubectl get hpa.v2.autoscaling llama -o yaml.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: apiVersion: expected autoscaling/v2, got autoscaling/v1. Print it in that version: kubectl get hpa.v2.autoscaling llama -o yaml.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec: there is no field "maxReplica". Did you mean "maxReplicas"?",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.minReplicas: expected at most maxReplicas, 1, got 2. Swap the two, or raise maxReplicas.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.minReplicas: expected number, got "two". See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.metric.name: expected a metric that the servers export, got "http_requests". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.target.averageValue: expected a quantity above 0, got "0". See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.target.averageValue: expected a quantity such as 500m, 8 or 4Gi, got "five". See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.target.type: expected AverageValue, got Value. Kubernetes takes no other type for this metric.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.target.averageValue: expected a quantity above 0, got none. Give the target that its type names.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0: there is no field "pod". Did you mean "pods"?",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.type: expected 'Resource' | 'ContainerResource' | 'Pods' | 'Object' | 'External', got "Pod". See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.behavior.scaleUp.policies: expected at least one policy, or no list for the default ones, got a list of 0. See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.behavior.scaleUp.policies.0.periodSeconds: expected number to be <=1800, got 3600. See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.behavior.scaleUp.policies.0: there is no field "period". There are: type, value, periodSeconds.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.behavior.scaleDown.selectPolicy: expected one of "Max"|"Min"|"Disabled", got "Least". See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler llama: spec.metrics.0: expected a metric that the servers export, got cpu of the pod. What a GPU server uses of it says little of its load: follow vllm:num_requests_waiting, vllm:kv_cache_usage_perc or another of its own.",
      ]
    `);
    const bare =
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\nspec: { scaleTargetRef: { kind: Deployment, name: a }, maxReplicas: 3 }";
    const podsToZero = changed(
      bare,
      "maxReplicas: 3",
      "minReplicas: 0, maxReplicas: 3, metrics: [{ type: Pods, pods: { metric: { name: concurrency }, target: { type: AverageValue, averageValue: 3 } } }]",
    );
    expect([messageOf(() => read(bare)), messageOf(() => read(podsToZero))]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml, HorizontalPodAutoscaler a: spec.metrics: expected a metric that the servers export, got none: Kubernetes would follow the CPU at 80 %. Add one, such as a Pods metric on vllm:num_requests_waiting.",
        "InputError: k8s.yaml, HorizontalPodAutoscaler a: spec.minReplicas: expected 1 or more where no Object or External metric could bring it back, got 0. Add such a metric, or keep one replica.",
      ]
    `);
  });

  it("in a ScaledObject", () => {
    expect([
      withKeda("pollingInterval", "pollInterval"),
      withKeda("maxReplicaCount: 10", "maxReplicaCount: 10\n  idleReplicaCount: 1"),
      withKeda("minReplicaCount: 1", "minReplicaCount: 11"),
      withKeda('threshold: "5"', "threshold: 5"),
      withKeda('threshold: "5"', 'threshold: "0"'),
      withKeda('threshold: "5"', 'threshold: "many"'),
      withKeda('        threshold: "5"\n', ""),
      withKeda("type: prometheus", "type: kafka"),
      withKeda("type: prometheus", "type: prometheus\n      metricType: Utilization"),
      withKeda('sum(vllm:num_requests_waiting{model_name="llama"})', 'vllm:num_requests_waiting{model_name="llama"}'),
      withKeda("sum(vllm:num_requests_waiting", "sum(http_requests_total"),
      withKeda("Etc/GMT-1", "Europe/Berlin"),
      withKeda("0 18 * * 1-5", "0 8 * * 1-5"),
      withKeda("0 18 * * 1-5", "18:00"),
      withKeda('desiredReplicas: "4"', 'desiredReplicas: "4.5"'),
      withKeda("  fallback:", "  advanced: { scalingModifiers: { formula: a + b } }\n  fallback:"),
      withKeda("failureThreshold: 3", "failureThreshold: -1"),
      withKeda("name: llama\nspec", 'name: llama\n  annotations: { autoscaling.keda.sh/paused-replicas: "x" }\nspec'),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml, ScaledObject llama: spec: there is no field "pollInterval". Did you mean "pollingInterval"?",
        "InputError: k8s.yaml, ScaledObject llama: spec.idleReplicaCount: expected less than minReplicaCount, 1, got 1. Raise minReplicaCount, or leave idleReplicaCount out.",
        "InputError: k8s.yaml, ScaledObject llama: spec.minReplicaCount: expected at most maxReplicaCount, 10, got 11. Swap the two, or raise maxReplicaCount.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metadata.threshold: expected a text: write it in quotes, got 5. See https://keda.sh/docs/latest/reference/scaledobject-spec/.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metadata.threshold: expected a number above 0, got 0. Give what one replica is to have of it.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metadata.threshold: expected a number, got "many". Write it as a quoted number.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metadata.threshold: expected a text, got none. KEDA does not take the trigger without it.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.type: expected prometheus or cron, got kafka. Nothing in a simulated fleet exports what another trigger follows: ask Prometheus for a metric of the servers.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metricType: expected AverageValue or Value, got Utilization. KEDA takes Utilization for cpu and memory alone.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metadata.query: expected one value for the fleet, got "vllm:num_requests_waiting{model_name=\\"llama\\"}", which has one for each server and fails from two on. Write sum(vllm:num_requests_waiting{model_name="llama"}), or avg.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.0.metadata.query: expected a metric that the servers export, got "http_requests_total". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second, requests_queued.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.1.metadata.timezone: expected a zone of a fixed offset, got Europe/Berlin. Daylight saving is not modelled: write the times for UTC, or for Etc/GMT-1 (which is ahead of UTC by one hour).",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.1.metadata.end: expected another time than start, got 0 8 * * 1-5. Give the time at which the replicas may go.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.1.metadata.end: expected five fields (minute, hour, day of the month, month, day of the week), got "18:00". Monday to Friday at 8:00 is 0 8 * * 1-5.",
        "InputError: k8s.yaml, ScaledObject llama: spec.triggers.1.metadata.desiredReplicas: expected whole replicas, got 4.5. Give their number.",
        "InputError: k8s.yaml, ScaledObject llama: spec.advanced.scalingModifiers: expected none: a formula over several triggers is not modelled. Leave it out, and let each trigger have its own target: the highest wins.",
        "InputError: k8s.yaml, ScaledObject llama: spec.fallback.failureThreshold: expected number to be >=0, got -1. See https://keda.sh/docs/latest/reference/scaledobject-spec/.",
        "InputError: k8s.yaml, ScaledObject llama: metadata.annotations: autoscaling.keda.sh/paused-replicas: expected whole replicas, got "x". Give their number, quoted.",
      ]
    `);
  });

  it("in a Knative Service", () => {
    expect([
      withKnative("min-scale", "min-scal"),
      withKnative("min-scale", "colour"),
      withKnative('min-scale: "1"', 'min-scale: "9"'),
      withKnative('min-scale: "1"', 'min-scale: "some"'),
      withKnative('min-scale: "1"', "min-scale: 1"),
      withKnative('target: "16"', 'target: "0"'),
      withKnative("window: 90s", "window: 5s"),
      withKnative("window: 90s", "window: 90500ms"),
      withKnative("window: 90s", 'window: "90"'),
      withKnative('target: "16"', 'metric: "cpu"'),
      withKnative('target: "16"', "class: hpa.autoscaling.knative.dev"),
      withKnative('target: "16"', 'activation-scale: "9"'),
      withKnative('target: "16"', 'target-burst-capacity: "-2"'),
      withKnative("  name: llama\n", '  name: llama\n  annotations: { autoscaling.knative.dev/max-scale: "3" }\n'),
      messageOf(() => read(together(knative, changed(config, '"10"', '"0"')))),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations: there is no annotation "autoscaling.knative.dev/min-scal". Did you mean "autoscaling.knative.dev/min-scale"?",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations: there is no annotation "autoscaling.knative.dev/colour". There are: min-scale, max-scale, initial-scale, activation-scale, target, target-utilization-percentage, panic-window-percentage, panic-threshold-percentage, target-burst-capacity, window, scale-down-delay, scale-to-zero-pod-retention-period, metric, metric-aggregation-algorithm, class.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/min-scale: expected at most max-scale, 8, got 9. Swap the two, or raise max-scale.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/min-scale: expected a whole number of 0 or more, got "some". See https://knative.dev/docs/serving/autoscaling/.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/min-scale: expected a text: write it in quotes, got 1. See https://knative.dev/docs/serving/.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/target: expected a number of 0.01 or more, got "0". See https://knative.dev/docs/serving/autoscaling/.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/window: expected a duration from 6s to 1h, got "5s". See https://knative.dev/docs/serving/autoscaling/.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/window: expected whole seconds, got 90500ms. Knative takes no finer ones.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/window: expected a duration from 6s to 1h, got "90". See https://knative.dev/docs/serving/autoscaling/.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/metric: expected concurrency or rps, got "cpu". See https://knative.dev/docs/serving/autoscaling/.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/class: expected kpa.autoscaling.knative.dev, got "hpa.autoscaling.knative.dev". Of Knative's classes the KPA is modelled; give an HPA as a manifest of its own.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/activation-scale: expected a number from min-scale, 1, to max-scale, 8, got 9. Give one between the two.",
        "InputError: k8s.yaml, Service llama: spec.template.metadata.annotations.autoscaling.knative.dev/target-burst-capacity: expected a number of 0 or more, got "-2". See https://knative.dev/docs/serving/autoscaling/.",
        "InputError: k8s.yaml, Service llama: metadata.annotations.autoscaling.knative.dev/max-scale: expected no autoscaling annotation on the Service itself, where it has no effect. Put it under spec.template.metadata.annotations.",
        "InputError: k8s.yaml, document 2, ConfigMap config-autoscaler: data.max-scale-up-rate: expected a number of 1 or more, got "0". See https://knative.dev/docs/serving/autoscaling/.",
      ]
    `);
  });

  it("in a workload", () => {
    const withDeployment = (from: string, to: string): string => messageOf(() => read(changed(deployment, from, to)));
    expect([
      withDeployment("replicas: 2", "replicas: -1"),
      withDeployment('gpu: "2"', 'gpu: "1500m"'),
      withDeployment('gpu: "2"', 'gpu: "1"'),
      withDeployment("--max-num-seqs=128", "--max-num-seqs=many"),
      withDeployment("--max-num-seqs=128", "--max-num-seqs=0"),
      withDeployment("--max-num-seqs=128", "--max-num-seqs=$(SEQS)"),
      withDeployment("--no-enable-prefix-caching", "--enable-prefix-caching=maybe"),
      withDeployment("--max-num-seqs=128", "--scheduling-policy=lifo"),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: k8s.yaml, Deployment llama: spec.replicas: expected number to be >=0, got -1. A manifest is what \`kubectl get … -o yaml\` prints.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm.resources.limits.nvidia.com/gpu: expected whole GPUs, got "1500m". Kubernetes gives out no parts of them.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm: --tensor-parallel-size: expected at most the pod's 1 GPUs, got 2 workers, pipeline stages included: vLLM does not start so. Raise the limit of GPUs, or lower the parallelism.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm: --max-num-seqs: expected a number, got many. Give it behind the flag.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm: --max-num-seqs: vLLM does not start with 0. Too small: expected number to be >=1.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm: --max-num-seqs: expected a number, got $(SEQS). Write the number, or give the container the variable's value.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm: --enable-prefix-caching: expected no value, True or False, got maybe. Write the flag alone, or with no- in front to switch it off.",
        "InputError: k8s.yaml, Deployment llama: spec.template.spec.containers.vllm: --scheduling-policy: vLLM does not start with lifo. Invalid option: expected one of "fcfs"|"priority".",
      ]
    `);
  });
});
