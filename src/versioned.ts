import type { z } from "zod";
import { InputError } from "./errors.ts";
import { parseJsonObject, schemaError } from "./json.ts";

/** A kind of file with a version: how its text is read, whatever version wrote it. */
export interface VersionedFile<T> {
  /** What people call it: "profile". */
  readonly what: string;
  /** The `schema` field of the current version: `ballast.profile/1`. */
  readonly current: string;
  readonly schema: z.ZodType<T>;
  /** From version v to v + 1, at key v. */
  readonly upgrades: Readonly<Record<number, (older: Record<string, unknown>) => Record<string, unknown>>>;
  /** What to do about a file that cannot be read. */
  readonly nextStep: string;
}

/**
 * Reads a file of this kind from its text; an older version is upgraded step by step.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is cut off, is another kind of file, is of a newer version, or was edited out of its schema
 */
export const readVersioned = <T>(file: VersionedFile<T>, text: string, place: string): T => {
  const [kind = "", newest = 1] = splitVersion(file.current) ?? [];
  let value = parseJsonObject(text, place, file.nextStep);
  const [foundKind, version] = splitVersion(value["schema"]) ?? [];
  if (foundKind !== kind || version === undefined) {
    const found = value["schema"] === undefined ? "none" : JSON.stringify(value["schema"]);
    throw new InputError(`${place}: schema`, `expected a ${file.what} ("${file.current}"), got ${found}`, file.nextStep);
  }
  if (version > newest) {
    throw new InputError(
      `${place}: schema`,
      `"${kind}/${version}" is newer than this program, which reads up to "${file.current}"`,
      "Update Ballast (git pull in a clone), or make the file again with this version.",
    );
  }
  for (let from = version; from < newest; from++) {
    const upgrade = file.upgrades[from];
    if (upgrade === undefined) throw new InputError(`${place}: schema`, `"${kind}/${from}" was never a version`, file.nextStep);
    value = upgrade(value);
  }
  const parsed = file.schema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error, value, place, file.nextStep);
  return parsed.data;
};

const splitVersion = (schema: unknown): [kind: string, version: number] | undefined => {
  const match = typeof schema === "string" ? /^(.+)\/(\d+)$/u.exec(schema) : null;
  return match === null ? undefined : [match[1] ?? "", Number(match[2])];
};
