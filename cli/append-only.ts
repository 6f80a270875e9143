import { appendFileSync, closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../src/errors.ts";
import { codeOf, writing } from "./files.ts";

/** A file that only grows, by whole lines, and takes one more even when its disk is full. */
export interface AppendOnly {
  /**
   * Appends a line and has the system write it to the disk.
   *
   * @throws InputError where the disk takes no more; where it was only full, the line is nevertheless in the file
   */
  append(line: string): void;
  /** Gives the file and the space kept for its last line back; may be called again. */
  close(): void;
}

/** Room kept for the last line: the samples of one measurement are some tens of kilobytes. */
const RESERVE = 2 ** 20;

/**
 * Opens a file for appending. A reserve beside it holds disk space, so that what was finished when the disk ran full can still be
 * written; one that cannot be made is no obstacle, since the disk then says so soon enough.
 *
 * The file stays open: a folder that becomes unwritable meanwhile does not matter.
 *
 * @param nextStep what to say to the user when the disk is full
 * @throws InputError where the file cannot be opened
 */
export const appendOnly = (path: string, nextStep: string): AppendOnly => {
  const file = writing(path, () => openSync(path, "a"));
  // One bench at a time uses a folder: what a killed one left is the next one's.
  const reserve = join(dirname(path), "bench.reserve");
  let isOpen = true;
  const giveBack = () => rmSync(reserve, { force: true });
  try {
    writeFileSync(reserve, Buffer.alloc(RESERVE));
  } catch {
    giveBack();
  }
  const write = (line: string) => {
    const { size } = fstatSync(file);
    try {
      appendFileSync(file, `${line}\n`);
      fsyncSync(file);
    } catch (error) {
      ftruncateSync(file, size); // half a line helps nobody
      throw error;
    }
  };
  return {
    append: (line) => {
      try {
        write(line);
      } catch (error) {
        giveBack();
        writing(path, () => write(line), nextStep);
        throw new InputError(path, `the disk takes no more (${codeOf(error)}); what was finished is in it`, nextStep);
      }
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      closeSync(file);
      giveBack();
    },
  };
};
