import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Linux's files of one value each. What is absent or closed to us is null. */

export const textOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
};

/** A number in a text; null where there is none. */
export const numberIn = (text: string | null | undefined): number | null => {
  const value = text === null || text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

export const numberOrNull = (path: string): number | null => numberIn(textOrNull(path));

/** Names in a folder; none where it is absent. */
export const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
