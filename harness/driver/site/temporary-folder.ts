import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../is-alive.ts";

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

/** Removes what runs that were killed left behind: folders that carry the id of a process that is gone. */
const sweep = (parent: string, prefix: string): void => {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    try {
      remove(join(parent, name));
    } catch {
      // Another user's folder: theirs to remove.
    }
  }
};

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/**
 * An empty folder of our own. It goes when `remove` is called and at the latest when this process ends; one left by a process
 * that was killed goes when the next with the same prefix is made.
 *
 * @param prefix of its name, which goes on with the id of this process
 */
export const makeTemporaryFolder = (prefix: string, parent = tmpdir()): TemporaryFolder => {
  sweep(parent, prefix);
  const path = mkdtempSync(join(parent, `${prefix}${process.pid}-`));
  const onExit = () => remove(path);
  process.once("exit", onExit);
  return {
    path,
    remove: () => {
      process.off("exit", onExit);
      remove(path);
    },
  };
};
