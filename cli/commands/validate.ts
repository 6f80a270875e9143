import { resolve } from "node:path";
import { Command } from "commander";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { readEngineLog } from "../../src/calibration/engine-log.ts";
import { InputError } from "../../src/errors.ts";
import type { LanguageModel } from "../../src/model/language-model.ts";
import { fleetValidationHtml } from "../../src/report/html/fleet-validation-page.ts";
import { validationHtml } from "../../src/report/html/validation-page.ts";
import { savedJson } from "../../src/json.ts";
import { fleetValidationText } from "../../src/report/fleet-validation-text.ts";
import { validationText } from "../../src/report/validation-text.ts";
import type { GivenScenario } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { scenarioSchema } from "../../src/scenario/schema.ts";
import { validateRun } from "../../src/validation/validate.ts";
import { chooseDevice } from "../choose-device.ts";
import { makeDocument } from "../document.ts";
import { modelOfTables, stepOverhead } from "../engine-tables.ts";
import { readText, writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { atUser } from "../load-scenario.ts";
import { memorySize, nonNegativeNumber, positiveWholeNumber, refuseOptions } from "../options.ts";
import { progressLine } from "../progress.ts";
import { queriesText } from "../query-options.ts";
import { readRunFolder, type RunFolder } from "../read-logged-run.ts";
import { validateFleetOf } from "../validate-fleet.ts";

interface ValidateOptions {
  readonly run?: string;
  readonly fleet?: string;
  readonly queries?: true;
  readonly manifests?: string;
  readonly policy?: true;
  readonly slo?: string;
  readonly seeds: number;
  readonly tolerance: number;
  readonly device?: string;
  readonly tables?: string;
  readonly model?: string;
  readonly memory?: number;
  readonly engineLog?: string;
  readonly kvBlocks?: number;
  readonly stepOverhead?: number;
  readonly html?: string;
  readonly out?: string;
  readonly json?: true;
}

/** `ballast validate`: a logged run of a real engine, replayed and held against itself. */
export const validateCommand = (io: Io): Command =>
  new Command("validate")
    .description(
      "Replay a logged run of a real engine, or the hours of a fleet that Prometheus saw, and say how far the simulation is off: TTFT, TPOT, end to end, running and waiting.",
    )
    .argument("[scenario]", "with --fleet: how the servers run and what is asked of them, YAML or JSON (default: all by default)")
    .option("--fleet <folder>", "saved range queries of a Prometheus that scrapes the fleet: docs/prometheus.md")
    .option("--queries", "print the queries that fill such a folder, as curl commands; `ballast traffic queries` has options for them")
    .option("--manifests <file>", "with --fleet: Kubernetes manifests of the scenario (default: the scenario's)")
    .option("--policy", "with --fleet: the scenario's policy, or its manifests', decides the number of replicas (default: as observed)")
    .option(
      "--slo <objectives>",
      "with --fleet: what is to be reproduced, as plan writes it (default: the scenario's, else 2 s and 100 ms)",
    )
    .option(
      "--seeds <n>",
      "with --fleet: how often the requests are drawn, for each burstiness: the more, the narrower the intervals",
      positiveWholeNumber,
      5,
    )
    .option(
      "--tolerance <share>",
      "with --fleet: how far outside what was observed a figure still counts as reproduced",
      nonNegativeNumber,
      0.1,
    )
    .option(
      "--run <folder>",
      "the logged run: requests.jsonl, meta.json, and profile/ or device-model.json; timeseries.csv and a .log where there are",
    )
    .option("--device <file>", "a device model from calibrate --out, or a profile (default: the folder's own)")
    .option("--tables <folder>", "layer tables of the engine (default: the folder's own)")
    .option("--model <name|path>", "a built-in model, or the path of a Hugging Face config.json (default: the one that the run names)")
    .option("--memory <size>", "the GPU's memory, such as 96GB (default: by its name)", memorySize)
    .option("--engine-log <file>", "log of the engine's start: its KV blocks (default: a .log in the folder, else estimated from memory)")
    .option("--kv-blocks <n>", "KV blocks, as the engine's log states them", positiveWholeNumber)
    .option("--step-overhead <µs>", "CPU time that every step adds, in microseconds (default: 0, hidden behind the GPU)", nonNegativeNumber)
    .option("--html <file>", "write the outcome as one page, with its plots, there; replaces a file that is there")
    .option("--out <file>", "write the outcome there, as JSON; replaces a file that is there")
    .option("--json", "print the outcome as JSON instead of text")
    .action(async (file: string | undefined, options: ValidateOptions) => {
      if (options.queries === true) return io.out(queriesText({}, true));
      if (options.fleet !== undefined) return validateFleetWith(io, file, { ...options, fleet: options.fleet });
      const { run } = options;
      if (run === undefined) {
        throw new InputError(
          "validate",
          "expected what to replay, got neither --run nor --fleet",
          "Name a logged run, or a folder of range queries: --queries prints them.",
        );
      }
      const folder = await readRunFolder(run, io.cwd);
      const { device, model } = deviceOf(io, folder, options);
      const from = scenarioOf(folder, model, { ...options, run });
      const requests = folder.requests.map(({ request }) => request);
      const setup = resolveScenario(from, device, model, requests);
      const validation = validateRun(
        {
          place: run,
          engine: folder.engine,
          device: device.device,
          model: model.name,
          requests: folder.requests,
          gauges: folder.gauges,
        },
        { ...setup, seed: from.scenario.seed },
        [
          ...(folder.notModelled.length === 0 ? [] : [`Arguments of the engine that are not modelled: ${folder.notModelled.join(", ")}.`]),
          ...device.notes,
        ],
      );
      const json = `${JSON.stringify(validation, null, 1)}\n`;
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      if (options.html !== undefined) writeWhole(resolve(io.cwd, options.html), validationHtml(validation, makeDocument()));
      io.out(options.json ? json : validationText(validation));
      for (const [name, file] of [
        ["Validation", options.out],
        ["Report", options.html],
      ] as const) {
        if (file !== undefined) io.err(`${name}: ${resolve(io.cwd, file)}\n`);
      }
    });

/** A fleet's own hours beside their simulation. */
const validateFleetWith = async (
  io: Io,
  file: string | undefined,
  options: ValidateOptions & { readonly fleet: string },
): Promise<void> => {
  refuseOptions(
    options,
    ["run", "tables", "memory", "engineLog", "kvBlocks", "stepOverhead"],
    "has no part in --fleet, whose servers a scenario and a device describe",
    "Leave it out; `ballast calibrate --out` makes the device of tables and a log.",
  );
  const progress = progressLine(io, false);
  const { validation, objectives } = await validateFleetOf(io, file, options, (what) => progress.show(0, `Simulating ${what}`));
  progress.end();
  const json = savedJson(validation);
  if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
  if (options.html !== undefined) writeWhole(resolve(io.cwd, options.html), fleetValidationHtml(validation, objectives, makeDocument()));
  io.out(options.json ? json : fleetValidationText(validation, objectives));
  if (options.out !== undefined) io.err(`Validation: ${options.out}\n`);
  if (options.html !== undefined) io.err(`Report: ${options.html}\n`);
};

const deviceOf = (io: Io, folder: RunFolder, options: ValidateOptions): { device: DeviceModel; model: LanguageModel } => {
  const saved = options.device ?? (options.tables === undefined ? folder.deviceModel : undefined);
  const named = options.model ?? folder.model.split("/").at(-1) ?? folder.model;
  const log = options.engineLog === undefined ? folder.kvCache : readEngineLog(readText(io.cwd, options.engineLog), options.engineLog);
  if (saved !== undefined) {
    refuse(options.tables, "--tables", saved);
    refuse(options.memory, "--memory", saved);
    refuse(options.stepOverhead, "--step-overhead", saved);
    const chosen = chooseDevice(io, atUser(io, saved), atUser(io, named), { gpu_memory_utilization: 0.9, block_size: 16 });
    return log === undefined ? chosen : { ...chosen, device: { ...chosen.device, kv_cache: log } };
  }
  const tables = options.tables ?? folder.tables;
  if (tables === undefined) {
    throw new InputError(
      `${folder.path}: profile`,
      "is not there, nor is device-model.json",
      "Give the step times: --tables FOLDER, or --device FILE from `ballast calibrate --out`.",
    );
  }
  return modelOfTables(tables, io.cwd, {
    model: named,
    tensorParallel: folder.tensorParallel,
    overhead: stepOverhead(options.stepOverhead),
    ...(options.memory === undefined ? {} : { memory: options.memory }),
    ...(log === undefined ? {} : { kvCache: log }),
  });
};

const refuse = (value: unknown, option: string, device: string): void => {
  if (value === undefined) return;
  throw new InputError(
    option,
    `has no part in ${device}, which has its own`,
    "Leave it out, or make the device model anew: ballast calibrate",
  );
};

/** The run as a scenario: the engine's own arguments are the user's. */
const scenarioOf = (
  folder: RunFolder,
  model: LanguageModel,
  { run, kvBlocks }: ValidateOptions & { readonly run: string },
): GivenScenario => {
  if (kvBlocks === 1)
    throw new InputError("--kv-blocks", "expected 2 or more, since one is the null block, got 1", "Take the number from the engine's log.");
  const settings = { ...folder.settings, ...(kvBlocks === undefined ? {} : { num_gpu_blocks: kvBlocks }) };
  const traffic = { kind: "trace", format: "vllm", file: `${run}/requests.jsonl` } as const;
  return {
    scenario: scenarioSchema.parse({ name: run, traffic, model: model.name, replica: settings }),
    given: new Map([
      ["traffic", run],
      ["model", `${run}/meta.json`],
      ...Object.keys(settings).map(
        (name) => [`replica.${name}`, name === "num_gpu_blocks" && kvBlocks !== undefined ? "--kv-blocks" : `${run}/meta.json`] as const,
      ),
    ]),
    place: run,
  };
};
