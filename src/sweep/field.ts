import { InputError } from "../errors.ts";

/**
 * A copy of a value in which something else stands at a dotted path; what the path needs on its way is made.
 *
 * @param place the file and the path, for messages
 * @throws InputError where the path leads through what has no fields, or past the end of a list
 */
export const withField = (value: unknown, path: string, instead: unknown, place: string): unknown =>
  replaced(value, path.split("."), 0, instead, place);

const replaced = (value: unknown, keys: readonly string[], depth: number, instead: unknown, place: string): unknown => {
  const key = keys[depth];
  if (key === undefined) return instead;
  const within = (inner: unknown): unknown => replaced(inner, keys, depth + 1, instead, place);
  if (value === undefined) return { [key]: within(undefined) };
  const here = keys.slice(0, depth).join(".");
  if (Array.isArray(value)) {
    const index = Number(key);
    if (/^\d+$/u.test(key) && index < value.length) return value.with(index, within(value[index]));
    throw new InputError(
      place,
      `expected a number from 0 to ${value.length - 1} in the list ${here}, got ${key}`,
      "Or give the whole list as a value.",
    );
  }
  if (typeof value === "object" && value !== null) {
    return { ...value, [key]: within((value as Record<string, unknown>)[key]) };
  }
  throw new InputError(
    place,
    `expected a path of the scenario, and ${here} has no fields: it is ${JSON.stringify(value)}`,
    "Give a path as `ballast init` shows it.",
  );
};
