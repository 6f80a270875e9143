import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { anchorModel } from "../../src/calibration/anchors/apply.ts";
import { calibrate } from "../../src/calibration/calibrate.ts";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { readEngineLog } from "../../src/calibration/engine-log.ts";
import { engineModel } from "../../src/calibration/engine-model.ts";
import { largestBuiltInThatFits } from "../../src/calibration/kv-blocks.ts";
import { fittedPoints } from "../../src/calibration/fitted-points.ts";
import { layerTables } from "../../src/calibration/layer-tables.ts";
import type { StepOverhead } from "../../src/calibration/step-curve.ts";
import { InputError } from "../../src/errors.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { deviceModelText } from "../../src/report/device-model-text.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { chooseModel } from "../choose-model.ts";
import { chooseProfile } from "../choose-profile.ts";
import { readText, writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { contentHash } from "../kept-profiles.ts";
import { nonNegativeNumber, positiveWholeNumber } from "../options.ts";
import { readAnchor } from "../read-anchors.ts";
import { readCsvLines, readTables, textHash } from "../read-tables.ts";

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
    .argument("[profile]", "a profile's file, a run's folder, or <device>/<condition> below results/ (default: the newest run)")
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
    .option("--out <file>", "write the device model there, as JSON")
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
  const { path, profile } = chooseProfile(io, given);
  const model =
    options.model === undefined
      ? largestBuiltInThatFits(profile, replicaSchema.parse({}), options.memory)
      : chooseModel(options.model, io.cwd);
  const fitted = calibrate(profile, model, {
    profileHash: contentHash(profile),
    ...(options.memory === undefined ? {} : { memory: options.memory }),
  });
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
  const { files, engine, device, hash, model: name, notes } = readTables(folder, io.cwd, tp);
  const model = chooseModel(options.model ?? name.split("/").at(-1) ?? "", io.cwd);
  const step = layerTables(files, model.layers, overhead);
  return {
    fitted: engineModel(model, { ...step, notes: [...notes, ...step.notes] }, { ...facts, engine, device, hash }),
    from: `tables: ${folder}`,
  };
};

const stepOverhead = (microseconds: number | undefined): StepOverhead =>
  microseconds === undefined
    ? { seconds: 0, origin: "assumed", source: "the engine prepares a step while the GPU computes the one before" }
    : { seconds: microseconds * 1e-6, origin: "given", source: "--step-overhead" };

/** Bytes of a size as a person writes it: 24GiB, 80 GB, 512MiB, 1000000. */
const memorySize = (text: string): number => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)?\s*$/u.exec(text);
  const [, digits = "", unit = "B"] = match ?? [];
  const power = "BKMGT".indexOf(unit[0] ?? "B");
  const size = Math.floor(Number(digits) * (unit.includes("i") ? 1024 : 1000) ** power);
  if (match === null || size <= 0) throw new InvalidArgumentError("Expected a size above 0, such as 24GiB or 80GB.");
  return size;
};
