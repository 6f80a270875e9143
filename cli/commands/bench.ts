import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { InputError } from "../../src/errors.ts";
import { agenda } from "../../src/profile/agenda.ts";
import type { EarlierProfile } from "../../src/profile/reuse-tuning.ts";
import type { Condition, Profile } from "../../src/profile/schema.ts";
import { aboveRoofsOrNull } from "../../src/report/roofline-text.ts";
import { answerDefaultQuestion } from "../answer.ts";
import { lockRuns } from "../bench-lock.ts";
import { finishedRuns } from "../choose-profile.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { peersBeside } from "../kept-peers.ts";
import { finish } from "../finish.ts";
import { newestJournalOrNull, noStoppedRun } from "../journal.ts";
import { measure, type MeasureRequest } from "../measure.ts";
import { positiveNumber, wholeNumber } from "../options.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { contentHash, type KeptProfile, keepProfile, keptProfiles } from "../kept-profiles.ts";
import { defaultRunsFolder, resultsFolder, siteFolder } from "../project.ts";
import { writeRun } from "../run-folder.ts";
import { checkProfile, parseFailOnError } from "./check-profile.ts";
import { runtimeFor, type RuntimeChoice } from "../runtime.ts";

interface BenchOptions {
  readonly quick?: true;
  readonly budget?: number;
  readonly gpu?: string;
  readonly software?: true;
  readonly condition: Condition;
  readonly runtime: Profile["runtime"];
  readonly browser?: string;
  readonly retune?: true;
  readonly resume?: true;
  /** true: the newest stopped run; a text: the journal's name. */
  readonly finish?: true | string;
  readonly keep?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly runs?: string;
  readonly check?: string;
  readonly seed?: number;
  readonly failOn?: number;
}

/** The same command with --resume, as a person types it. */
const resumeCommand = ({ quick, budget, gpu, software, condition, runtime, browser, retune, keep, runs }: BenchOptions): string =>
  [
    "npm run bench -- --resume",
    ...(quick ? ["--quick"] : []),
    ...(budget === undefined ? [] : [`--budget ${budget}`]),
    ...(gpu === undefined ? [] : [`--gpu ${JSON.stringify(gpu)}`]),
    ...(software ? ["--software"] : []),
    ...(condition === "web" ? [] : [`--condition ${condition}`]),
    ...(runtime === "chrome" ? [] : [`--runtime ${runtime}`]),
    ...(browser === undefined ? [] : [`--browser ${JSON.stringify(browser)}`]),
    ...(retune ? ["--retune"] : []),
    ...(keep ? ["--keep"] : []),
    ...(runs === undefined ? [] : [`--runs ${JSON.stringify(runs)}`]),
  ].join(" ");

/** What measures and the choice of what it measures; tests hand in pages and programs with faults. */
export type BenchParts = Pick<RuntimeChoice, "site" | "program"> & Pick<MeasureRequest, "stages">;

const runsFolder = ({ cwd, env }: Io, { runs }: BenchOptions): string =>
  runs === undefined ? defaultRunsFolder(cwd, env) : resolve(cwd, runs);

/** Finished runs and kept profiles, as far as they can be read. */
const earlierProfiles = (io: Io, runs: string, kept: readonly KeptProfile[]): EarlierProfile[] =>
  [...finishedRuns(io, runs), ...kept].map(({ profile }) => ({ profile, hash: contentHash(profile) }));

/** Where a bench writes, what is there already, and how it tells of its progress. */
interface Surroundings {
  readonly runs: string;
  readonly kept: readonly KeptProfile[];
  readonly progress: ProgressLine;
}

/** Measures, and gives the profile with what is to happen once it is safe. */
const measured = async (io: Io, options: BenchOptions, parts: BenchParts, { runs, kept, progress }: Surroundings) => {
  const { runtime, condition, browser, gpu } = options;
  const usable = await runtimeFor(io, { runtime, condition, browser, ...parts });
  const { profile, journal } = await interruptible((signal) =>
    measure(
      {
        runtime: usable.runtime,
        stages: parts.stages,
        runs,
        condition,
        gpu: gpu ?? null,
        isSoftwareForced: options.software === true,
        isQuick: options.quick === true,
        budget: options.budget ?? null,
        isResuming: options.resume === true,
        resumeCommand: resumeCommand(options),
        earlier: options.retune === true ? [] : earlierProfiles(io, runs, kept),
      },
      progress,
      signal,
    ),
  ).finally(usable.close);
  return { profile, onSafe: () => journal.remove() };
};

/** The profile of a run that was stopped; its journal stays. */
const finished = async ({ cwd }: Io, options: BenchOptions, { stages }: BenchParts, { runs }: Surroundings) => {
  const journal = typeof options.finish === "string" ? resolve(cwd, options.finish) : newestJournalOrNull(runs, options);
  if (journal === null)
    throw new InputError("--finish", noStoppedRun(runs, options), "Name the journal, unfinished-….jsonl, if it lies elsewhere.");
  return { profile: await finish(journal, stages), onSafe: () => {} };
};

const bench = async (io: Io, options: BenchOptions, parts: BenchParts): Promise<void> => {
  const runs = runsFolder(io, options);
  const unlock = lockRuns(runs);
  try {
    const kept = keptProfiles(resultsFolder); // before anything is measured: an unreadable one is then no loss
    const progress = progressLine(io, options.quiet === true);
    const around = { runs, kept, progress };
    const { profile, onSafe } = await (options.finish === undefined ? measured : finished)(io, options, parts, around);
    const folder = writeRun(runs, profile);
    onSafe();
    io.err(`Profile: ${join(folder, "profile.json")}\n`); // now: whatever ends the rest, it is safe and said where
    if (options.keep) io.err(`Kept: ${keepProfile(resultsFolder, profile)}\n`);
    const tooFast = aboveRoofsOrNull(profile);
    const peers = peersBeside(io, profile, runs);
    try {
      const { text, report } = answerDefaultQuestion({
        profile,
        folder,
        kept,
        replications: profile.is_quick ? 1 : 8,
        onProgress: (what) => progress.show(1, `simulating ${what}`),
        peers,
      });
      progress.end();
      io.out(options.json ? `${JSON.stringify(profile, null, 1)}\n` : text);
      io.err(`Report: ${report}\nEvery measurement: npm run report -- --text\n`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      io.err("The profile is kept, and `npm run report` shows what is in it. It is too short for an answer:\n");
      // That a kernel is faster than it can be weighs more than that no answer could be given, and finishing asked for none.
      if (tooFast === null && options.finish === undefined) throw error;
      io.err(`${error.message}\n`);
    } finally {
      progress.end();
    }
    if (tooFast !== null) {
      throw new InputError(
        "bench: faster than the roof",
        tooFast,
        "A kernel that leaves something out, or a roof that is not one: trust neither. All that was measured is kept; run bench again on a quiet machine, and report it if it stays.",
      );
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
      "time for measuring and what comes after, in seconds; measuring gets 85 % of it (default: 600 on a GPU, 300 on the software adapter)",
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
    .addOption(
      new Option("--runtime <runtime>", "chrome: a browser, the figures that count; dawn: Dawn in Node, where no browser can run")
        .choices(["chrome", "dawn"])
        .default("chrome"),
    )
    .option(
      "--browser <path>",
      "the browser to use (default: BALLAST_BROWSER, else an installed Chrome, Chromium or Edge, else puppeteer's download)",
    )
    .option("--retune", "race the kernels' variants again even where an earlier run on this device, driver and browser has chosen")
    .option("--resume", "continue the newest stopped run of this condition, with the options it was started with")
    .addOption(
      new Option(
        "--finish [journal]",
        "measure nothing: make the profile of what a stopped run has measured, the newest of this condition here or, whatever its condition, the one of this unfinished-….jsonl, from this machine or another",
      ).conflicts(["quick", "budget", "gpu", "software", "browser", "retune", "resume"]),
    )
    .option("--keep", "keep the profile for others in results/<device>/<condition>/, without names of this machine")
    .option("--runs <folder>", "where runs are written (default: BALLAST_RUNS, else runs/ of the clone)")
    .option("--json", "print the profile as JSON instead of the answer")
    .option("--quiet", "no progress")
    .addOption(
      new Option(
        "--check <profile>",
        "measure steps that this profile was not fitted to and print what it predicts beside them; keeps nothing. Takes the profile's condition",
      ).conflicts(["quick", "software", "condition", "resume", "finish", "keep"]),
    )
    .option("--seed <number>", "with --check: draws the steps (default: 1)", wholeNumber)
    .option("--fail-on <rule>", "with --check: error=<percent>%: exit code 1 where the median error is above that", parseFailOnError)
    .action((options: BenchOptions) => {
      if (options.check !== undefined) return checkProfile(io, { ...options, check: options.check }, runsFolder(io, options), parts);
      const alone = options.seed === undefined ? (options.failOn === undefined ? null : "--fail-on") : "--seed";
      if (alone !== null)
        throw new InputError(alone, "belongs to --check PROFILE, which was not given", "Leave it out, or name a profile.");
      return bench(io, options, parts);
    });
