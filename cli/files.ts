import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "../src/errors.ts";

const NEXT_STEP = "Choose a place that can be written, and make sure that its disk has room.";

/** Code of a system's error: EACCES, ENOSPC. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Gives what `write` gives; an error of the system becomes one that names the place. */
export const writing = <T>(place: string, write: () => T, nextStep = NEXT_STEP): T => {
  try {
    return write();
  } catch (error) {
    throw new InputError(place, `cannot be written: ${codeOf(error)}`, nextStep);
  }
};

/** Node's own recursive mkdir does not return where a parent takes no folders and says "not found", as /proc does. */
const makeWithParents = (folder: string): void => {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && statSync(folder).isDirectory()) return;
    const parent = dirname(folder);
    if (codeOf(error) !== "ENOENT" || existsSync(parent)) throw error;
    makeWithParents(parent);
    mkdirSync(folder);
  }
};

/**
 * Makes a folder with its parents, where it is not there yet.
 *
 * @throws InputError where it cannot be made
 */
export const ensureFolder = (folder: string, nextStep?: string): void => writing(folder, () => makeWithParents(folder), nextStep);

/**
 * Makes a folder that was not there; its parent is.
 *
 * @throws InputError where it is there already or cannot be made
 */
export const makeNewFolder = (folder: string): void => writing(folder, () => mkdirSync(folder));

/**
 * Refuses a file before the work whose result is to go there: what a folder takes is known only once it took something.
 *
 * @param given as the user wrote it; starts from `folder`
 * @throws InputError where it could not be written
 */
export const checkPlace = (folder: string, given: string | undefined): void => {
  if (given === undefined) return;
  const path = resolve(folder, given);
  if (existsSync(path) && statSync(path).isDirectory())
    throw new InputError(given, "expected a file, got a folder", "Name a file in it; it need not be there yet.");
  const temporary = `${nearestThere(dirname(path))}/.ballast.${process.pid}.tmp`;
  writing(given, () => {
    writeFileSync(temporary, "");
    rmSync(temporary);
  });
};

const nearestThere = (path: string): string => (existsSync(path) ? path : nearestThere(dirname(path)));

/**
 * Writes a file under a temporary name beside it and renames that: a reader sees the old content or the new, never a part.
 *
 * @throws InputError where it cannot be written
 */
export const writeWhole = (path: string, content: string | Uint8Array): void => {
  const temporary = `${path}.${process.pid}.tmp`;
  writing(path, () => {
    try {
      makeWithParents(dirname(path));
      writeFileSync(temporary, content);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
};

/**
 * A file's text.
 *
 * @param given as the user wrote it, for messages; starts from `folder`
 * @throws InputError where it cannot be read
 */
export const readText = (folder: string, given: string): string => {
  try {
    return readFileSync(resolve(folder, given), "utf8");
  } catch (error) {
    throw new InputError(given, `cannot be read: ${codeOf(error)}`, "Check its name, and that it is a file that you may read.");
  }
};
