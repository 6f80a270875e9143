import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { InputError } from "../src/errors.ts";
import { parseScenario, type GivenScenario } from "../src/scenario/parse.ts";
import { scenarioSchema } from "../src/scenario/schema.ts";
import type { Request } from "../src/traffic/request.ts";
import type { Traffic } from "../src/traffic/schema.ts";
import { chooseDevice, type ChosenDevice, type Written } from "./choose-device.ts";
import type { Io } from "./io.ts";
import { readTrace } from "./read-trace.ts";

/** What the user asked for on the command line; it goes before what the scenario's file says. */
export interface Overrides {
  readonly model?: string;
  readonly device?: string;
  readonly seed?: number;
}

/** A scenario with all that it names read in. */
export interface LoadedScenario extends ChosenDevice {
  readonly from: GivenScenario;
  /** Null where the traffic is generated. */
  readonly trace: readonly Request[] | null;
}

/**
 * Reads a scenario's file and what it names. Paths in the file start from its folder; those of options from the user's.
 *
 * @throws InputError where any of it is missing or wrong
 */
export const loadScenario = async (io: Io, file: string, overrides: Overrides): Promise<LoadedScenario> => {
  const path = resolve(io.cwd, file);
  if (!existsSync(path)) throw new InputError(file, "is not there", "`ballast init` writes a scenario to begin with.");
  const parsed = parseScenario(readFileSync(path, "utf8"), file);
  const folder = dirname(path);
  const written = (option: string | undefined, field: string | undefined): Written | undefined =>
    option !== undefined ? { text: option, folder: io.cwd } : field === undefined ? undefined : { text: field, folder };
  const chosen = chooseDevice(
    io,
    written(overrides.device, parsed.scenario.device),
    written(overrides.model, parsed.scenario.model),
    parsed.scenario.replica,
  );
  const from: GivenScenario = {
    ...parsed,
    scenario: { ...parsed.scenario, seed: overrides.seed ?? parsed.scenario.seed },
    given: new Map([...parsed.given, ...(overrides.model === undefined ? [] : [["model", "--model"] as const])]),
  };
  return { ...chosen, from, trace: await traceOf(from, folder) };
};

/**
 * A scenario of nothing but a trace's file, all else by default.
 *
 * @param format by the file's name where it is not given: .csv is Azure's, .jsonl Mooncake's
 */
export const scenarioOfTrace = async (io: Io, file: string, format: string | undefined, overrides: Overrides): Promise<LoadedScenario> => {
  const known = format ?? formatByName(file);
  const settings = scenarioSchema.shape.replica.parse(undefined);
  const chosen = chooseDevice(io, atUser(io, overrides.device), atUser(io, overrides.model), settings);
  const from: GivenScenario = {
    scenario: scenarioSchema.parse({ name: basename(file), traffic: { kind: "trace", format: known, file }, model: chosen.model.name }),
    given: new Map([["traffic", "--traffic"] as const, ...(overrides.model === undefined ? [] : [["model", "--model"] as const])]),
    place: "--traffic",
  };
  return { ...chosen, from, trace: await traceOf(from, io.cwd) };
};

/** A path of an option, which starts from the user's folder. */
export const atUser = (io: Io, text: string | undefined): Written | undefined =>
  text === undefined ? undefined : { text, folder: io.cwd };

const formatByName = (file: string): Extract<Traffic, { kind: "trace" }>["format"] => {
  const name = file.replace(/\.gz$/u, "");
  if (name.endsWith(".csv")) return "azure";
  if (name.endsWith(".jsonl")) return "mooncake";
  throw new InputError(
    "--traffic",
    `expected a name that tells the format, .csv (Azure) or .jsonl (Mooncake), got ${file}`,
    "Say which it is: --format azure",
  );
};

const traceOf = async ({ scenario: { traffic, seed } }: GivenScenario, folder: string): Promise<Request[] | null> =>
  traffic.kind === "trace" ? readTrace(traffic, resolve(folder, traffic.file), seed) : null;
