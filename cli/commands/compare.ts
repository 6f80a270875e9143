import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { largestBuiltInThatFits } from "../../src/calibration/kv-blocks.ts";
import { compareDevices, type Participant } from "../../src/compare/compare.ts";
import { failedRows, type FailOn, parseFailOn } from "../../src/compare/fail-on.ts";
import { InputError } from "../../src/errors.ts";
import { plain } from "../../src/format.ts";
import { builtInModels } from "../../src/model/built-in.ts";
import type { LanguageModel } from "../../src/model/language-model.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { comparisonText, failedList } from "../../src/report/compare-text.ts";
import { comparisonHtml } from "../../src/report/html/compare-page.ts";
import { chooseModel } from "../choose-model.ts";
import { chooseProfile } from "../choose-profile.ts";
import { makeDocument } from "../document.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { contentHash } from "../kept-profiles.ts";
import { progressLine } from "../progress.ts";

interface CompareOptions {
  readonly model?: string;
  readonly threshold?: number;
  readonly failOn?: FailOn;
  readonly simulate: boolean;
  readonly all?: true;
  readonly html?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** `ballast compare`: measured devices side by side, every one against the first. */
export const compareCommand = (io: Io): Command =>
  new Command("compare")
    .description("Hold measured devices against the first: what they sustain, their curves, and a verdict on every common measurement.")
    .argument(
      "<profiles...>",
      "two or more: a profile's file, a run's folder or its name, or <device>/<condition> below results/; the first is the baseline",
    )
    .option(
      "--model <name|path>",
      "a built-in model, or the path of a Hugging Face config.json (default: the largest built-in that fits all devices)",
    )
    .option(
      "--threshold <percent>",
      "smallest change to be told of, in percent (default: 2; raised to what two runs on one device differ by)",
      thresholdShare,
    )
    .option("--fail-on <rule>", "slower=<percent>%: exit code 1 where a row is SLOWER and its whole interval beyond that", (text) =>
      parseFailOn(text, "--fail-on"),
    )
    .option("--no-simulate", "leave out requests/s, which takes seconds to simulate")
    .option("--all", "every row, not only those that differ")
    .option("--html <file>", "write the comparison as one page, with its curves, there; replaces a file that is there")
    .option("--json", "print the comparison as JSON instead of the tables")
    .option("--quiet", "no progress")
    .action((given: readonly string[], options: CompareOptions) => compare(io, given, options));

const compare = (io: Io, given: readonly string[], options: CompareOptions): void => {
  if (given.length < 2)
    throw new InputError("compare", `expected two profiles or more, got ${given.length}`, "The first one is the baseline.");
  const participants = given.map((source): Participant => {
    const { profile } = chooseProfile(io, source);
    return { source, profile, hash: contentHash(profile) };
  });
  const progress = progressLine(io, options.quiet === true);
  const { comparison, deviceModels } = compareDevices(participants, {
    model: options.model === undefined ? largestThatFitsAll(participants) : chooseModel(options.model, io.cwd),
    threshold: options.threshold ?? null,
    isSimulated: options.simulate,
    onProgress: (what) => progress.show(1, `simulating ${what}`),
  });
  progress.end();
  if (options.html !== undefined) {
    const path = resolve(io.cwd, options.html);
    writeWhole(path, comparisonHtml(comparison, deviceModels, makeDocument()));
    io.err(`Report: ${path}\n`);
  }
  io.out(options.json ? `${JSON.stringify(comparison, null, 1)}\n` : comparisonText(comparison, options.all === true));
  if (options.failOn === undefined) return;
  const failed = failedRows(comparison, options.failOn);
  if (failed.length === 0) return;
  throw new InputError(
    `--fail-on slower=${plain(options.failOn.slower * 100)}%`,
    `expected no row SLOWER by more than that, got ${failed.length}:\n${failedList(failed)}`,
    "What changed between the two? Measure again where nothing should have.",
  );
};

/** The smallest of those that are the largest to fit each device: it fits all of them. */
const largestThatFitsAll = (participants: readonly Participant[]): LanguageModel => {
  const fitting = participants.map(({ profile }) => largestBuiltInThatFits(profile, replicaSchema.parse({})));
  return builtInModels.find((model) => fitting.includes(model)) ?? builtInModels[0]!;
};

const thresholdShare = (text: string): number => {
  const percent = /^\s*(\d+(?:\.\d+)?)\s*%?\s*$/u.exec(text)?.[1];
  if (percent === undefined) throw new InvalidArgumentError("Expected a percentage, such as 3 or 2.5%.");
  return Number(percent) / 100;
};
