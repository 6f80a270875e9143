import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { calibrate } from "../src/calibration/calibrate.ts";
import { deviceModelSchema } from "../src/calibration/device-model.ts";
import { coldStart } from "../src/experiments/claims/cold-start.ts";
import { runExperiment } from "../src/experiments/run-experiment.ts";
import { experimentSchema } from "../src/experiments/schema.ts";
import { runSchema } from "../src/fleet/run.ts";
import { builtInModel } from "../src/model/built-in.ts";
import { headLinear, layerSizes } from "../src/model/shapes.ts";
import { planSchema } from "../src/plan/schema.ts";
import { profileSchema } from "../src/profile/schema.ts";
import { publishedSchemas, schemaText } from "../src/published-schemas.ts";
import { scenarioSchema } from "../src/scenario/schema.ts";
import { rowOf } from "../src/validation/fleet-rows.ts";
import { fleetValidationSchema } from "../src/validation/fleet-schema.ts";
import { sweepSchema } from "../src/sweep/schema.ts";
import { peerTableSchema } from "../src/report/peers-schema.ts";
import { slowDevice } from "./experiments/slow-device.ts";
import { peerTable, wonAndLost } from "./report/peers-samples.ts";
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
interface Kind {
  readonly schema: z.ZodType;
  readonly good: readonly object[];
  /** Ways to break the first good one: what stands at a path instead; nothing where it is undefined. */
  readonly broken: readonly (readonly [path: string, value: unknown])[];
}

const kinds: Readonly<Record<string, Kind>> = {
  "profile.schema.json": {
    schema: profileSchema,
    good: [profile, { ...profile, is_gpu: false, notes: ["software"] }],
    broken: [
      ["device", undefined],
      ["device", ""],
      ["schema", "ballast.profile/5"],
      ["host", "mine"],
      ["started_at", "yesterday"],
      ["budget_s", 0],
      ["measurements.0.kind", "dream"],
      ["measurements.0.dispatch_s", []],
      ["measurements.0.dispatch_s", ["fast"]],
      ["environment.cpu_cores", 1.5],
      ["environment.adapter.limits", undefined],
    ],
  },
  "device-model.schema.json": {
    schema: deviceModelSchema,
    good: [calibrate(profile, model, { profileHash: "hash" })],
    broken: [
      ["engine", ""],
      ["anchored", undefined],
      ["step.kind", "guessed"],
      ["load.bandwidth_bytes_per_s", 0],
      ["load.valid_bytes", [1]],
      ["load.valid_bytes", [1, 2, 3]],
      ["warm_up.phases", []],
      ["step.linear.at", []],
      ["step.error", { kind: "checked" }],
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
      {
        model: "tiny-llama",
        traffic: {
          kind: "sessions",
          sessions_per_s: 1,
          duration_s: 60,
          turns: { kind: "geometric", mean_turns: 3 },
          think_s: { kind: "exponential", mean_s: 9 },
          max_prompt_tokens: 1000,
          prompt: { kind: "empirical", file: "a.csv" },
          output: constant,
        },
      },
      { model: "tiny-llama", traffic: { kind: "clients", traces: "traces.tar.gz", duration_s: 60 } },
      { model: "tiny-llama", traffic: { kind: "trace", file: "a.csv", beyond_context: "keep" } },
      { model: "tiny-llama", traffic: { kind: "prometheus", folder: "prom", cv: 2, max_tokens: 4096, output: constant } },
    ],
    broken: [
      ["model", undefined],
      ["traffic", { kind: "steps", steps: [], prompt: constant, output: constant }],
      ["traffic", { kind: "trace", file: "a.csv", format: "parquet" }],
      ["traffic", undefined],
      ["traffic.requests_per_s", 0],
      ["traffic.prompt", { kind: "constant", tokens: 0 }],
      ["replica", { gpu_memory_utilization: 1.1 }],
      ["policy", { kind: "fixed" }],
      ["seed", -1],
      ["polciy", {}],
      ["cold_start", { weights_s: "guessed" }],
    ],
  },
  "sweep.schema.json": {
    schema: sweepSchema,
    good: [
      {
        schema: "ballast.sweep/1",
        name: "rates",
        scenario: "chat.yaml",
        vary: {
          "traffic.requests_per_s": [5, 10],
          fleet: { small: { "policy.replicas": 2 }, large: { policy: { kind: "fixed", replicas: 9 } } },
        },
        seeds: 5,
      },
      { scenario: { model: "tiny-llama" }, seeds: [3, 1, 2] },
    ],
    broken: [
      ["schema", "ballast.sweep/2"],
      ["scenario", undefined],
      ["scenario", 5],
      ["vary", []],
      ["vary.fleet", []],
      ["vary.fleet", "small"],
      ["vary.fleet.small", 2],
      ["seeds", 0],
      ["seeds", []],
      ["seeds", [1.5]],
      ["sedes", 5],
    ],
  },
  "run.schema.json": {
    schema: runSchema,
    good: [run(), run("autoscaler", { mean_batch: null, utilization: null })],
    broken: [
      ["utilization", 1.1],
      ["requests.arrived", 0.5],
      ["requests.lost", undefined],
      ["latency.ttft_s.p99", -1],
      ["inputs.0.origin", "guessed"],
      ["timeline.window_s", 0],
    ],
  },
  "plan.schema.json": {
    schema: planSchema,
    good: [plan(), impossiblePlan(), { ...impossiblePlan(), capacity: { kind: "not-reproduced", because: "TTFT p99 ≤ 2 s", best: null } }],
    broken: [
      ["seeds", []],
      ["capacity.kind", "unknown"],
      ["capacity", { kind: "not-reproduced" }],
      ["capacity.replicas", 0],
      ["capacity.candidate.objectives", []],
      ["heading", undefined],
    ],
  },
  "fleet-validation.schema.json": {
    schema: fleetValidationSchema,
    good: [
      {
        schema: "ballast.fleet-validation/1",
        fleet: "prom",
        model: "tiny-llama",
        device: "Example GPU",
        server: [{ name: "max_num_seqs", value: "256" }],
        begins: "2026-01-05T08:00:00Z",
        lasts_s: 900,
        window_s: 15,
        requests: 100,
        replayed: "observed",
        seeds: [1, 2],
        cvs: [1, 4],
        tolerance: 0.1,
        rows: [
          rowOf(
            "ttft",
            "p99",
            { low: 1, high: Infinity },
            [
              { cv: 1, values: [0.8] },
              { cv: 4, values: [1.2] },
            ],
            0.1,
          ),
          rowOf("waiting", "mean", { low: 0, high: 0 }, [{ cv: 1, values: [9] }], 0.1),
        ],
        over_time: {
          at_s: [0],
          replicas: { observed: [2], simulated: [2] },
          running: { observed: [null], simulated: [3] },
          waiting: { observed: [0], simulated: [0] },
        },
        extrapolated_share: 0,
        inputs: [],
        not_modelled: [],
        notes: [],
      },
    ],
    broken: [
      ["schema", "ballast.fleet-validation/2"],
      ["cvs", []],
      ["server", []],
      ["rows.0.observed.high", -1],
      ["rows.0.metric", "speed"],
      ["rows.0.simulated", []],
      ["over_time.replicas.observed", ["two"]],
      ["tolerance", undefined],
    ],
  },
  "experiment.schema.json": {
    schema: experimentSchema,
    good: [
      runExperiment(coldStart, { device: slowDevice(), model: builtInModel("Llama-3.1-8B"), trace: null, seeds: [1, 2], isQuick: true }),
    ],
    broken: [
      ["schema", "ballast.experiment/2"],
      ["seeds", [1]],
      ["settings", []],
      ["settings.0.setting", "imagined"],
      ["settings.0.regimes.0.verdict", "maybe"],
      ["settings.0.regimes.0.comparisons.0.estimate.seeds", 0],
      ["heading", undefined],
    ],
  },
  "peers.schema.json": {
    schema: peerTableSchema,
    good: [peerTable(wonAndLost), peerTable([], { is_gpu: true, selection: "all" })],
    broken: [
      ["schema", "ballast.peers/2"],
      ["started_at", "yesterday"],
      ["selection", "most"],
      ["rounds", 0],
      ["kernels.matmul/tiled-f32", 0.5],
      ["races.0.family", "softmax"],
      ["races.0.contestants.0.samples_s.0", 0],
      ["environment.adapter.driver", undefined],
    ],
  },
};

/** A copy with another value at a dotted path. */
const changed = (value: object, path: string, instead: unknown): unknown => {
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const inner = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
  if (instead === undefined) delete inner[last];
  else inner[last] = instead;
  return copy;
};

describe.each(Object.entries(kinds))("%s", (name, { schema, good, broken }) => {
  // The pattern beside the format is what decides; Ajv only has to know its name.
  const published = new Ajv2020({ strict: true, allErrors: true, formats: { "date-time": true } }).compile(schemas[name] ?? {});

  it.each(good.map((value, i) => [i, value] as const))("accepts good file %i, as zod does", (_, value) => {
    expect(schema.safeParse(value).error).toBeUndefined();
    published(structuredClone(value));
    expect(published.errors).toBeNull();
  });

  it.each(broken)("refuses %s: %j, as zod does", (path, instead) => {
    const value = changed(good[0] ?? {}, path, instead);
    expect(schema.safeParse(value).success).toBe(false);
    expect(published(value)).toBe(false);
  });
});
