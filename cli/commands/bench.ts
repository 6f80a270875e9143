import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { agenda } from "../../src/profile/agenda.ts";
import type { Condition } from "../../src/profile/schema.ts";
import { answerDefaultQuestion } from "../answer.ts";
import { lockRuns } from "../bench-lock.ts";
import { browserFor } from "../browser.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { measure, type MeasureRequest } from "../measure.ts";
import { positiveNumber } from "../options.ts";
import { progressLine } from "../progress.ts";
import { keepProfile, keptProfiles } from "../kept-profiles.ts";
import { defaultRunsFolder, resultsFolder, siteFolder } from "../project.ts";
import { writeRun } from "../run-folder.ts";

interface BenchOptions {
  readonly quick?: true;
  readonly budget?: number;
  readonly gpu?: string;
  readonly software?: true;
  readonly condition: Condition;
  readonly browser?: string;
  readonly resume?: true;
  readonly keep?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly runs?: string;
}

/** The same command with --resume, as a person types it. */
const resumeCommand = ({ quick, budget, gpu, software, condition, browser, keep, runs }: BenchOptions): string =>
  [
    "npm run bench -- --resume",
    ...(quick ? ["--quick"] : []),
    ...(budget === undefined ? [] : [`--budget ${budget}`]),
    ...(gpu === undefined ? [] : [`--gpu ${JSON.stringify(gpu)}`]),
    ...(software ? ["--software"] : []),
    ...(condition === "web" ? [] : [`--condition ${condition}`]),
    ...(browser === undefined ? [] : [`--browser ${JSON.stringify(browser)}`]),
    ...(keep ? ["--keep"] : []),
    ...(runs === undefined ? [] : [`--runs ${JSON.stringify(runs)}`]),
  ].join(" ");

/** The page that measures and the choice of what it measures; tests hand in pages with faults. */
export type BenchParts = Pick<MeasureRequest, "site" | "stages">;

const bench = async (io: Io, options: BenchOptions, parts: BenchParts): Promise<void> => {
  const runs = options.runs === undefined ? defaultRunsFolder(io.cwd) : resolve(io.cwd, options.runs);
  const unlock = lockRuns(runs);
  try {
    const kept = keptProfiles(resultsFolder); // before anything is measured: an unreadable one is then no loss
    const browser = await browserFor(io, options.browser);
    const progress = progressLine(io, options.quiet === true);
    const { profile, journal } = await interruptible((signal) =>
      measure(
        {
          browser,
          ...parts,
          runs,
          condition: options.condition,
          gpu: options.gpu ?? null,
          isSoftwareForced: options.software === true,
          isQuick: options.quick === true,
          budget: options.budget ?? null,
          isResuming: options.resume === true,
          resumeCommand: resumeCommand(options),
        },
        progress,
        signal,
      ),
    );
    const folder = writeRun(runs, profile);
    journal.remove();
    io.err(`Profile: ${join(folder, "profile.json")}\n`); // now: whatever ends the rest, it is safe and said where
    if (options.keep) io.err(`Kept: ${keepProfile(resultsFolder, profile)}\n`);
    try {
      const { text, report } = answerDefaultQuestion({
        profile,
        folder,
        kept,
        replications: options.quick ? 1 : 3,
        onProgress: (what) => progress.show(1, `simulating ${what}`),
      });
      progress.end();
      io.out(options.json ? `${JSON.stringify(profile, null, 1)}\n` : text);
      io.err(`Report: ${report}\n`);
    } finally {
      progress.end();
    }
  } finally {
    unlock();
  }
};

/** `ballast bench`: measures the device, writes its profile, and goes all the way to the answer. */
export const benchCommand = (io: Io, parts: BenchParts = { site: siteFolder, stages: agenda }): Command =>
  new Command("bench")
    .description("Measure this machine's GPU, calibrate, simulate, and say how much stable capacity the default question needs.")
    .option("--quick", "fewer measurements, under a minute: coarse curves")
    .option(
      "--budget <seconds>",
      "time for measuring and what comes after, in seconds; measuring gets 85 % of it (default: 600 on a GPU, 180 on the software adapter)",
      positiveNumber,
    )
    .addOption(
      new Option("--gpu <name>", "measure the GPU whose name contains this, and no other (default: a discrete one)").conflicts("software"),
    )
    .option("--software", "use the browser's software adapter even where there is a GPU: checks the pipeline")
    .addOption(
      new Option("--condition <condition>", "web: the browser's own defaults; native-like: bounds checks, zero-filling and validation off")
        .choices(["web", "native-like"])
        .default("web"),
    )
    .option(
      "--browser <path>",
      "the browser to use (default: BALLAST_BROWSER, else an installed Chrome, Chromium or Edge, else puppeteer's download)",
    )
    .option("--resume", "continue the newest stopped run of this condition, with the options it was started with")
    .option("--keep", "keep the profile for others in results/<device>/<condition>/, without names of this machine")
    .option("--runs <folder>", "where runs are written (default: runs/ of the clone)")
    .option("--json", "print the profile as JSON instead of the answer")
    .option("--quiet", "no progress")
    .action((options: BenchOptions) => bench(io, options, parts));
