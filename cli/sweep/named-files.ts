import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Scenario } from "../../src/scenario/schema.ts";
import { lengthFiles } from "../../src/traffic/data.ts";
import { fileError } from "../open-text.ts";
import { datasetsBeside } from "../read-traffic-data.ts";

/** Content hashes by path; a file whose size or time has changed is read again. */
export type HashCache = Map<string, { readonly stamp: string; readonly hash: string }>;

/**
 * The content hash of each file that a scenario names, by its name there; the device and the model are not among them.
 *
 * @param folder that the names start from
 * @throws InputError where one is not there or cannot be read
 */
export const hashesOfNamed = async (scenario: Scenario, folder: string, cache: HashCache): Promise<Record<string, string>> => {
  const hashes: Record<string, string> = {};
  for (const name of namesIn(scenario)) {
    try {
      hashes[name] = await hashOf(resolve(folder, name), cache);
    } catch (error) {
      throw fileError(error, name);
    }
  }
  return hashes;
};

const namesIn = ({ traffic, manifests, policy }: Scenario): string[] => [
  ...(traffic.kind === "trace" ? [traffic.file] : []),
  ...(traffic.kind === "clients" ? [traffic.traces, traffic.datasets ?? datasetsBeside(traffic.traces)] : []),
  ...(traffic.kind === "prometheus" ? [traffic.folder] : []),
  ...lengthFiles(traffic).map(({ file }) => file),
  ...(manifests === undefined ? [] : [manifests.file]),
  ...(policy?.kind === "module" ? [policy.file] : []),
];

const hashOf = async (path: string, cache: HashCache): Promise<string> => {
  const { size, mtimeMs, isFolder } = statOf(path);
  if (isFolder) {
    const hash = createHash("sha256");
    for (const name of readdirSync(path).sort()) {
      const inside = join(path, name);
      if (!statOf(inside).isFolder) hash.update(`${name}\0${await hashOf(inside, cache)}\0`);
    }
    return hash.digest("hex");
  }
  const stamp = `${size} ${mtimeMs}`;
  const known = cache.get(path);
  if (known?.stamp === stamp) return known.hash;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const entry = { stamp, hash: hash.digest("hex") };
  cache.set(path, entry);
  return entry.hash;
};

const statOf = (path: string): { size: number; mtimeMs: number; isFolder: boolean } => {
  const stat = statSync(path);
  return { size: stat.size, mtimeMs: stat.mtimeMs, isFolder: stat.isDirectory() };
};
