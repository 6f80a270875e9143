import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
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

/**
 * Makes a folder with its parents, where it is not there yet.
 *
 * @throws InputError where it cannot be made
 */
export const ensureFolder = (folder: string, nextStep?: string): void =>
  void writing(folder, () => mkdirSync(folder, { recursive: true }), nextStep);

/**
 * Makes a folder that was not there; its parent is.
 *
 * @throws InputError where it is there already or cannot be made
 */
export const makeNewFolder = (folder: string): void => writing(folder, () => mkdirSync(folder));

/**
 * Writes a file under a temporary name beside it and renames that: a reader sees the old content or the new, never a part.
 *
 * @throws InputError where it cannot be written
 */
export const writeWhole = (path: string, content: string | Uint8Array): void => {
  const temporary = `${path}.${process.pid}.tmp`;
  writing(path, () => {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(temporary, content);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
};
