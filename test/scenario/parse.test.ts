import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scenarioTemplate } from "../../cli/scenario-template.ts";
import { USUAL_TEMPLATE } from "../../cli/template-for.ts";
import { closestKeyOrNull, knownKeys } from "../../src/scenario/known-keys.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { scenarioSchema } from "../../src/scenario/schema.ts";
import { runs } from "../runs.ts";

const least = `
model: Llama-3.1-8B
traffic: { kind: trace, format: azure, file: conv.csv }
`;
const message = (text: string): string => {
  try {
    return JSON.stringify(parseScenario(text, "chat.yaml").scenario);
  } catch (error) {
    return (error as Error).message;
  }
};

const template = scenarioTemplate(USUAL_TEMPLATE);

describe("a scenario's text", () => {
  it("may be YAML or JSON", () => {
    const json = JSON.stringify({ model: "Llama-3.1-8B", traffic: { kind: "trace", format: "azure", file: "conv.csv" } });
    expect(parseScenario(json, "a").scenario).toEqual(parseScenario(least, "b").scenario);
  });

  it("needs no more than traffic and a model: the rest has defaults", () => {
    expect(parseScenario(least, "chat.yaml").scenario).toMatchObject({
      schema: "ballast.scenario/1",
      seed: 42,
      replica: { block_size: 16, enable_prefix_caching: true },
      cold_start: { provision_s: 60, weights_s: "measured" },
      objectives: { ttft_p99_s: 2, tpot_p99_s: 0.1 },
    });
  });

  it("remembers what was the user's own, and where it stood", () => {
    const { given } = parseScenario(`${least}cold_start: { image_s: 30 }\n`, "chat.yaml");
    expect([...given]).toEqual(
      ["model", "traffic", "traffic.kind", "traffic.format", "traffic.file", "cold_start", "cold_start.image_s"].map((path) => [
        path,
        "chat.yaml",
      ]),
    );
  });

  it("is refused with the place, the rule, what stands there, and what to do", () => {
    const bad = {
      "an empty file": "",
      "a list": "- 1",
      "no YAML": "model: [a\ntraffic: b",
      "a field twice": `${least}model: other`,
      "no traffic": "model: Llama-3.1-8B",
      "a kind of traffic that there is not": "model: a\ntraffic: { kind: fractal }",
      "a rate of nothing":
        "model: a\ntraffic: { kind: poisson, requests_per_s: 0, duration_s: 1, prompt: {kind: constant, tokens: 1}, output: {kind: constant, tokens: 1} }",
      "a 99th percentile below the median":
        "model: a\ntraffic: { kind: poisson, requests_per_s: 1, duration_s: 1, prompt: {kind: log-normal, p50_tokens: 9, p99_tokens: 5, max_tokens: 10}, output: {kind: constant, tokens: 1} }",
      "a phase in words": `${least}cold_start: { weights_s: fast }`,
      "an unknown field with a known one close by": `${least}objectives: { ttft_p99: 2 }`,
      "an unknown field like no other": `${least}gpu: 4`,
      "a field of another kind of traffic": "model: a\ntraffic: { kind: trace, format: azure, file: a.csv, duration_s: 3 }",
      "a newer version": `schema: ballast.scenario/2\n${least}`,
      "another kind of file": `schema: ballast.profile/1\n${least}`,
      "a seed below 0": `seed: -1\n${least}`,
    };
    expect(
      Object.entries(bad)
        .map(([what, text]) => `${what}: ${message(text)}`)
        .join("\n"),
    ).toMatchInlineSnapshot(`
      "an empty file: chat.yaml: expected a scenario's fields (traffic, model, …), got an empty file. \`ballast init\` writes a scenario that shows every field.
      a list: chat.yaml: expected a scenario's fields (traffic, model, …), got a list. \`ballast init\` writes a scenario that shows every field.
      no YAML: chat.yaml: line 2: expected YAML or JSON, got this: Flow sequence in block collection must be sufficiently indented and end with a ]. \`ballast init\` writes a scenario that shows every field.
      a field twice: chat.yaml: line 4: expected YAML or JSON, got this: Map keys must be unique. \`ballast init\` writes a scenario that shows every field.
      no traffic: chat.yaml: traffic: expected object, got none. \`ballast init\` writes a scenario that shows every field.
      a kind of traffic that there is not: chat.yaml: traffic.kind: expected 'poisson' | 'gamma' | 'bursty' | 'diurnal' | 'steps' | 'sessions' | 'clients' | 'prometheus' | 'trace', got "fractal". \`ballast init\` writes a scenario that shows every field.
      a rate of nothing: chat.yaml: traffic.requests_per_s: expected number to be >0, got 0. \`ballast init\` writes a scenario that shows every field.
      a 99th percentile below the median: chat.yaml: traffic.prompt.p99_tokens: expected at least p50_tokens, got 5. \`ballast init\` writes a scenario that shows every field.
      a phase in words: chat.yaml: cold_start.weights_s: expected number or "measured" or object, got "fast". \`ballast init\` writes a scenario that shows every field.
      an unknown field with a known one close by: chat.yaml: objectives: there is no field "ttft_p99". Did you mean "ttft_p99_s"?
      an unknown field like no other: chat.yaml: there is no field "gpu". There are: schema, name, seed, traffic, model, device, replica, cold_start, router, admission, clients, manifests, drain, victim, failures, rolling_update, policy, prices, objectives.
      a field of another kind of traffic: chat.yaml: traffic: there is no field "duration_s". There are: kind, format, file, speed, sessions_per_s, beyond_context.
      a newer version: chat.yaml: schema: "ballast.scenario/2" is newer than this program, which reads "ballast.scenario/1". Update Ballast.
      another kind of file: chat.yaml: schema: expected "ballast.scenario/1", got "ballast.profile/1". \`ballast init\` writes a scenario that shows every field.
      a seed below 0: chat.yaml: seed: expected number to be >=0, got -1. \`ballast init\` writes a scenario that shows every field."
    `);
  });
});

describe("the closest known field", () => {
  it.each([
    ["max_num_seq", "max_num_seqs"],
    ["maxNumSeqs", "max_num_seqs"],
    ["requests_per_sec", "requests_per_s"],
    ["colour", null],
  ])("to %s is %s", (key, closest) => {
    expect(closestKeyOrNull(key, ["max_num_seqs", "max_num_batched_tokens", "requests_per_s", "seed"])).toBe(closest);
  });

  it("to a field with one letter missing is that field, where no other is as close", () => {
    const fields = knownKeys(scenarioSchema, {}, []);
    fc.assert(
      fc.property(fc.constantFrom(...fields.filter((field) => field.length > 4)), fc.nat(), (field, n) => {
        const i = n % field.length;
        expect(closestKeyOrNull(field.slice(0, i) + field.slice(i + 1), fields)).toBe(field);
      }),
      runs(50),
    );
  });
});

describe("the scenario that `ballast init` writes", () => {
  it("is a valid one", () => {
    expect(parseScenario(template, "scenario.yaml").scenario.name).toBe("chat");
  });

  it("shows every field that there is", () => {
    const names = new Set<string>();
    const collect = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      for (const [key, inner] of Object.entries(node)) {
        if (key === "properties") for (const name of Object.keys(inner as object)) names.add(name);
        collect(inner);
      }
    };
    collect(z.toJSONSchema(scenarioSchema, { io: "input" }));
    expect(names.size).toBeGreaterThan(30);
    expect([...names].filter((name) => !new RegExp(`\\b${name}:|with ${name}`, "u").test(template))).toEqual([]);
  });

  it("states the schema's own defaults", () => {
    const { seed, replica, cold_start, router, objectives } = parseScenario(template, "scenario.yaml").scenario;
    const defaults = parseScenario(least, "least.yaml").scenario;
    expect({ seed, replica, cold_start, router, objectives }).toEqual({
      seed: defaults.seed,
      replica: defaults.replica,
      cold_start: defaults.cold_start,
      router: defaults.router,
      objectives: defaults.objectives,
    });
  });
});
