import { expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { differenceOrNull, serverOf } from "../../src/validation/server.ts";
import { deviceModel } from "../fixtures.ts";

const one = { kind: "constant", tokens: 9 };
const traffic = { kind: "poisson", requests_per_s: 1, duration_s: 9, prompt: one, output: one };
const server = (fields: Record<string, unknown>, device = deviceModel()) =>
  serverOf(
    resolveScenario(scenarioOf({ model: "Llama-3.1-8B", traffic, ...fields }, "chat.yaml"), device, builtInModel("Llama-3.1-8B"), []),
  );

it.each<[string, Record<string, unknown>]>([
  ["nothing", {}],
  ["other traffic", { traffic: { ...traffic, requests_per_s: 2 } }],
  ["slower starts", { cold_start: { image_s: 900 } }],
  ["another policy", { policy: { kind: "fixed", replicas: 9 } }],
  ["other objectives", { objectives: { ttft_p99_s: 9 } }],
])("servers are the same with %s", (_, fields) => {
  expect(differenceOrNull(server({}), server(fields))).toBeNull();
});

it.each<[string, Record<string, unknown>, string, string]>([
  ["max_num_seqs", { replica: { max_num_seqs: 16 } }, "1024", "16"],
  ["enable_prefix_caching", { replica: { enable_prefix_caching: false } }, "true", "false"],
  ["router", { router: { kind: "round-robin" } }, '{"kind":"least-outstanding","scrape_interval_s":0}', '{"kind":"round-robin"}'],
  ["concurrency_limit", { admission: { concurrency_limit: 4 } }, "none", "4"],
])("and not with another %s", (name, fields, own, other) => {
  expect(differenceOrNull(server({}), server(fields))).toEqual({ name, own, other });
});

it("nor with more GPUs for each, or another profile", () => {
  expect(differenceOrNull(server({}), server({}, { ...deviceModel(), tensor_parallel: 2 }))).toMatchObject({ name: "gpus_per_replica" });
  expect(differenceOrNull(server({}), server({}, { ...deviceModel(), profile: "another" }))).toMatchObject({ name: "engine" });
});
