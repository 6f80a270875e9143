import { z } from "zod";
import { inputSchema } from "../provenance.ts";
import { VERDICTS } from "./verdict.ts";

export const EXPERIMENT_SCHEMA = "ballast.experiment/1";

const verdictSchema = z.enum(VERDICTS);
const unitSchema = z.enum(["s", "share", "ratio", "count", "gpu-hours", "number"]);

/** A mean over seeds with its interval; the ends are null where one seed alone has the number. */
export const estimateSchema = z
  .strictObject({
    mean: z.number(),
    low: z.number().nullable(),
    high: z.number().nullable(),
    seeds: z.int().min(1).meta({ description: "Seeds that have the number" }),
  })
  .nullable()
  .meta({ description: "Mean over seeds with its 95 % interval; null: no seed has the number" });

const armSchema = z.strictObject({
  name: z.string(),
  about: z.string(),
  measures: z.record(z.string(), estimateSchema),
  by_seed: z.record(z.string(), z.array(z.number().nullable())).meta({ description: "Each measure in the order of the seeds" }),
});

const comparisonSchema = z.strictObject({
  name: z.string(),
  measure: z.string(),
  arm: z.string(),
  against: z.string().nullable().meta({ description: "null: the measure is held against the threshold itself" }),
  against_measure: z.string().nullable(),
  as: z.enum(["ratio", "ratio-of-means", "difference", "value"]),
  at_least: z.number().nullable(),
  at_most: z.number().nullable(),
  decides: z.boolean(),
  estimate: estimateSchema,
  verdict: verdictSchema,
});

const regimeSchema = z.strictObject({
  name: z.string(),
  arms: z.array(armSchema).min(1),
  comparisons: z.array(comparisonSchema),
  verdict: verdictSchema,
});

const settingSchema = z.strictObject({
  setting: z.enum(["synthetic", "trace"]),
  traffic: z.string().meta({ description: "How the requests are made, in words" }),
  replica_rate_per_s: z.number().positive().meta({ description: "What one replica sustains of them: a load of 1" }),
  regimes: z.array(regimeSchema).min(1),
});

const referenceSchema = z.strictObject({
  source: z.string(),
  what: z.string(),
  unit: unitSchema,
  theirs: z.number(),
  ours: z.array(z.strictObject({ setting: z.enum(["synthetic", "trace"]), estimate: estimateSchema })),
});

/** A claim, what was measured, and whether it holds. */
export const experimentSchema = z
  .strictObject({
    schema: z.literal(EXPERIMENT_SCHEMA),
    name: z.string(),
    claim: z.string(),
    scenario: z.string(),
    heading: z.string().meta({ description: "Whose speed this is" }),
    device: z.string(),
    model: z.string(),
    seeds: z.array(z.int().min(0)).min(2),
    is_quick: z.boolean().meta({ description: "The first regime alone" }),
    measures: z.array(z.strictObject({ key: z.string(), name: z.string(), about: z.string(), unit: unitSchema })).min(1),
    settings: z.array(settingSchema).min(1),
    references: z.array(referenceSchema),
    inputs: z.array(inputSchema),
    caveats: z.array(z.string()),
    not_modelled: z.array(z.string()),
  })
  .meta({ id: "Experiment", title: "Ballast experiment, version 1" });
export type ExperimentResult = z.infer<typeof experimentSchema>;
export type SettingResult = ExperimentResult["settings"][number];
export type RegimeResult = SettingResult["regimes"][number];
export type ComparisonResult = RegimeResult["comparisons"][number];
export type EstimateResult = z.infer<typeof estimateSchema>;
