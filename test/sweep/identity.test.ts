import { describe, expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { identityOf, type Shaping } from "../../src/sweep/identity.ts";

const fields = {
  name: "chat",
  model: "Llama-3.1-8B",
  device: "a.json",
  traffic: {
    kind: "poisson",
    requests_per_s: 5,
    duration_s: 60,
    prompt: { kind: "constant", tokens: 9 },
    output: { kind: "constant", tokens: 9 },
  },
  policy: { kind: "fixed", replicas: 2 },
};
const shaping = (changed: object = {}, other: Partial<Shaping> = {}): Shaping => ({
  from: scenarioOf({ ...fields, ...changed }, "sweep.yaml", "scenario"),
  model: builtInModel("Llama-3.1-8B"),
  deviceHash: "d",
  files: {},
  program: "p",
  ...other,
});
const own = identityOf(shaping());

describe("a run's identity", () => {
  it.each<[string, Shaping]>([
    ["another seed", shaping({ seed: 7 })],
    ["another rate", shaping({ traffic: { ...fields.traffic, requests_per_s: 6 } })],
    ["a default written out, of which the run then says that it was given", shaping({ router: { kind: "least-outstanding" } })],
    ["another name", shaping({ name: "other" })],
    ["other objectives, which deadlines may follow", shaping({ objectives: { ttft_p99_s: 1 } })],
    ["another device", shaping({}, { deviceHash: "e" })],
    ["another model", shaping({}, { model: builtInModel("tiny-llama") })],
    ["another content of a file", shaping({}, { files: { "a.csv": "1" } })],
    ["another program", shaping({}, { program: "q" })],
  ])("is another one with %s", (_, other) => {
    expect(identityOf(other)).not.toBe(own);
  });

  it.each<[string, Shaping]>([
    ["fields in another order", shaping(Object.fromEntries(Object.entries(fields).toReversed()))],
    ["the device in another place", shaping({ device: "elsewhere/b.json" })],
    ["its own seed written out", shaping({ seed: 42 })],
    ["another name for the sweep's file", { ...shaping(), from: { ...shaping().from, place: "other.yaml" } }],
  ])("is the same with %s", (_, same) => {
    expect(identityOf(same)).toBe(own);
  });
});
