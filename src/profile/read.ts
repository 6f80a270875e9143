import { canonicalJson } from "../json.ts";
import { readVersioned, type VersionedFile } from "../versioned.ts";
import { upgradeFrom1, upgradeFrom2, upgradeFrom3 } from "./upgrade.ts";
import { PROFILE_SCHEMA, profileSchema, type Profile } from "./schema.ts";

export const profileFile: VersionedFile<Profile> = {
  what: "profile",
  current: PROFILE_SCHEMA,
  schema: profileSchema,
  upgrades: { 1: upgradeFrom1, 2: upgradeFrom2, 3: upgradeFrom3 },
  nextStep: "Measure again: npm run bench",
};

/**
 * Reads a profile from its text (a kept profile's text is what gunzip gives).
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is cut off, is no profile, is of a newer version, or was edited out of its schema
 */
export const readProfile = (text: string, place: string): Profile => readVersioned(profileFile, text, place);

/** What a profile is known by: the hash of its content, the same wherever and however it was written down. */
export const profileHash = (profile: Profile, hash: (text: string) => string): string => hash(canonicalJson(profile));
