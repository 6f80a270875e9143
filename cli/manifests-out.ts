import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../src/errors.ts";
import { defaultDestination, type Destination } from "../src/manifests/destination.ts";
import { list } from "../src/format.ts";
import type { PlanAnswer } from "../src/plan/plan.ts";
import { writtenPolicies } from "../src/plan/written-policies.ts";
import { MANIFEST_FILES, manifestTexts, type ManifestFile } from "../src/report/manifest-text.ts";
import { shellWord } from "./command-text.ts";
import { codeOf, writeWhole } from "./files.ts";
import type { Io } from "./io.ts";

/**
 * Refuses a folder for manifests before anything is simulated.
 *
 * @param given as the user wrote it
 * @throws InputError where it is a file, cannot be written, or holds one of the files already
 */
export const checkManifestsFolder = (io: Io, given: string): void => {
  const folder = resolve(io.cwd, given);
  const there = nearestThere(folder);
  if (!statSync(there).isDirectory())
    throw new InputError(
      `--manifests-out ${given}`,
      `expected a folder, got the file ${there}`,
      "Name a folder; it need not be there yet.",
    );
  const held = MANIFEST_FILES.find((name) => existsSync(join(folder, name)));
  if (held !== undefined)
    throw new InputError(join(given, held), "is there already, and is never overwritten", "Move it away, or name another folder.");
  try {
    accessSync(there, constants.W_OK);
  } catch (error) {
    throw new InputError(`--manifests-out ${given}`, `cannot be written: ${codeOf(error)}`, "Choose a place that can be written.");
  }
};

const nearestThere = (folder: string): string => (existsSync(folder) ? folder : nearestThere(dirname(folder)));

/**
 * Writes a plan's answer as manifests, each simulated as it stands there. Of an answer that is impossible nothing is written.
 *
 * @param destination null: no manifests of the user's say what is scaled
 * @param given the folder, as the user wrote it; made where it is not there
 * @param simulate how the answer's scenario is simulated, but for the manifests
 * @returns what was written, and what was not and why, as lines
 * @throws InputError where a file cannot be written
 */
export const writeManifests = (
  io: Io,
  { plan, found }: PlanAnswer,
  destination: Destination | null,
  given: string,
  simulate?: string,
): string[] => {
  const { capacity } = plan;
  if (capacity.kind !== "found" || found === null) {
    const why = capacity.kind === "not-reproduced" ? "there is no recommendation" : "no number of replicas meets the objectives";
    return [`Manifests: none are written, since ${why}.`];
  }
  const place = destination ?? defaultDestination(plan.model);
  const { files, leftOut } = manifestTexts(plan, capacity, writtenPolicies(found, place), place, {
    simulate: simulate ?? "ballast simulate SCENARIO",
    folder: `${shellWord(given).replace(/\/$/u, "")}/`,
  });
  for (const { name, text } of files) writeWhole(resolve(io.cwd, given, name), text);
  const pool =
    found.pool === null
      ? []
      : [
          `The floor was found with a warm pool of ${found.pool}, which no manifest says: keep so many replicas asleep or on standby beside it.`,
        ];
  const places = files.map(({ name }) => join(given, name));
  return [...leftOut, ...pool, `Manifests: ${places.join(", ")}`, ...howToApply(files[0]!, places, place.isOwn)];
};

/** Which of the files is the answer, how it is brought to a cluster, and what the others are. */
const howToApply = ({ commands }: ManifestFile, [answer, ...others]: readonly string[], isOwn: boolean): string[] => [
  `The answer is ${answer}, a patch of a workload that is there and no whole manifest${isOwn ? "" : " (its names are examples: put your own)"}:`,
  ...commands.map((command) => `  ${command}`),
  ...(others.length === 0
    ? []
    : [
        `${list(others)} ${others.length === 1 ? "is" : "are"} for an autoscaler instead: apply one of the files, never two. Each one's head says how.`,
      ]),
];
