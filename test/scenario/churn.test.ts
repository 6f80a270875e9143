import { describe, expect, it } from "vitest";
import { CALM } from "../../src/fleet/churn/settings.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { withWorkload } from "../../src/manifests/apply.ts";
import { readManifests } from "../../src/manifests/read.ts";
import { parseScenario, type GivenScenario } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { deviceModel } from "../fixtures.ts";
import { messageOf } from "../message-of.ts";

const trace = "model: Llama-3.1-8B\ntraffic: { kind: trace, format: mooncake, file: a.jsonl }\n";
const requests = [{ id: 0, arrivedAt: 0, promptTokens: 100, outputTokens: 10 }];
const resolved = (from: GivenScenario) => resolveScenario(from, deviceModel(), builtInModel("Llama-3.1-8B"), requests);
const resolve = (text: string) => resolved(parseScenario(trace + text, "chat.yaml"));
const added = (text: string): string[] => {
  const before = new Set(resolve("").inputs.map(({ name }) => name));
  return resolve(text)
    .inputs.filter(({ name }) => !before.has(name))
    .map(({ name, value, origin, source }) => `${name}: ${value} (${origin}: ${source})`);
};

describe("how replicas go, in a scenario", () => {
  it("is by scale-downs only, finishing what they hold, where nothing is said", () => {
    expect(resolve("").churn).toEqual(CALM);
  });

  it("is listed with what was given, and what was assumed with it", () => {
    expect([
      ...added("drain: { kind: grace }\nvictim: least-cached\n"),
      ...added(
        "failures: { replica: { between: { kind: exponential, mean_s: 86400 }, at_s: [60, 90] }, node: { at_s: [600], notice_s: 30 } }",
      ),
      ...added("failures: { replica: { between: { kind: weibull, scale_s: 3600, shape: 0.7 }, recovery: replace, is_paid: false } }"),
      ...added("rolling_update: { at_s: 600, max_surge: 2 }"),
    ]).toMatchInlineSnapshot(`
      [
        "drain: requests are cut off after a grace period (given: chat.yaml)",
        "grace period: 30.0 s (assumed: Kubernetes' default)",
        "victim: least-cached (given: chat.yaml)",
        "servers die: exponential, mean 24.0 h of service; at 60.0 s and 90.0 s (given: chat.yaml)",
        "recovery: the container starts again on its node (assumed: Kubernetes' restartPolicy)",
        "back-off: 10 s doubling to 5 min (assumed: the kubelet's)",
        "paid while failed: yes (assumed: Ballast's default)",
        "nodes reclaimed: at 10.0 min (given: chat.yaml)",
        "notice of a reclaim: 30.0 s (given: chat.yaml)",
        "servers die: Weibull, scale 60.0 min of service, shape 0.7 (given: chat.yaml)",
        "recovery: a new replica on a new node (given: chat.yaml)",
        "replaced after: 5.00 min (assumed: Kubernetes' toleration of an unreachable node)",
        "paid while failed: no (given: chat.yaml)",
        "rolling update: at 10.0 min (given: chat.yaml)",
        "max surge: 2 (given: chat.yaml)",
        "max unavailable: 25% (assumed: Kubernetes' default)",
      ]
    `);
  });

  it("is refused with its place, rule, value and next step where it cannot be", () => {
    expect([
      messageOf(() => resolve("drain: { kind: grace, grace_period_s: -1 }")),
      messageOf(() => resolve("drain: { kind: wait }")),
      messageOf(() => resolve("victim: youngest")),
      messageOf(() => resolve("failures: { replica: { between: { kind: exponential, mean_s: 0 } } }")),
      messageOf(() => resolve("failures: { replica: { betwen: 5 } }")),
      messageOf(() => resolve("rolling_update: { max_surge: 1 }")),
      messageOf(() => resolve("rolling_update: { at_s: 5, max_surge: half }")),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: chat.yaml: drain.grace_period_s: expected number to be >=0, got -1. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: drain.kind: expected 'finish' | 'grace' | 'hand-over', got "wait". \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: victim: expected one of "kubernetes"|"newest"|"oldest"|"least-loaded"|"least-cached", got "youngest". \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: failures.replica.between.mean_s: expected number to be >=1, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: failures.replica: there is no field "betwen". Did you mean "between"?",
        "InputError: chat.yaml: rolling_update.at_s: expected number, got none. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: rolling_update.max_surge: expected whole replicas or a percentage like "25%", got "half". \`ballast init\` writes a scenario that shows every field.",
      ]
    `);
  });
});

describe("the grace period of a manifest", () => {
  const manifest = (kind: string, more: string): string => `
apiVersion: ${kind === "Service" ? "serving.knative.dev/v1" : "apps/v1"}
kind: ${kind}
metadata: { name: llama }
spec: { template: { spec: { ${more}containers: [{ name: vllm, image: vllm/vllm-openai, args: [serve, Llama-3.1-8B] }] } } }`;
  const drainOf = (kind: string, more: string, scenario = "") => {
    const from = withWorkload(
      parseScenario(trace + scenario, "chat.yaml"),
      readManifests(manifest(kind, more), "llama.yaml"),
      "llama.yaml",
    );
    return resolved(from);
  };

  it.each([
    ["Deployment", "terminationGracePeriodSeconds: 120, ", 120],
    ["Deployment", "", 30],
    ["Service", "timeoutSeconds: 60, ", 60],
    ["Service", "", 300],
  ])("of a %s with %j is %i s, unless the scenario says how it drains", (kind, more, seconds) => {
    const { churn, inputs } = drainOf(kind, more);
    expect(churn?.drain).toEqual({ kind: "grace", grace_period_s: seconds });
    expect(inputs.find(({ name }) => name === "grace period")).toMatchObject({
      origin: "given",
      source: "llama.yaml, or its kind's default",
    });
    expect(drainOf(kind, more, "drain: { kind: hand-over }").churn?.drain).toEqual({ kind: "hand-over" });
  });
});
