import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { calibrate } from "../src/calibration/calibrate.ts";
import { deviceModelSchema } from "../src/calibration/device-model.ts";
import { runSchema } from "../src/fleet/run.ts";
import { builtInModel } from "../src/model/built-in.ts";
import { headLinear, layerSizes } from "../src/model/shapes.ts";
import { planSchema } from "../src/plan/schema.ts";
import { profileSchema } from "../src/profile/schema.ts";
import { publishedSchemas, schemaText } from "../src/published-schemas.ts";
import { scenarioSchema } from "../src/scenario/schema.ts";
import { impossiblePlan, plan, run } from "./report/samples.ts";
import { measurementsOf, profileOf, truth } from "./calibration/synthetic.ts";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "schema");
const schemas = publishedSchemas();

describe("the published JSON Schemas", () => {
  it.each(Object.entries(schemas))("schema/%s is up to date (else: npm run schemas)", (name, schema) => {
    expect(readFileSync(join(folder, name), "utf8")).toBe(schemaText(schema));
  });

  it("are all that the folder holds", () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(schemas).sort());
  });
});

const model = builtInModel("tiny-llama");
const profile = profileOf(measurementsOf(truth, [layerSizes(model)], [headLinear(model)]));
const constant = { kind: "constant", tokens: 100 };
const latency = { count: 1, mean: 1, p50: 1, p90: 1, p95: 1, p99: 1, max: 1 };
interface Kind {
  readonly schema: z.ZodType;
  readonly good: readonly object[];
  /** Ways to break the first good one. */
  readonly broken: readonly ((value: Record<string, any>) => void)[];
}

const kinds: Readonly<Record<string, Kind>> = {
  "profile.schema.json": {
    schema: profileSchema,
    good: [profile, { ...profile, is_gpu: false, notes: ["software"] }],
    broken: [
      (value) => delete value["device"],
      (value) => (value["device"] = ""),
      (value) => (value["schema"] = "ballast.profile/2"),
      (value) => (value["host"] = "mine"),
      (value) => (value["started_at"] = "yesterday"),
      (value) => (value["budget_s"] = 0),
      (value) => (value["measurements"][0].kind = "dream"),
      (value) => (value["measurements"][0].dispatch_s = []),
      (value) => (value["measurements"][0].dispatch_s = [-1]),
      (value) => (value["environment"].cpu_cores = 1.5),
      (value) => delete value["environment"].adapter.limits,
    ],
  },
  "device-model.schema.json": {
    schema: deviceModelSchema,
    good: [calibrate(profile, model, { profileHash: "hash" })],
    broken: [
      (value) => (value["engine"] = "vllm"),
      (value) => (value["load"].bandwidth_bytes_per_s = 0),
      (value) => (value["load"].valid_bytes = [1]),
      (value) => (value["load"].valid_bytes = [1, 2, 3]),
      (value) => (value["warm_up"].phases = []),
      (value) => (value["step"].linear.at = []),
      (value) => (value["step"].error = { kind: "checked" }),
    ],
  },
  "scenario.schema.json": {
    schema: scenarioSchema,
    good: [
      { model: "tiny-llama", traffic: { kind: "poisson", requests_per_s: 1, duration_s: 60, prompt: constant, output: constant } },
      {
        schema: "ballast.scenario/1",
        name: "chat",
        model: "tiny-llama",
        traffic: { kind: "bursty", requests_per_s: 1, duration_s: 60, prompt: constant, output: constant },
        policy: { kind: "hpa", max_replicas: 4, target_average: 2 },
        cold_start: { weights_s: 3, initialise_s: "measured" },
        objectives: { ttft_p99_s: 1 },
      },
    ],
    broken: [
      (value) => delete value["model"],
      (value) => delete value["traffic"],
      (value) => (value["traffic"].requests_per_s = 0),
      (value) => (value["traffic"].prompt = { kind: "constant", tokens: 0 }),
      (value) => (value["replica"] = { gpu_memory_utilization: 1.1 }),
      (value) => (value["policy"] = { kind: "fixed" }),
      (value) => (value["seed"] = -1),
      (value) => (value["polciy"] = {}),
      (value) => (value["cold_start"] = { weights_s: "guessed" }),
    ],
  },
  "run.schema.json": {
    schema: runSchema,
    good: [run(), run("autoscaler", { mean_batch: null, utilization: null })],
    broken: [
      (value) => (value["utilization"] = 1.1),
      (value) => (value["requests"].arrived = 0.5),
      (value) => delete value["requests"].lost,
      (value) => (value["latency"].ttft_s.p99 = -1),
      (value) => (value["inputs"][0].origin = "guessed"),
      (value) => (value["timeline"].window_s = 0),
    ],
  },
  "plan.schema.json": {
    schema: planSchema,
    good: [plan(), impossiblePlan()],
    broken: [
      (value) => (value["seeds"] = []),
      (value) => (value["capacity"].kind = "unknown"),
      (value) => (value["capacity"].replicas = 0),
      (value) => (value["capacity"].candidate.objectives = []),
      (value) => delete value["heading"],
    ],
  },
};

describe.each(Object.entries(kinds))("%s", (name, { schema, good, broken }) => {
  // The pattern beside the format is what decides; Ajv only has to know its name.
  const published = new Ajv2020({ strict: true, allErrors: true, formats: { "date-time": true } }).compile(schemas[name]!);

  it.each(good.map((value, i) => [i, value] as const))("accepts good file %i, as zod does", (_, value) => {
    expect(schema.safeParse(value).error).toBeUndefined();
    expect(published(structuredClone(value)), JSON.stringify(published.errors)).toBe(true);
  });

  it.each(broken.map((breaking) => [breaking.toString(), breaking] as const))("refuses %s, as zod does", (_, breaking) => {
    const value = structuredClone(good[0]) as Record<string, unknown>;
    breaking(value);
    expect(schema.safeParse(value).success).toBe(false);
    expect(published(value)).toBe(false);
  });
});
