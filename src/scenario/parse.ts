import { parseDocument } from "yaml";
import type { z } from "zod";
import { InputError } from "../errors.ts";
import { schemaError } from "../json.ts";
import { closestKeyOrNull, knownKeys } from "./known-keys.ts";
import { SCENARIO_SCHEMA, scenarioSchema, type Scenario } from "./schema.ts";

/** A scenario with all its defaults filled in, and a memory of which fields were the user's own. */
export interface GivenScenario {
  readonly scenario: Scenario;
  /**
   * Fields the user wrote, as dotted paths (`traffic`, `traffic.kind`, `cold_start.image_s`), and where: a file's name, an option. The
   * others are Ballast's defaults.
   */
  readonly given: ReadonlyMap<string, string>;
  /** What messages call it: a file's name. */
  readonly place: string;
  /** What a manifest says of the servers, beside what it has set in the scenario. */
  readonly server?: GivenServer;
}

export interface GivenServer {
  /** The manifests' file. */
  readonly place: string;
  /** Null where it does not say. */
  readonly gpusPerReplica: number | null;
  /** GPUs that one engine runs on, pipeline stages included; null where it does not say. */
  readonly workers: number | null;
  /** How long a container may take to start, in seconds; null: as long as it likes. */
  readonly startupBudget: number | null;
  readonly notModelled: readonly string[];
}

const NEXT_STEP = "`ballast init` writes a scenario that shows every field.";

/**
 * Reads a scenario from YAML or JSON.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is neither, is of a newer version, or breaks a rule of the schema: the first one
 */
export const parseScenario = (text: string, place: string): GivenScenario => {
  const value = parseYaml(text, place);
  checkVersion(value["schema"], place);
  const parsed = scenarioSchema.safeParse(value);
  if (!parsed.success) throw unknownKeyOrNull(parsed.error, value, place) ?? schemaError(parsed.error, value, place, NEXT_STEP);
  return { scenario: parsed.data, given: new Map(pathsOf(value).map((path) => [path, place])), place };
};

const parseYaml = (text: string, place: string): Record<string, unknown> => {
  const document = parseDocument(text);
  const error = document.errors[0];
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const problem = error.message.split(" at line ")[0] ?? error.message;
    throw new InputError(line === undefined ? place : `${place}: line ${line}`, `expected YAML or JSON, got this: ${problem}`, NEXT_STEP);
  }
  const value: unknown = document.toJS();
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const found =
    value === null || value === undefined ? "an empty file" : Array.isArray(value) ? "a list" : JSON.stringify(value).slice(0, 60);
  throw new InputError(place, `expected a scenario's fields (traffic, model, …), got ${found}`, NEXT_STEP);
};

/** Version 1 is the only one, so whatever else stands there is newer or no scenario. */
const checkVersion = (schema: unknown, place: string): void => {
  if (schema === undefined || schema === SCENARIO_SCHEMA) return;
  const isNewer = typeof schema === "string" && /^ballast\.scenario\/\d+$/u.test(schema);
  throw new InputError(
    `${place}: schema`,
    isNewer
      ? `"${schema}" is newer than this program, which reads "${SCENARIO_SCHEMA}"`
      : `expected "${SCENARIO_SCHEMA}", got ${JSON.stringify(schema)}`,
    isNewer ? "Update Ballast." : NEXT_STEP,
  );
};

const unknownKeyOrNull = (error: z.ZodError, value: unknown, place: string): InputError | null => {
  const issue = error.issues.find(({ code }) => code === "unrecognized_keys");
  if (issue?.code !== "unrecognized_keys") return null;
  const key = issue.keys[0] ?? "";
  const known = knownKeys(scenarioSchema, value, issue.path);
  const closest = closestKeyOrNull(key, known);
  return new InputError(
    [place, issue.path.map(String).join(".")].filter((part) => part !== "").join(": "),
    `there is no field "${key}"`,
    closest === null ? `There are: ${known.join(", ")}.` : `Did you mean "${closest}"?`,
  );
};

/** Dotted paths of everything in a value, objects themselves included. */
const pathsOf = (value: unknown, prefix = ""): string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => [`${prefix}${key}`, ...pathsOf(inner, `${prefix}${key}.`)])
    : [];
