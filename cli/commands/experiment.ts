import { basename, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../../src/errors.ts";
import { experiments } from "../../src/experiments/all.ts";
import type { Experiment } from "../../src/experiments/experiment.ts";
import { REFERENCE_DEVICE } from "../../src/experiments/reference-device.ts";
import { replayedTrace, type ReplayedTrace } from "../../src/experiments/replayed-trace.ts";
import { runExperiment } from "../../src/experiments/run-experiment.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { experimentList, experimentText } from "../../src/report/experiment-text.ts";
import { experimentHtml } from "../../src/report/html/experiment-page.ts";
import { traceFormatSchema, traceSchema } from "../../src/traffic/trace/schema.ts";
import { chooseDevice, type ChosenDevice } from "../choose-device.ts";
import { makeDocument } from "../document.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { atUser } from "../load-scenario.ts";
import { nearest } from "../nearest.ts";
import { positiveNumber } from "../options.ts";
import { progressLine, reading } from "../progress.ts";
import { readTrace } from "../read-trace.ts";

interface ExperimentOptions {
  readonly device?: string;
  readonly model?: string;
  readonly trace?: string;
  readonly format?: string;
  readonly sessionsPerS?: number;
  readonly seeds?: number;
  readonly quick?: true;
  readonly html?: string;
  readonly out?: string;
  readonly json?: true;
}

const SEEDS = 20;
const QUICK_SEEDS = 5;

/** `ballast experiment`: a claim about autoscaling, put to the test. */
export const experimentCommand = (io: Io): Command =>
  new Command("experiment")
    .description("Put a claim about autoscaling to the test: simulate it on many seeds and say where it holds and where it does not.")
    .argument("[name]", "the experiment (default: a list of them)")
    .option("--seeds <n>", `seeds, 2 or more (default: ${SEEDS}; with --quick ${QUICK_SEEDS})`, seedCount)
    .option("--device <profile>", "a profile, or a device model from calibrate --out (default: a made-up GPU of H100 class)")
    .option("--model <name|path>", "with --device: a built-in model, or the path of a Hugging Face config.json")
    .option("--trace <file>", "a real trace for the second half, .gz or not (default: drawn requests only)")
    .addOption(new Option("--format <format>", "the trace's format (default: told from its beginning)").choices(traceFormatSchema.options))
    .option("--sessions-per-s <n>", "of a trace of agent sessions: how many begin a second", positiveNumber)
    .option("--quick", "a look: the first regime alone, few seeds")
    .option("--html <file>", "write the outcome as one page, with its plots, there; replaces a file that is there")
    .option("--out <file>", "write the outcome there, as JSON; replaces a file that is there")
    .option("--json", "print the outcome as JSON instead of text")
    .action(async (name: string | undefined, options: ExperimentOptions) => {
      if (name === undefined) {
        io.out(experimentList(experiments));
        return;
      }
      const experiment = experimentOf(name);
      const chosen = deviceOf(io, options);
      const trace = options.trace === undefined ? null : await traceOf(io, options.trace, chosen, options);
      const progress = progressLine(io, false);
      const isQuick = options.quick === true;
      const count = options.seeds ?? (isQuick ? QUICK_SEEDS : SEEDS);
      const result = runExperiment(experiment, {
        ...chosen,
        trace,
        seeds: Array.from({ length: count }, (_, i) => i + 1),
        isQuick,
        onProgress: (share, what) => progress.show(share, what),
      });
      progress.end();
      const json = `${JSON.stringify(result, null, 1)}\n`;
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      if (options.html !== undefined) writeWhole(resolve(io.cwd, options.html), experimentHtml(result, makeDocument()));
      io.out(options.json ? json : experimentText(result));
      if (trace === null) io.err("No real trace: give one with --trace FILE, such as Azure's 2023 conversation trace.\n");
      for (const [what, file] of [
        ["Experiment", options.out],
        ["Report", options.html],
      ] as const) {
        if (file !== undefined) io.err(`${what}: ${resolve(io.cwd, file)}\n`);
      }
    });

const seedCount = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 2) {
    throw new InvalidArgumentError("Expected a whole number, 2 or above: one seed has no interval.");
  }
  return value;
};

const experimentOf = (name: string): Experiment => {
  const found = experiments.find((experiment) => experiment.name === name);
  if (found !== undefined) return found;
  const names = experiments.map((experiment) => experiment.name);
  const [closest] = nearest(name, names);
  throw new InputError(
    "experiment",
    `there is none named "${name}"`,
    closest === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${closest}"?`,
  );
};

const deviceOf = (io: Io, { device, model }: ExperimentOptions): ChosenDevice => {
  if (device !== undefined) return chooseDevice(io, atUser(io, device), atUser(io, model), replicaSchema.parse(undefined));
  if (model !== undefined) {
    throw new InputError(
      "--model",
      `expected --device beside it: the made-up device serves ${REFERENCE_DEVICE.model} alone`,
      "Give both, or neither.",
    );
  }
  return { device: REFERENCE_DEVICE, model: builtInModel(REFERENCE_DEVICE.model) };
};

const traceOf = async (
  io: Io,
  file: string,
  { model }: ChosenDevice,
  { format, sessionsPerS }: ExperimentOptions,
): Promise<ReplayedTrace> => {
  const trace = traceSchema.parse({ kind: "trace", file, format, sessions_per_s: sessionsPerS });
  const { requests } = await reading(io, (onRead) =>
    readTrace(trace, resolve(io.cwd, file), { seed: 0, contextLength: model.contextLength, onRead }),
  );
  return replayedTrace(basename(file), requests);
};
