import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "../src/errors.ts";
import { parseObjectives } from "../src/plan/objectives/parse-objectives.ts";
import { parseScenario } from "../src/scenario/parse.ts";
import { resolvePolicy } from "../src/scenario/policy.ts";
import { resolveScenario } from "../src/scenario/resolve.ts";
import { objectivesSchema, type Objectives } from "../src/scenario/objectives.ts";
import { withAsked } from "../src/scenario/asked.ts";
import { createStreams } from "../src/sim/streams.ts";
import { generate } from "../src/traffic/generate.ts";
import { validateFleet } from "../src/validation/fleet.ts";
import type { FleetValidation } from "../src/validation/fleet-schema.ts";
import { readObservedFleet } from "../src/validation/observed-fleet.ts";
import type { Io } from "./io.ts";
import { loadFleet, scenarioOfTrace, withTraffic, type LoadedScenario, type Overrides } from "./load-scenario.ts";
import { isPrometheusFolder, readPrometheusFolder } from "./read-prometheus.ts";

export interface FleetOptions extends Overrides {
  /** The folder of range queries. */
  readonly fleet: string;
  readonly slo?: string;
  /** Whether the scenario's policy decides the number of replicas, instead of what was observed. */
  readonly policy?: true;
  readonly seeds: number;
  readonly tolerance: number;
}

/**
 * Replays the hours that a folder of range queries holds, on the fleet of a scenario or of nothing but options.
 *
 * @throws InputError where any of it is missing or wrong
 */
export const validateFleetOf = async (
  io: Io,
  file: string | undefined,
  options: FleetOptions,
  onProgress: (what: string) => void,
): Promise<{ validation: FleetValidation; objectives: Objectives }> => {
  const { fleet, slo, policy: isPolicy, seeds: many, tolerance } = options;
  const observed = readObservedFleet(readPrometheusFolder(fleet, io.cwd));
  const loaded = await load(io, file, fleet, options);
  const { from, device, model, data, policyData } = loaded;
  const asked = withAsked(from, slo === undefined ? {} : parseObjectives(slo, "--slo"), "--slo");
  const { traffic, seed } = from.scenario;
  if (traffic.kind !== "prometheus") throw new RangeError("a fleet's own traffic is replayed");
  // What is asked of the servers has no part in what they did: a class may be one that no metric tells apart.
  const served = { ...from, scenario: { ...from.scenario, objectives: objectivesSchema.parse({}) } };
  const setup = resolveScenario(served, device, model, generate(traffic, createStreams(seed), data), data);
  const policy = isPolicy === true ? resolvePolicy(from, setup, policyData) : null;
  if (isPolicy === true && policy === null) {
    throw new InputError(
      "--policy",
      "expected a scenario or manifests that decide the number of replicas, got neither",
      "Leave it out, or name them: --manifests FILE.",
    );
  }
  const validation = validateFleet({
    observed,
    setup,
    traffic,
    data,
    policy,
    seeds: Array.from({ length: many }, (_, i) => seed + i),
    tolerance,
    model: model.name,
    device: device.device,
    onProgress,
  });
  return { validation, objectives: asked.scenario.objectives };
};

/** A scenario whose traffic is what the folder has; without a scenario, all else by default. */
const load = async (io: Io, file: string | undefined, folder: string, overrides: FleetOptions): Promise<LoadedScenario> => {
  if (!isPrometheusFolder(resolve(io.cwd, folder))) {
    throw new InputError(
      folder,
      "expected requests.json or rate.json in it, got neither",
      "`ballast traffic queries --fleet` prints the commands that save what is needed.",
    );
  }
  if (file === undefined) {
    if (overrides.manifests !== undefined) {
      throw new InputError(
        "--manifests",
        "expected a scenario beside it, got none",
        "Write one, `ballast init`, and name it: ballast validate SCENARIO --fleet FOLDER",
      );
    }
    return scenarioOfTrace(io, folder, undefined, overrides);
  }
  const path = resolve(io.cwd, file);
  if (!existsSync(path)) throw new InputError(file, "is not there", "`ballast init` writes a scenario to begin with.");
  const parsed = parseScenario(readFileSync(path, "utf8"), file);
  const written = parsed.scenario.traffic;
  const loaded = await loadFleet(io, parsed, dirname(path), overrides);
  const traffic = { ...(written.kind === "prometheus" ? written : { kind: "prometheus" as const, cv: 1 }), folder };
  const given = new Map([...loaded.from.given, ["traffic", "--fleet"] as const]);
  return withTraffic(
    { ...loaded, from: { ...loaded.from, scenario: { ...loaded.from.scenario, traffic }, given } },
    io.cwd,
    overrides.onRead,
  );
};
