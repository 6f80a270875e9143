import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChosenProfile, chooseProfile } from "../cli/choose-profile.ts";
import { processIo } from "../cli/io.ts";
import { projectRoot } from "../cli/project.ts";

const measuredBy = (options: readonly string[]): string => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-run-"));
  const { status } = spawnSync(process.execPath, ["bin/ballast.mjs", "bench", "--runs", folder, ...options], {
    cwd: projectRoot,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const run = readdirSync(folder).find((name) => existsSync(join(folder, name, "profile.json")));
  if (run === undefined) throw new Error(`the bench ended with ${status} and left no profile in ${folder}`);
  return join(folder, run);
};

/**
 * Two runs on one device: the profiles that were named, or, where options of `bench` or nothing is given, two that are measured now, one after
 * the other.
 *
 * @param args arguments of a benchmark
 */
export const twoRuns = (args: readonly string[]): readonly [ChosenProfile, ChosenProfile] => {
  const io = processIo();
  const areProfiles = args.length === 2 && args.every((argument) => !argument.startsWith("-"));
  const [first, second] = areProfiles ? args : [measuredBy(args), measuredBy(args)];
  return [chooseProfile(io, first), chooseProfile(io, second)];
};
