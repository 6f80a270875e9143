import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../src/errors.ts";
import type { Profile } from "../src/profile/schema.ts";
import { isOfSameDevice, peersSource } from "../src/report/peers-beside.ts";
import { isWhole, peersFile, type PeerTable } from "../src/report/peers-schema.ts";
import { readVersioned } from "../src/versioned.ts";
import { makeNewFolder, writeWhole } from "./files.ts";
import type { Io } from "./io.ts";
import { folderName } from "./kept-profiles.ts";
import { defaultRunsFolder, resultsFolder } from "./project.ts";

const NAME = "peers.json";

const textOf = (table: PeerTable): string => `${JSON.stringify(table, null, 1)}\n`;

/**
 * Writes a peer table into a folder of its own, runs/<date>-peers-<condition>-<hash>/.
 *
 * @returns the folder
 * @throws InputError where it cannot be written
 */
export const writePeers = (runs: string, table: PeerTable): string => {
  const hash = createHash("sha256").update(textOf(table)).digest("hex").slice(0, 8);
  const folder = join(runs, `${table.started_at.slice(0, 10)}-peers-${table.condition}-${hash}`);
  makeNewFolder(folder);
  writeWhole(join(folder, NAME), textOf(table));
  return folder;
};

/**
 * Keeps a peer table for others: results/<device>/<condition>/peers.json, in place of the one that was there. A whole one does not give way to one that
 * was cut short.
 *
 * @returns the file, and whether the table is in it
 * @throws InputError where the one that is there cannot be read
 */
export const keepPeers = (results: string, table: PeerTable): { readonly path: string; readonly isKept: boolean } => {
  const path = join(results, folderName(table.device), table.condition, NAME);
  const isKept = isWhole(table) || !existsSync(path) || !isWhole(readVersioned(peersFile, readFileSync(path, "utf8"), path));
  if (isKept) writeWhole(path, textOf(table));
  return { path, isKept };
};

/** A peer table and the file it was read from. */
export interface FoundPeers {
  readonly path: string;
  readonly table: PeerTable;
}

/**
 * The newest peer table of the device and condition that a profile is of, kept or from a run, a whole one before one that was cut short; null
 * where there is none. Tables of named shapes alone are not taken: they stand for no comparison.
 *
 * @param say told of each file that cannot be read
 */
export const findPeersOrNull = (
  profile: Profile,
  { runs, results }: { readonly runs: string; readonly results: string },
  say: (text: string) => void,
): FoundPeers | null => {
  const inRuns = existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name, NAME)) : [];
  const tables = [join(results, folderName(profile.device), profile.condition, NAME), ...inRuns]
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      try {
        return [{ path, table: readVersioned(peersFile, readFileSync(path, "utf8"), path) }];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        say(`Passed over: ${error.message}\n`);
        return [];
      }
    })
    .filter(({ table }) => table.selection !== "some" && isOfSameDevice(table, profile));
  const byTime = tables.toSorted((a, b) => Date.parse(a.table.ended_at) - Date.parse(b.table.ended_at));
  return byTime.findLast(({ table }) => isWhole(table)) ?? byTime.at(-1) ?? null;
};

/** The peer table that belongs beside a profile, with a line on stderr that says where it is from; null where there is none. */
export const peersBeside = (io: Io, profile: Profile, runs = defaultRunsFolder(io.cwd, io.env)): FoundPeers | null => {
  const found = findPeersOrNull(profile, { runs, results: resultsFolder }, io.err);
  if (found !== null) io.err(`${peersSource(found.path, found.table, profile, new Date().toISOString())}\n`);
  return found;
};
