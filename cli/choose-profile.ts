import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "../src/errors.ts";
import type { Profile } from "../src/profile/schema.ts";
import type { Io } from "./io.ts";
import { readProfileFile } from "./kept-profiles.ts";
import { defaultRunsFolder, resultsFolder } from "./project.ts";

/** A profile and the file it was read from. */
export interface ChosenProfile {
  readonly path: string;
  readonly profile: Profile;
}

/**
 * The profile that the user means: a file; a run's folder or its name below runs/; `<device>/<condition>` below results/, the newest
 * there; or, where nothing is given, the newest run.
 *
 * @throws InputError where there is none
 */
export const chooseProfile = (io: Io, given: string | undefined, folders: Folders = defaultFolders(io)): ChosenProfile => {
  if (given === undefined) return runsNewestFirst(io, folders)[0]!;
  const path = resolve(io.cwd, given);
  if (existsSync(path)) return isFolder(path) ? inFolder(path) : read(path);
  const known = [join(folders.results, given), join(folders.runs, given)].find((candidate) => existsSync(candidate));
  if (known !== undefined) return isFolder(known) ? inFolder(known) : read(known);
  throw new InputError(
    given,
    "expected a profile's file, a run's name or <device>/<condition> below results/, found none of them",
    "Measure one: npm run bench",
  );
};

/** A profile and what was fitted to it. */
export interface FittedProfile<T> extends ChosenProfile {
  readonly fitted: T;
}

/**
 * The profile that the user means, with what is fitted to it. Where nothing is given, the newest run to which it can be fitted; of each newer one it
 * is said why it is passed over.
 *
 * @param fit throws an InputError where the profile does not do
 * @throws InputError where there is none; where none does, what the newest lacks
 */
export const chooseFitted = <T>(
  io: Io,
  given: string | undefined,
  fit: (profile: Profile) => T,
  folders: Folders = defaultFolders(io),
): FittedProfile<T> => {
  const candidates = given === undefined ? runsNewestFirst(io, folders) : [chooseProfile(io, given, folders)];
  const errors: { readonly path: string; readonly error: InputError }[] = [];
  for (const chosen of candidates) {
    try {
      const fitted = fit(chosen.profile);
      for (const { path, error } of errors) io.err(`Passed over: ${path}: ${error.message}\n`);
      return { ...chosen, fitted };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      errors.push({ path: chosen.path, error });
    }
  }
  throw errors[0]!.error;
};

interface Folders {
  readonly runs: string;
  readonly results: string;
}

const defaultFolders = (io: Io): Folders => ({ runs: defaultRunsFolder(io.cwd, io.env), results: resultsFolder });

const isFolder = (path: string) => statSync(path).isDirectory();
const read = (path: string): ChosenProfile => ({ path, profile: readProfileFile(path) });

const inFolder = (folder: string): ChosenProfile => {
  const files = readdirSync(folder).filter((name) => name === "profile.json" || name.endsWith(".json.gz"));
  const [newest] = newestFirst(files.map((name) => read(join(folder, name))));
  if (newest !== undefined) return newest;
  throw new InputError(folder, "expected profile.json or a .json.gz in this folder, found neither", "Give the profile's own path.");
};

/** One at least. @throws InputError where there is none */
const runsNewestFirst = (io: Io, { runs }: Folders): ChosenProfile[] => {
  const found = newestFirst(finishedRuns(io, runs));
  if (found.length > 0) return found;
  throw new InputError(
    runs,
    "expected a finished run, found none",
    "Measure this machine, npm run bench, or name a device model with --device: of ballast calibrate --tables or --points, or the made-up bench/reference-model.json of a clone.",
  );
};

/** Every finished run that can be read; of each other one it is said why it is passed over. */
export const finishedRuns = (io: Io, runs: string): ChosenProfile[] => readable(io, runFiles(runs));

const runFiles = (runs: string): string[] =>
  existsSync(runs)
    ? readdirSync(runs)
        .map((name) => join(runs, name, "profile.json"))
        .filter((path) => existsSync(path))
    : [];

/** Those that can be read; of each other one it is said why it is passed over. */
const readable = (io: Io, files: readonly string[]): ChosenProfile[] =>
  files.flatMap((path) => {
    try {
      return [read(path)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      io.err(`Passed over: ${error.message}\n`);
      return [];
    }
  });

/** By the time the measuring began, which folders' names give only to the day. */
const newestFirst = (profiles: readonly ChosenProfile[]): ChosenProfile[] =>
  profiles.toSorted((a, b) => Date.parse(b.profile.started_at) - Date.parse(a.profile.started_at));
