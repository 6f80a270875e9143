import { z } from "zod";
import { deviceModelSchema } from "./calibration/device-model.ts";
import { comparisonSchema } from "./compare/schema.ts";
import { experimentSchema } from "./experiments/schema.ts";
import { runSchema } from "./fleet/run.ts";
import { planSchema } from "./plan/schema.ts";
import { profileSchema } from "./profile/schema.ts";
import { peerTableSchema } from "./report/peers-schema.ts";
import { scenarioSchema } from "./scenario/schema.ts";
import { fleetValidationSchema } from "./validation/fleet-schema.ts";
import { sweepSchema } from "./sweep/schema.ts";

/** The JSON Schemas (2020-12) that are published in `schema/`, by the name of their file. What is written has its defaults filled in; a scenario and a sweep are what a user writes. */
export const publishedSchemas = (): Readonly<Record<string, object>> => ({
  "profile.schema.json": z.toJSONSchema(profileSchema),
  "device-model.schema.json": z.toJSONSchema(deviceModelSchema),
  "scenario.schema.json": z.toJSONSchema(scenarioSchema, { io: "input" }),
  "sweep.schema.json": z.toJSONSchema(sweepSchema, { io: "input" }),
  "run.schema.json": z.toJSONSchema(runSchema),
  "plan.schema.json": z.toJSONSchema(planSchema),
  "fleet-validation.schema.json": z.toJSONSchema(fleetValidationSchema),
  "experiment.schema.json": z.toJSONSchema(experimentSchema),
  "comparison.schema.json": z.toJSONSchema(comparisonSchema),
  "peers.schema.json": z.toJSONSchema(peerTableSchema),
});

/** The very bytes of a published schema's file. */
export const schemaText = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;
