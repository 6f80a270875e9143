import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "../src/profile/schema.ts";
import { settingName } from "../src/profile/setting.ts";
import { makeNewFolder, writeWhole } from "./files.ts";
import { shortHash } from "./kept-profiles.ts";

/**
 * Writes a profile into a folder of its own, runs/<date>-<setting>-<hash>/, which was not there before; where the very same profile lies there
 * already, as after finishing a stopped run twice, it stays as it is.
 *
 * @returns the folder
 * @throws InputError where it cannot be written, or another profile is there
 */
export const writeRun = (runs: string, profile: Profile): string => {
  const folder = join(runs, `${profile.started_at.slice(0, 10)}-${settingName(profile)}-${shortHash(profile)}`);
  const path = join(folder, "profile.json");
  const text = `${JSON.stringify(profile, null, 1)}\n`;
  if (existsSync(path) && readFileSync(path, "utf8") === text) return folder;
  makeNewFolder(folder);
  writeWhole(path, text);
  return folder;
};
