import type { z } from "zod";
import { InputError } from "./errors.ts";

/**
 * Parses a JSON object.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is cut off, is not JSON, or is JSON but no object
 */
export const parseJsonObject = (text: string, place: string, nextStep: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const start = text.trimStart();
    const isCutOff = start.startsWith("{") && !text.trimEnd().endsWith("}");
    const found = start === "" ? "an empty file" : isCutOff ? `the beginning of one (${text.length} characters)` : "something else";
    throw new InputError(place, `expected a JSON object, got ${found}`, nextStep);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InputError(place, `expected a JSON object, got ${describe(value)}`, nextStep);
};

/** What zod found wrong, as an InputError: the path in the file, the rule, and the value that is there. */
export const schemaError = (error: z.ZodError, value: unknown, place: string, nextStep: string): InputError => {
  const issue = withinUnion(error.issues[0]);
  if (issue === undefined) return new InputError(place, "does not match its schema", nextStep);
  const path = issue.path.map(String);
  const where = path.length === 0 ? place : `${place}: ${path.join(".")}`;
  const rule = ruleOf(issue);
  const others = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : "";
  if (issue.code === "unrecognized_keys")
    return new InputError(where, `expected no field named ${issue.keys.join(", ")}${others}`, nextStep);
  return new InputError(where, `${rule}, got ${describe(at(value, path))}${others}`, nextStep);
};

/** Of a union, the issue inside the only alternative that the value has the shape of; else the issue itself. */
const withinUnion = (issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined => {
  if (issue?.code !== "invalid_union") return issue;
  const inside = issue.errors.flatMap(([first]) => (first === undefined || first.path.length === 0 ? [] : [first]));
  const [only] = inside;
  return only === undefined || inside.length > 1 ? issue : { ...only, path: [...issue.path, ...only.path] };
};

/** The rule that an issue states, as a clause: of a union every alternative's. */
const ruleOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "invalid_union") {
    const options = issue.errors.flatMap(([first]) => (first === undefined ? [] : [ruleOf(first).replace(/^expected /u, "")]));
    if (options.length > 0) return `expected ${options.join(" or ")}`;
  }
  const message = issue.message.replace(/^(Invalid input|Too small|Too big|Invalid option|Invalid discriminator value)[:.] /u, "");
  return message.replace(/, received .*$/u, "").replace(/^E/u, "e");
};

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );

const describe = (value: unknown): string => {
  if (value === undefined) return "none";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** JSON with its keys in one order, so that equal values give equal text wherever they were written. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`)
    .join(",")}}`;
};

/** A value as it is saved in a file of its own. */
export const savedJson = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
