import { withoutOverruledDefaults } from "./objectives.ts";
import { SCENARIO_SCHEMA, scenarioSchema, type Scenario } from "./schema.ts";
import { checkWritten, parseWritten, type WrittenFile } from "./written.ts";

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
  /** What is said before the answer: that it is about something else. */
  readonly cautions?: readonly string[];
}

const scenarioFile: WrittenFile<Scenario> = {
  what: "a scenario's fields (traffic, model, …)",
  current: SCENARIO_SCHEMA,
  schema: scenarioSchema,
  nextStep: "`ballast init` writes a scenario that shows every field.",
};

/**
 * Reads a scenario from YAML or JSON.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is neither, is of a newer version, or breaks a rule of the schema: the first one
 */
export const parseScenario = (text: string, place: string): GivenScenario => scenarioOf(scenarioFields(text, place), place);

/** The fields of a scenario's file, before any rule of its schema. @throws InputError where the text is neither YAML nor JSON, or no object */
export const scenarioFields = (text: string, place: string): Record<string, unknown> => parseWritten(scenarioFile, text, place);

/**
 * The scenario that these fields make.
 *
 * @param place what messages call it
 * @param source whose word the fields are
 * @throws InputError where they are of a newer version, or break a rule of the schema: the first one
 */
export const scenarioOf = (fields: Record<string, unknown>, place: string, source = place): GivenScenario => {
  const scenario = checkWritten(scenarioFile, fields, place);
  const given = new Map(pathsOf(fields).map((path) => [path, source]));
  const objectives = withoutOverruledDefaults(scenario.objectives, (key) => given.has(`objectives.${key}`));
  return { scenario: { ...scenario, objectives }, given, place };
};

/** Dotted paths of everything in a value, objects themselves included. */
const pathsOf = (value: unknown, prefix = ""): string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => [`${prefix}${key}`, ...pathsOf(inner, `${prefix}${key}.`)])
    : [];
