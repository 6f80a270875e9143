import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import { InputError } from "../src/errors.ts";
import { manifestPolicy, withoutPolicy, withServedModel, withWorkload } from "../src/manifests/apply.ts";
import { destinationOf, type Destination, type OwnManifests } from "../src/manifests/destination.ts";
import type { Choice } from "../src/manifests/read.ts";
import { checkContext } from "../src/scenario/check-context.ts";
import { withLongest } from "../src/scenario/longest.ts";
import { parseScenario, type GivenScenario } from "../src/scenario/parse.ts";
import type { PolicyData } from "../src/scenario/policy.ts";
import { scenarioSchema } from "../src/scenario/schema.ts";
import type { Request } from "../src/traffic/request.ts";
import { NO_DATA, type TrafficData } from "../src/traffic/data.ts";
import { chooseDevice, type ChosenDevice, type Written } from "./choose-device.ts";
import { shellWord } from "./command-text.ts";
import type { Io } from "./io.ts";
import { refuseOptions } from "./options.ts";
import { isPrometheusFolder } from "./read-prometheus.ts";
import { readManifestsOf, readPolicyModule } from "./read-policy.ts";
import type { TrafficOf } from "../src/traffic/schema.ts";
import type { TraceFormat } from "../src/traffic/trace/schema.ts";
import type { OnRead } from "./open-text.ts";
import { readTrace } from "./read-trace.ts";
import { readTrafficData } from "./read-traffic-data.ts";

/** What the user asked for on the command line; it goes before what the scenario's file says. */
export interface Overrides {
  readonly model?: string;
  readonly device?: string;
  readonly seed?: number;
  /** How often an agent session begins, for a trace without a scenario. */
  readonly sessionsPerS?: number;
  /** Kubernetes manifests, and which of several objects are meant. */
  readonly manifests?: string;
  readonly autoscaler?: string;
  readonly workload?: string;
  readonly container?: string;
  /** Told what share of a file has been read. */
  readonly onRead?: OnRead;
}

/** How the files that a scenario names are read. */
export interface Readers {
  readonly chooseDevice: typeof chooseDevice;
  readonly readPolicyModule: typeof readPolicyModule;
  readonly readTrace: typeof readTrace;
  readonly readTrafficData: typeof readTrafficData;
}

/** Anew each time. */
export const READERS: Readers = { chooseDevice, readPolicyModule, readTrace, readTrafficData };

/** A scenario with all that it names read in, but for its traffic. */
export interface LoadedFleet extends ChosenDevice {
  readonly from: GivenScenario;
  /** What its policy takes from files. */
  readonly policyData: PolicyData;
  /** What its manifests scale; null where it has none. */
  readonly destination: Destination | null;
}

/** The traffic of a scenario, as far as it comes from files. */
export interface LoadedTraffic {
  /** Null where the traffic is generated. */
  readonly trace: readonly Request[] | null;
  /** What generated traffic takes from files. */
  readonly data: TrafficData;
}

/** A scenario with all that it names read in. */
export type LoadedScenario = LoadedFleet & LoadedTraffic;

/**
 * Reads a scenario's file and what it names. Paths in the file start from its folder; those of options from the user's.
 *
 * @throws InputError where any of it is missing or wrong
 */
export const loadScenario = async (io: Io, file: string, overrides: Overrides): Promise<LoadedScenario> => {
  const path = resolve(io.cwd, file);
  if (!existsSync(path)) throw new InputError(file, "is not there", "`ballast init` writes a scenario to begin with.");
  const folder = dirname(path);
  const fleet = await loadFleet(io, parseScenario(readFileSync(path, "utf8"), file), folder, overrides);
  return withTraffic(fleet, folder, overrides.onRead);
};

/**
 * Reads what a scenario names, but for its traffic.
 *
 * @param folder that its paths start from
 * @throws InputError where any of it is missing or wrong
 */
export const loadFleet = async (
  io: Io,
  parsed: GivenScenario,
  folder: string,
  overrides: Overrides,
  readers: Readers = READERS,
): Promise<LoadedFleet> => {
  const written = (option: string | undefined, field: string | undefined): Written | undefined =>
    option !== undefined ? { text: option, folder: io.cwd } : field === undefined ? undefined : { text: field, folder };
  const { manifests } = parsed.scenario;
  const named = written(overrides.manifests, manifests?.file);
  if (named === undefined) {
    refuseOptions(
      overrides,
      ["autoscaler", "workload", "container"],
      "expected manifests to choose from, got none",
      "Name their file: --manifests FILE, or manifests in the scenario.",
    );
  }
  const chosenObjects = { ...(overrides.manifests === undefined ? manifests : {}), ...choiceOf(overrides) };
  const read = named === undefined ? null : readManifestsOf(named, chosenObjects);
  const asked = read !== null && overrides.manifests !== undefined ? withoutPolicy(parsed) : parsed;
  const served = read === null ? asked : withWorkload(asked, read.manifests, read.place);
  const chosen = readers.chooseDevice(
    io,
    written(overrides.device, parsed.scenario.device),
    written(overrides.model, parsed.scenario.model),
    served.scenario.replica,
  );
  const told = read === null ? served : withServedModel(served, read.manifests, chosen.model.name);
  const from: GivenScenario = {
    ...told,
    scenario: { ...served.scenario, seed: overrides.seed ?? parsed.scenario.seed },
    given: new Map([...served.given, ...(overrides.model === undefined ? [] : [["model", "--model"] as const])]),
  };
  const policyData: PolicyData = {
    ...(read === null ? {} : { manifest: manifestPolicy(read.manifests, read.place) }),
    ...(await modulePart(asked, folder, readers)),
  };
  return {
    ...chosen,
    from,
    policyData,
    destination: read === null || named === undefined ? null : destinationOf(read.manifests, ownOf(io, named, folder, chosenObjects)),
  };
};

/** How the user's manifests are named once more, from his folder and from the scenario's. */
const ownOf = (io: Io, named: Written, folder: string, { workload, container }: Choice): Omit<OwnManifests, "autoscaler"> => {
  const path = resolve(named.folder, named.text);
  const from = (base: string): string => shellWord(isAbsolute(named.text) ? path : relative(base, path));
  const chosen = [["workload", workload] as const, ["container", container] as const];
  return {
    file: from(io.cwd),
    inScenario: from(folder),
    options: chosen.flatMap(([option, name]) => (name === undefined ? [] : [` --${option} ${shellWord(name)}`])).join(""),
  };
};

const choiceOf = ({ autoscaler, workload, container }: Overrides): Choice => ({
  ...(autoscaler === undefined ? {} : { autoscaler }),
  ...(workload === undefined ? {} : { workload }),
  ...(container === undefined ? {} : { container }),
});

const modulePart = async (
  { scenario: { policy }, place }: GivenScenario,
  folder: string,
  readers: Readers,
): Promise<Pick<PolicyData, "module">> =>
  policy?.kind === "module" ? { module: await readers.readPolicyModule({ text: policy.file, folder }, `${place}: policy.file`) } : {};

/**
 * A scenario of nothing but a trace's file, or a folder of range queries, all else by default.
 *
 * @param format told from the file's beginning where it is not given
 */
export const scenarioOfTrace = async (io: Io, file: string, format: string | undefined, overrides: Overrides): Promise<LoadedScenario> => {
  const settings = scenarioSchema.shape.replica.parse(undefined);
  const chosen = chooseDevice(io, atUser(io, overrides.device), atUser(io, overrides.model), settings);
  const isCounted = isPrometheusFolder(resolve(io.cwd, file));
  if (isCounted && format !== undefined) {
    throw new InputError("--format", `expected a trace beside it, got ${file}, a folder of range queries`, "Leave it out.");
  }
  const from: GivenScenario = {
    scenario: scenarioSchema.parse({
      name: basename(file),
      traffic: isCounted ? { kind: "prometheus", folder: file } : { kind: "trace", format, file, sessions_per_s: overrides.sessionsPerS },
      model: chosen.model.name,
    }),
    given: new Map([["traffic", "--traffic"] as const, ...(overrides.model === undefined ? [] : [["model", "--model"] as const])]),
    place: "--traffic",
  };
  return withTraffic({ ...chosen, from, policyData: {}, destination: null }, io.cwd, overrides.onRead);
};

/** A path of an option, which starts from the user's folder. */
export const atUser = (io: Io, text: string | undefined): Written | undefined =>
  text === undefined ? undefined : { text, folder: io.cwd };

/**
 * Reads in what the traffic names, and holds it against the model's context.
 *
 * @param folder that its paths start from
 * @throws InputError where any of it is missing or wrong
 */
export const withTraffic = async (
  fleet: LoadedFleet,
  folder: string,
  onRead?: OnRead,
  readers: Readers = READERS,
): Promise<LoadedScenario> => {
  const { from, model } = fleet;
  const { traffic, seed } = from.scenario;
  if (traffic.kind !== "trace") {
    const data = await readers.readTrafficData(traffic, folder, onRead);
    checkContext(traffic, model, data, from.place);
    return { ...fleet, from: withLongest(from, model), trace: null, data };
  }
  const options = { seed, contextLength: model.contextLength, ...(onRead === undefined ? {} : { onRead }) };
  const { format, requests } = await readers.readTrace(traffic, resolve(folder, traffic.file), options);
  return { ...fleet, from: withFormat(from, traffic, format), trace: requests, data: NO_DATA };
};

/** A scenario whose trace says of which format it was found to be. */
const withFormat = (from: GivenScenario, traffic: TrafficOf<"trace">, format: TraceFormat): GivenScenario => ({
  ...from,
  scenario: { ...from.scenario, traffic: { ...traffic, format } },
});
