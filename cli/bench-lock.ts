import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../harness/driver/is-alive.ts";
import { InputError } from "../src/errors.ts";
import { codeOf, ensureFolder, writing } from "./files.ts";

/**
 * Lets one bench at a time use a runs folder, since two would measure each other. A lock whose process is gone is taken over.
 *
 * @returns what gives the lock back
 * @throws InputError where another bench holds it, or the folder cannot be written
 */
export const lockRuns = (runs: string): (() => void) => {
  const nextStep = "Name a folder that can be written with --runs FOLDER.";
  ensureFolder(runs, nextStep);
  const lock = join(runs, "bench.lock");
  const take = () => {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  };
  while (!writing(runs, take, nextStep)) {
    const pid = Number(readFileSync(lock, "utf8"));
    if (pid > 0 && isAlive(pid)) {
      throw new InputError(
        "bench",
        `another one is running (process ${pid}), and two would measure each other`,
        "Wait until it has ended.",
      );
    }
    rmSync(lock, { force: true });
  }
  return () => rmSync(lock, { force: true });
};
