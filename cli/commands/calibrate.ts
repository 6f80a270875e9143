import { resolve } from "node:path";
import { Command } from "commander";
import { anchorModel } from "../../src/calibration/anchors/apply.ts";
import { calibrate } from "../../src/calibration/calibrate.ts";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { readEngineLog } from "../../src/calibration/engine-log.ts";
import { engineModel } from "../../src/calibration/engine-model.ts";
import { largestBuiltInThatFits } from "../../src/calibration/kv-blocks.ts";
import { fittedPoints } from "../../src/calibration/fitted-points.ts";
import { InputError } from "../../src/errors.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { deviceModelText } from "../../src/report/device-model-text.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { modelOfTables, stepOverhead } from "../engine-tables.ts";
import { chooseModel } from "../choose-model.ts";
import { chooseFitted } from "../choose-profile.ts";
import { readText, writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { contentHash } from "../kept-profiles.ts";
import { memorySize, nonNegativeNumber, positiveWholeNumber } from "../options.ts";
import { readAnchor } from "../read-anchors.ts";
import { readCsvLines, textHash } from "../read-tables.ts";

interface CalibrateOptions {
  readonly model?: string;
  readonly memory?: number;
  readonly tables?: string;
  readonly points?: string;
  readonly engine: string;
  readonly deviceName?: string;
  readonly anchor: readonly string[];
  readonly tp: number;
  readonly engineLog?: string;
  readonly stepOverhead?: number;
  readonly out?: string;
  readonly json?: true;
}

/** `ballast calibrate`: a profile, or an engine's own step times, and a language model to the three curves of the scaling model. */
export const calibrateCommand = (io: Io): Command =>
  new Command("calibrate")
    .description("Fit the scaling model of a language model to a measured device: load, warm-up and step curve.")
    .argument(
      "[profile]",
      "a profile's file, a run's folder, or <device>/<condition> below results/ (default: the newest run that can be fitted)",
    )
    .option("--model <name|path>", "a built-in model, or the path of a Hugging Face config.json (default: the largest built-in that fits)")
    .option("--memory <size>", "memory for weights and KV cache, such as 24GiB (default: as the profile states it)", memorySize)
    .option(
      "--tables <folder>",
      "layer tables of an engine instead of a profile: meta.yaml, dense.csv, per_sequence.csv, attention.csv, skew_fit.csv",
    )
    .option(
      "--points <file>",
      "whole steps of an engine instead of a profile: CSV of prefill_tokens,prefill_context,decode_sequences,decode_context,seconds",
    )
    .option("--engine <name>", "with --points: whose steps they are, with its version", "vllm")
    .option("--device-name <name>", "with --points: the GPU they ran on")
    .option(
      "--anchor <file>",
      "measured points to rescale the curves to, may be repeated: vllm bench serve, llama-bench, nvbandwidth, a vLLM's log, a profile's native reference (default: none, UNANCHORED)",
      (file: string, files: readonly string[]) => [...files, file],
      [],
    )
    .option("--tp <n>", "tensor parallelism: which of the tables, tp<n>/ in their folder", positiveWholeNumber, 1)
    .option("--engine-log <file>", "log of the engine's start: its KV blocks (default: estimated from memory)")
    .option(
      "--step-overhead <µs>",
      "CPU time that every step of the engine adds, in microseconds (default: 0, hidden behind the GPU)",
      nonNegativeNumber,
    )
    .option("--out <file>", "write the device model there, as JSON; replaces a file that is there")
    .option("--json", "print the device model as JSON instead of the curves")
    .action((given: string | undefined, options: CalibrateOptions) => {
      const isEngine = options.tables !== undefined || options.points !== undefined;
      const { fitted: plain, profile, from } = isEngine ? ofEngine(io, given, options) : ofProfile(io, given, options);
      const fitted =
        options.anchor.length === 0
          ? plain
          : anchorModel(
              plain,
              options.anchor.map((file) => readAnchor(file, io.cwd)),
            );
      const json = `${JSON.stringify(fitted, null, 1)}\n`;
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      io.err(`${from}\n`);
      io.out(options.json ? json : deviceModelText(fitted, PLAIN, profile));
      if (options.out !== undefined) io.err(`device model: ${options.out}\n`);
    });

interface Fitted {
  readonly fitted: DeviceModel;
  readonly profile?: Profile;
  /** What it was made of, for people. */
  readonly from: string;
}

const ofProfile = (io: Io, given: string | undefined, options: CalibrateOptions): Fitted => {
  const named = options.model === undefined ? null : chooseModel(options.model, io.cwd);
  const { path, profile, fitted } = chooseFitted(io, given, (measured) =>
    calibrate(measured, named ?? largestBuiltInThatFits(measured, replicaSchema.parse({}), options.memory), {
      profileHash: contentHash(measured),
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    }),
  );
  return { fitted, profile, from: `profile: ${path}` };
};

const ofEngine = (io: Io, given: string | undefined, options: CalibrateOptions): Fitted => {
  const { tables, points, tp, memory, engineLog } = options;
  const sources = [given, tables, points].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    throw new InputError("calibrate", `expected a profile, --tables or --points, got ${sources.join(" and ")}`, "Leave all but one out.");
  }
  const facts = {
    tensorParallel: tp,
    dtype: "f16" as const,
    ...(memory === undefined ? {} : { memory }),
    ...(engineLog === undefined ? {} : { kvCache: readEngineLog(readText(io.cwd, engineLog), engineLog) }),
  };
  const overhead = stepOverhead(options.stepOverhead);
  if (points !== undefined) {
    if (options.model === undefined)
      throw new InputError("--model", "expected the model that the steps were of, got none", "Name it: --model Llama-3.1-8B");
    const text = readText(io.cwd, points);
    const curve = fittedPoints(readCsvLines(text, points), points, overhead);
    const named = { engine: options.engine, device: options.deviceName ?? "a GPU without a name (--device-name)", hash: textHash(text) };
    return {
      fitted: engineModel(chooseModel(options.model, io.cwd), { curve, notes: [] }, { ...facts, ...named }),
      from: `steps: ${points}`,
    };
  }
  const folder = tables ?? "";
  const { device } = modelOfTables(folder, io.cwd, {
    ...facts,
    overhead,
    ...(options.model === undefined ? {} : { model: options.model }),
  });
  return { fitted: device, from: `tables: ${folder}` };
};
