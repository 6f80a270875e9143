import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./is-alive.ts";

const PREFIX = "ballast-browser-";

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

/** Removes what runs that were killed left behind: folders that carry the id of a process that is gone. */
const sweep = (parent: string): void => {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    try {
      remove(join(parent, name));
    } catch {
      // Another user's folder: theirs to remove.
    }
  }
};

export interface ProfileFolder {
  readonly path: string;
  remove(): void;
}

/**
 * An empty folder for a browser's profile: no cache of compiled shaders is warm in it. It goes when `remove` is called and at the
 * latest when this process ends; one left by a process that was killed goes when the next is made.
 */
export const makeProfileFolder = (parent = tmpdir()): ProfileFolder => {
  sweep(parent);
  const path = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
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
