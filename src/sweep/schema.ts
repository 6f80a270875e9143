import { z } from "zod";

/** What the user writes for a sweep: a scenario, what of it varies, and the seeds. YAML or JSON. */
export const SWEEP_SCHEMA = "ballast.sweep/1";

const fields = z.record(z.string().min(1), z.unknown());

const axisSchema = z.union([
  z.array(z.unknown()).min(1).meta({ description: "The values of a field, whose dotted path is the key" }),
  z.record(z.string().min(1), fields).meta({ description: "Named variants, each of which sets several fields by their dotted paths" }),
]);

const seed = z.int().min(0);

export const sweepSchema = z
  .strictObject({
    schema: z.literal(SWEEP_SCHEMA).default(SWEEP_SCHEMA),
    name: z.string().min(1).default("sweep"),
    scenario: z
      .union([z.string().min(1), fields])
      .meta({ description: "The scenario's file, from this file's folder, or its fields; what varies may be left out of it" }),
    vary: z.record(z.string().min(1), axisSchema).default({}).meta({
      description: "A grid: every combination of these is a run for each seed. Paths in the values start from the scenario's folder",
    }),
    seeds: z
      .union([seed.min(1).max(1_000_000), z.array(seed).min(1)])
      .default(1)
      .meta({ description: "How many, from the scenario's own on, or which" }),
  })
  .meta({ id: "Sweep", title: "Ballast sweep, version 1" });
export type Sweep = z.infer<typeof sweepSchema>;
