import { createHash } from "node:crypto";
import { InputError } from "../../src/errors.ts";
import { checkConfig } from "../../src/fleet/check-config.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { canonicalJson, savedJson } from "../../src/json.ts";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { checkArrived, checkPolicyGiven, fleetConfig } from "../../src/scenario/fleet-config.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { resolvePolicy } from "../../src/scenario/policy.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { identityOf } from "../../src/sweep/identity.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import type { Io } from "../io.ts";
import { loadFleet, withTraffic, type LoadedFleet } from "../load-scenario.ts";
import { keptReaders } from "./kept-readers.ts";
import { hashesOfNamed, type HashCache } from "./named-files.ts";
import { programHash } from "./program.ts";

/** A scenario as whoever runs it is told of it: plain data, and files by their paths, which lie in the same place wherever it runs. */
export interface ScenarioJob {
  /** The scenario's fields. */
  readonly fields: Record<string, unknown>;
  /** What messages call it: the sweep's file and the combination. */
  readonly place: string;
  /** Folder that the scenario's paths start from. */
  readonly folder: string;
  /** Folder that those of the options start from. */
  readonly cwd: string;
  /** Options that go before what the scenario says. */
  readonly device?: string;
  readonly model?: string;
}

/** One run to be done. */
export interface RunJob extends ScenarioJob {
  readonly seed: number;
  /** Hash of all that shapes it. */
  readonly address: string;
}

/** What a combination's runs have in common: its fleet, and what is hashed. */
export interface LoadedJob {
  readonly fleet: LoadedFleet;
  readonly files: Readonly<Record<string, string>>;
}

/** Whose word the fields of a sweep's scenario are, the varied ones too: a run does not say which sweep it was part of. */
const SOURCE = "scenario";

/** Any traffic: what is held against the scenario before the first run does not depend on it. */
const STAND_IN = trafficSchema.parse({
  kind: "poisson",
  requests_per_s: 1,
  duration_s: 1,
  prompt: { kind: "constant", tokens: 1 },
  output: { kind: "constant", tokens: 1 },
});

/** Loads what jobs name, addresses them, and runs them; what several need is read once. */
export class Jobs {
  private readonly io: Io;
  private readonly readers = keptReaders();
  private readonly hashes: HashCache = new Map();
  private readonly deviceHashes = new WeakMap<DeviceModel, string>();
  private readonly program = programHash();

  constructor(io: Io) {
    this.io = io;
  }

  /** @throws InputError where what the scenario says or names is missing or wrong */
  async load({ fields, place, folder, cwd, device, model }: ScenarioJob): Promise<LoadedJob> {
    const options = { ...(device === undefined ? {} : { device }), ...(model === undefined ? {} : { model }) };
    const fleet = await loadFleet({ ...this.io, cwd }, scenarioOf(fields, place, SOURCE), folder, options, this.readers);
    return { fleet, files: await hashesOfNamed(fleet.from.scenario, folder, this.hashes) };
  }

  /** SHA-256 of all that shapes the run of this seed. */
  addressOf({ fleet, files }: LoadedJob, seed: number): string {
    const from = { ...fleet.from, scenario: { ...fleet.from.scenario, seed } };
    return sha256(identityOf({ from, model: fleet.model, deviceHash: this.deviceHash(fleet.device), files, program: this.program }));
  }

  /**
   * Holds against each other all that does not depend on the traffic, so that a mistake is found before the first run.
   *
   * @throws InputError as the run would
   */
  check({ fleet }: LoadedJob): void {
    checkPolicyGiven(fleet);
    const { from, device, model, policyData } = fleet;
    const standIn = { ...from, scenario: { ...from.scenario, traffic: STAND_IN } };
    const setup = resolveScenario(standIn, device, model, []);
    checkConfig({ ...setup, seed: 0, policy: resolvePolicy(from, setup, policyData)! });
  }

  /**
   * The run's bytes, as they are saved.
   *
   * @throws InputError where the job cannot be run, or is no longer what its address says
   */
  async run(job: RunJob): Promise<string> {
    const loaded = await this.load(job);
    if (this.addressOf(loaded, job.seed) !== job.address) {
      throw new InputError(
        job.place,
        "expected what it named when the sweep began, and a file or the program has changed since",
        "Give the same command again.",
      );
    }
    const { from } = loaded.fleet;
    const fleet = { ...loaded.fleet, from: { ...from, scenario: { ...from.scenario, seed: job.seed } } };
    const scenario = await withTraffic(fleet, job.folder, undefined, this.readers);
    const run = simulate(fleetConfig(scenario));
    checkArrived(from, run);
    return savedJson(run);
  }

  private deviceHash(device: DeviceModel): string {
    const known = this.deviceHashes.get(device) ?? sha256(canonicalJson(device));
    this.deviceHashes.set(device, known);
    return known;
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
