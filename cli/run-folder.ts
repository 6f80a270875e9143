import { join } from "node:path";
import type { Profile } from "../src/profile/schema.ts";
import { settingName } from "../src/profile/setting.ts";
import { ensureFolder, writeWhole } from "./files.ts";
import { shortHash } from "./kept-profiles.ts";

/**
 * Writes a profile into a folder of its own, runs/<date>-<setting>-<hash>/. It is there already where the same stopped run was finished before.
 *
 * @returns the folder
 * @throws InputError where it cannot be written
 */
export const writeRun = (runs: string, profile: Profile): string => {
  const folder = join(runs, `${profile.started_at.slice(0, 10)}-${settingName(profile)}-${shortHash(profile)}`);
  ensureFolder(folder);
  writeWhole(join(folder, "profile.json"), `${JSON.stringify(profile, null, 1)}\n`);
  return folder;
};
