import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { InputError } from "../src/errors.ts";
import { profileHash, readProfile } from "../src/profile/read.ts";
import type { Profile } from "../src/profile/schema.ts";
import { settingName } from "../src/profile/setting.ts";
import { stripProfile } from "../src/profile/strip.ts";
import { writeWhole } from "./files.ts";

/** First digits of the hash by which a profile is known. */
export const shortHash = (profile: Profile): string => contentHash(profile).slice(0, 8);

/** SHA-256 of what a profile holds, in hexadecimal. */
export const contentHash = (profile: Profile): string => profileHash(profile, (text) => createHash("sha256").update(text).digest("hex"));

/** A device's name as a folder: "NVIDIA H200" → nvidia-h200. */
export const folderName = (device: string): string =>
  device
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/**
 * Keeps a profile for others: results/<device>/<setting>/<date>-<hash>.json.gz, without names of this machine.
 *
 * @returns the file
 */
export const keepProfile = (results: string, profile: Profile): string => {
  const stripped = stripProfile(profile, { hostName: hostname(), userName: userInfo().username });
  const name = `${profile.started_at.slice(0, 10)}-${shortHash(stripped)}.json.gz`;
  const path = join(results, folderName(profile.device), settingName(profile), name);
  writeWhole(path, gzipSync(`${JSON.stringify(stripped, null, 1)}\n`, { level: 9 }));
  return path;
};

const profileText = (path: string): string => {
  const content = readFileSync(path);
  if (!path.endsWith(".gz")) return content.toString("utf8");
  try {
    return gunzipSync(content).toString("utf8");
  } catch {
    throw new InputError(path, "expected gzipped JSON, got a damaged file", "Restore it (git checkout), or remove it.");
  }
};

/**
 * Reads a profile's file, gzipped or not.
 *
 * @throws InputError where it is absent, damaged, of a newer version, or no profile
 */
export const readProfileFile = (path: string): Profile => {
  if (!existsSync(path)) throw new InputError(path, "expected a profile, found no file", "Measure one: npm run bench");
  return readProfile(profileText(path), path);
};

export interface KeptProfile {
  /** Path below results/. */
  readonly name: string;
  readonly profile: Profile;
}

/** Every kept profile, by device, condition and date. */
export const keptProfiles = (results: string): KeptProfile[] =>
  !existsSync(results)
    ? []
    : readdirSync(results, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".json.gz"))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
        .map((path) => ({ name: relative(results, path), profile: readProfileFile(path) }));
