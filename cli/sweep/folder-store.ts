import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../../src/errors.ts";
import { runSchema, type Run } from "../../src/fleet/run.ts";
import { ensureFolder, writeWhole, writing } from "../files.ts";
import type { RunStore } from "./run-store.ts";

/** What a store's folder says it is, in `store.json`. */
const STORE_SCHEMA = "ballast.store/1";

/**
 * A store in a folder: `store.json`, and below `runs/` one file a run, `<address>.json`, as `simulate --out` writes it. Copying the files of one
 * store into another is all there is to putting two together.
 *
 * @param given as the user wrote it, for messages
 * @throws InputError where the folder is another thing, a store of another version, or cannot be written
 */
export const openFolderStore = (folder: string, given: string): RunStore => {
  checkMarker(folder, given);
  const runs = join(folder, "runs");
  ensureFolder(runs);
  removeLeftovers(runs);
  const pathOf = (address: string): string => join(runs, `${address}.json`);
  return {
    place: given,
    addresses: async () => new Set(readdirSync(runs).flatMap((name) => (/^[0-9a-f]{64}\.json$/u.test(name) ? [name.slice(0, 64)] : []))),
    get: async (address) => readRun(pathOf(address), `${given}/runs/${address}.json`),
    put: async (address, text) => {
      const temporary = join(runs, `${address}.${suffix(process.pid)}`);
      writing(given, () => {
        try {
          writeFileSync(temporary, text);
          renameSync(temporary, pathOf(address));
        } catch (error) {
          rmSync(temporary, { force: true });
          throw error;
        }
      });
    },
  };
};

const checkMarker = (folder: string, given: string): void => {
  const marker = join(folder, "store.json");
  if (existsSync(marker)) {
    const schema = schemaOrNull(readFileSync(marker, "utf8"));
    if (schema === STORE_SCHEMA) return;
    throw new InputError(
      `${given}/store.json: schema`,
      `expected "${STORE_SCHEMA}", got ${schema === null ? "none" : JSON.stringify(schema)}: another version of Ballast wrote this store`,
      "Use that version, or begin another store: --store DIR.",
    );
  }
  const found = existsSync(folder) ? readdirSync(folder).find((name) => !name.endsWith(".tmp")) : undefined;
  if (found !== undefined) {
    throw new InputError(given, `expected a store of runs or an empty folder, got one with ${found} in it`, "Name another: --store DIR.");
  }
  writeWhole(marker, `${JSON.stringify({ schema: STORE_SCHEMA })}\n`);
};

const schemaOrNull = (text: string): string | null => {
  try {
    const { schema } = JSON.parse(text) as { readonly schema?: unknown };
    return typeof schema === "string" ? schema : null;
  } catch {
    return null;
  }
};

const readRun = (path: string, place: string): Run => {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    value = null;
  }
  const parsed = runSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(place, "expected a whole run, got something else", "Remove the file: the same command does that run again.");
};

const suffix = (pid: number): string => `${hostname()}-${pid}.tmp`;

/** Takes away what processes of this machine that are no more had begun to write. */
const removeLeftovers = (runs: string): void => {
  for (const name of readdirSync(runs)) {
    const pid = Number(/-(\d+)\.tmp$/u.exec(name)?.[1]);
    if (name.endsWith(`.${suffix(pid)}`) && !isRunning(pid)) rmSync(join(runs, name), { force: true });
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};
