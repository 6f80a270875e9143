import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { Service } from "@kubernetes-models/knative/serving.knative.dev/v1/Service";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Run } from "../../src/fleet/run.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { manifestPolicy } from "../../src/manifests/apply.ts";
import { defaultDestination, destinationOf } from "../../src/manifests/destination.ts";
import { readManifests } from "../../src/manifests/read.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { plan, type PlanAnswer } from "../../src/plan/plan.ts";
import { writtenPolicies, type WrittenPolicy } from "../../src/plan/written-policies.ts";
import { manifestTexts } from "../../src/report/manifest-text.ts";
import { fleetConfig } from "../../src/scenario/fleet-config.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { deviceModel } from "../fixtures.ts";
import { deployment, hpa, scaledObject } from "../manifests/examples.ts";

const model = builtInModel("Llama-3.1-8B");
const scenario = `
model: Llama-3.1-8B
traffic:
  kind: bursty
  requests_per_s: 15
  duration_s: 1200
  burst_factor: 6
  burst_s: 60
  calm_s: 400
  prompt: { kind: log-normal, p50_tokens: 800, p99_tokens: 4000, max_tokens: 8000 }
  output: { kind: log-normal, p50_tokens: 50, p99_tokens: 300, max_tokens: 500 }
cold_start: { provision_s: 5, image_s: 0 }
`;

const ask = (text: string): PlanAnswer =>
  plan({ from: parseScenario(text, "chat.yaml"), device: deviceModel(), model, trace: null, replications: 1, hasFrontier: true });

const written = (answer: PlanAnswer, destination = defaultDestination("Llama-3.1-8B")) => {
  const { capacity } = answer.plan;
  if (capacity.kind !== "found" || answer.found === null) throw new Error("expected an answer");
  const policies = writtenPolicies(answer.found, destination);
  const { files, leftOut } = manifestTexts(answer.plan, capacity, policies, destination);
  return { ...policies, texts: Object.fromEntries(files.map(({ name, text }) => [name, text])), leftOut };
};

/** What `simulate --manifests` makes of a text, without what the run says of where its policy comes from. */
const readBack = (text: string, initial?: number): Run => {
  const policy = initial === undefined ? "" : `policy: { kind: manifest, initial_replicas: ${initial} }\n`;
  const from = parseScenario(scenario + policy, "chat.yaml");
  const manifest = manifestPolicy(readManifests(text, "written.yaml"), "written.yaml");
  const run = simulate(fleetConfig({ from, device: deviceModel(), model, policyData: { manifest } }));
  return { ...run, inputs: run.inputs.filter(({ name }) => name !== "policy") };
};

const firstRun = ({ replications }: WrittenPolicy<unknown>): Run => replications[0]!.run;

const answer = ask(scenario);
const { hpa: asHpa, keda, knative, texts } = written(answer);

describe("a found answer as manifests", () => {
  it("has a floor that is not the least there is, so that there is something to tell", () => {
    expect([asHpa?.floor, keda?.floor, knative?.floor]).toMatchInlineSnapshot(`
      [
        3,
        3,
        3,
      ]
    `);
    expect(Object.keys(texts)).toEqual(["replicas.yaml", "hpa.yaml", "keda.yaml", "knative.yaml"]);
  });

  it("a fixed number is read back as the very run of the answer", () => {
    expect(readBack(texts["replicas.yaml"]!)).toEqual(answer.fixed);
  });

  it("an HPA is read back as the very run of the plan's floor, in Kubernetes' words", () => {
    const run = readBack(texts["hpa.yaml"]!, asHpa!.initial);
    expect(run).toEqual(firstRun(asHpa!));
    const { question, hybrid } = answer.found!;
    const seed = question.seeds[0]!;
    const planned = simulate({ ...question.setup, policy: hybrid!, seed, requests: question.requestsOf(seed) });
    const inKubernetes = (because: string): string => because.replaceAll(/\b(min|max)_replicas/gu, "$1Replicas");
    expect(run).toEqual({
      ...planned,
      policy: run.policy,
      scale_events: planned.scale_events.map((event) => ({ ...event, because: inKubernetes(event.because) })),
    });
    expect(run.scale_events.length).toBeGreaterThan(0);
    expect(asHpa!.candidate).toEqual({ ...answer.plan.hybrid, policy: run.policy });
  });

  it("a ScaledObject is read back as the run that was simulated", () => {
    expect(readBack(texts["keda.yaml"]!, keda!.initial)).toEqual(firstRun(keda!));
    expect(keda!.candidate.verdict).toBe("meets");
  });

  it("a Knative Service, which is another algorithm, is read back as what was simulated for it", () => {
    expect(readBack(texts["knative.yaml"]!)).toEqual(firstRun(knative!));
    expect(knative!.candidate.verdict).toBe("meets");
  });

  it("keeps the lowest floor: one lower does not meet the objectives", () => {
    for (const policy of [asHpa!, keda!, knative!]) expect(policy.lower?.verdict).toBe("misses");
  });

  it("says at each value why, and above all of them whose speed it is and what came of it", async () => {
    for (const [name, text] of Object.entries(texts)) await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

it("a number of replicas says what it survives", () => {
  const { capacity } = answer.plan;
  if (capacity.kind !== "found") throw new Error("expected an answer");
  const hardship = "1 replica lost when it is busiest";
  const struck = { ...capacity, candidate: { ...capacity.candidate, hardship } };
  const destination = defaultDestination("Llama-3.1-8B");
  const policies = { hpa: null, keda: null, knative: null, fixedKnative: writtenPolicies(answer.found!, destination).fixedKnative };
  const reasonOf = (found: typeof capacity): string =>
    manifestTexts(answer.plan, found, policies, destination).files[0]!.text.replaceAll(/\n\s*#/gu, "");
  expect(reasonOf(struck)).toContain(`with ${hardship} of the ${capacity.replicas}, which comes closest to a limit;`);
  expect(reasonOf(capacity)).not.toContain("closest to a limit");
});

describe("the manifests of an answer without a floor below it", () => {
  const alone = written(ask(scenario.replace("requests_per_s: 15", "requests_per_s: 1")));

  it("are a number of replicas, and for Knative the same as its least and most", () => {
    expect(Object.keys(alone.texts)).toEqual(["replicas.yaml", "knative.yaml"]);
    expect(alone.leftOut).toMatchInlineSnapshot(`
      [
        "No HPA: one replica is enough at any load.",
        "No ScaledObject: one replica is enough at any load.",
        "knative.yaml keeps 1 at any load: one replica is enough at any load.",
      ]
    `);
    const spec = parse(alone.texts["knative.yaml"]!).spec.template.metadata.annotations;
    expect([spec["autoscaling.knative.dev/min-scale"], spec["autoscaling.knative.dev/max-scale"]]).toEqual(["1", "1"]);
  });
});

describe("the names in written manifests", () => {
  it.each<[string, string]>([
    ["a Deployment and its HPA", deployment + "---" + hpa.replace("name: llama\n", "name: llama-hpa\n  namespace: llm\n")],
    ["a ScaledObject alone", scaledObject],
    [
      "a Knative Service",
      "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: chat, namespace: llm }\nspec: { template: { spec: { containers: [{ name: vllm }] } } }",
    ],
  ])("are those of %s", (_, text) => {
    expect(destinationOf(readManifests(text, "llama.yaml"))).toMatchSnapshot();
  });

  it.each([
    ["Llama-3.1-8B", "llama-3-1-8b"],
    ["Qwen/Qwen2.5-7B", "qwen-qwen2-5-7b"],
    ["8B", "b"],
    ["…", "llm"],
  ])("are made from the model %s where there are none", (name, expected) => {
    expect(defaultDestination(name).target).toEqual({ kind: "Deployment", name: expected });
  });

  it("of a Knative Service leave no other file to write", () => {
    const destination = { ...defaultDestination("chat"), target: { kind: "Service", name: "chat" }, isOwn: true };
    expect(Object.keys(written(answer, destination).texts)).toEqual(["knative.yaml"]);
  });
});

interface Written {
  readonly spec: { readonly template?: { readonly spec: object } };
}

/** The published schemas, compiled: Kubernetes' OpenAPI document, and the custom resource definitions of KEDA and Knative. */
describe("by the published schema of its kind", () => {
  const container = { name: "vllm", image: "vllm/vllm-openai" };
  const whole = {
    "replicas.yaml": (value: Written) =>
      new Deployment({
        ...value,
        spec: { selector: { matchLabels: { app: "llm" } }, template: { spec: { containers: [container] } }, ...value.spec },
      } as never),
    "hpa.yaml": (value: Written) => new HorizontalPodAutoscaler(value as never),
    "keda.yaml": (value: Written) => new ScaledObject(value as never),
    "knative.yaml": (value: Written) => {
      const { template } = value.spec;
      return new Service({ ...value, spec: { template: { ...template, spec: { ...template?.spec, containers: [container] } } } });
    },
  };

  it.each(Object.keys(whole) as (keyof typeof whole)[])("%s is valid", (name) => {
    expect(() => whole[name](parse(texts[name]!)).validate()).not.toThrow();
  });

  it.each<[keyof typeof whole, string, string]>([
    ["replicas.yaml", "replicas: ", "replicas: many-"],
    ["hpa.yaml", "type: Pods", "type: [Pods]"],
    ["hpa.yaml", "maxReplicas: ", "mostReplicas: "],
    ["keda.yaml", "minReplicaCount: ", "minReplicaCount: some-"],
    ["keda.yaml", "type: prometheus", "kind: prometheus"],
    ["knative.yaml", "containerConcurrency: 0", "containerConcurrency: none"],
    ["knative.yaml", 'min-scale: "', 'min-scale: !!int "'],
  ])("%s would not be with %s for %s", (name, is, was) => {
    const text = texts[name]!.replace(is, was);
    expect(text).not.toBe(texts[name]);
    expect(() => whole[name](parse(text)).validate()).toThrow(/must|required|invalid/iu);
  });
});
