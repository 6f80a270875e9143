import { parseDocument } from "yaml";
import type { z } from "zod";
import { InputError } from "../errors.ts";
import { schemaError } from "../json.ts";
import { closestKeyOrNull, knownKeys } from "./known-keys.ts";

/** A kind of file that people write, in YAML or JSON. */
export interface WrittenFile<T> {
  /** What it holds: "a scenario's fields (traffic, model, …)". */
  readonly what: string;
  /** The `schema` field of the current version, which a file may leave out. */
  readonly current: string;
  readonly schema: z.ZodType<T>;
  readonly nextStep: string;
}

/**
 * The object that a text is, before any rule of its schema.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is neither YAML nor JSON, or no object
 */
export const parseWritten = (
  { what, nextStep }: Pick<WrittenFile<unknown>, "what" | "nextStep">,
  text: string,
  place: string,
): Record<string, unknown> => {
  const document = parseDocument(text);
  const error = document.errors[0];
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const problem = error.message.split(" at line ")[0] ?? error.message;
    throw new InputError(line === undefined ? place : `${place}: line ${line}`, `expected YAML or JSON, got this: ${problem}`, nextStep);
  }
  const value: unknown = document.toJS();
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const found =
    value === null || value === undefined ? "an empty file" : Array.isArray(value) ? "a list" : JSON.stringify(value).slice(0, 60);
  throw new InputError(place, `expected ${what}, got ${found}`, nextStep);
};

/**
 * Holds an object against its schema, and fills in the defaults.
 *
 * @throws InputError where it is of a newer version, or breaks a rule of the schema: the first one
 */
export const checkWritten = <T>(file: WrittenFile<T>, value: Record<string, unknown>, place: string): T => {
  checkVersion(file, value["schema"], place);
  const parsed = file.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unknownKeyOrNull(file.schema, parsed.error, value, place) ?? schemaError(parsed.error, value, place, file.nextStep);
};

/** Version 1 is the only one of each kind, so whatever else stands there is newer or another kind. */
const checkVersion = ({ current, nextStep }: WrittenFile<unknown>, schema: unknown, place: string): void => {
  if (schema === undefined || schema === current) return;
  const [kind = ""] = current.split("/");
  const isNewer = typeof schema === "string" && schema.startsWith(`${kind}/`) && /^\d+$/u.test(schema.slice(kind.length + 1));
  throw new InputError(
    `${place}: schema`,
    isNewer ? `"${schema}" is newer than this program, which reads "${current}"` : `expected "${current}", got ${JSON.stringify(schema)}`,
    isNewer ? "Update Ballast." : nextStep,
  );
};

const unknownKeyOrNull = (schema: z.ZodType, error: z.ZodError, value: unknown, place: string): InputError | null => {
  const issue = error.issues.find(({ code }) => code === "unrecognized_keys");
  if (issue?.code !== "unrecognized_keys") return null;
  const key = issue.keys[0] ?? "";
  const known = knownKeys(schema, value, issue.path);
  const closest = closestKeyOrNull(key, known);
  return new InputError(
    [place, issue.path.map(String).join(".")].filter((part) => part !== "").join(": "),
    `there is no field "${key}"`,
    closest === null ? `There are: ${known.join(", ")}.` : `Did you mean "${closest}"?`,
  );
};
