import { InputError } from "../src/errors.ts";
import type { FleetConfig } from "../src/fleet/config.ts";
import type { Run } from "../src/fleet/run.ts";
import { policyInput, resolvePolicy } from "../src/scenario/policy.ts";
import { resolveScenario } from "../src/scenario/resolve.ts";
import { createStreams } from "../src/sim/streams.ts";
import { generate } from "../src/traffic/generate.ts";
import type { Request } from "../src/traffic/request.ts";
import type { LoadedFleet, LoadedScenario } from "./load-scenario.ts";

/**
 * What `simulate` takes, of a scenario that has been read in.
 *
 * @throws InputError where it has no policy, or its parts do not fit together
 */
export const fleetConfig = (loaded: LoadedScenario): FleetConfig => {
  const { from, device, model, data, policyData } = loaded;
  checkPolicyGiven(loaded);
  const requests = requestsOf(loaded);
  const setup = resolveScenario(from, device, model, requests, data);
  const policy = resolvePolicy(from, setup, policyData)!;
  return { ...setup, inputs: [...setup.inputs, policyInput(from, policy, policyData)], policy, seed: from.scenario.seed, requests };
};

const requestsOf = ({ from: { scenario }, trace, data }: LoadedScenario): Iterable<Request> =>
  scenario.traffic.kind === "trace" ? (trace ?? []) : generate(scenario.traffic, createStreams(scenario.seed), data);

/** @throws InputError where neither the scenario nor its manifests say what decides the number of replicas */
export const checkPolicyGiven = ({ from, policyData }: LoadedFleet): void => {
  if (from.scenario.policy !== undefined || policyData.manifest !== undefined) return;
  throw new InputError(
    `${from.place}: policy`,
    "expected a policy to simulate, got none",
    "Write one, {kind: fixed, replicas: 4}, take it from --manifests, or search for it: ballast plan",
  );
};

/** @throws InputError where the traffic turned out to be empty */
export const checkArrived = ({ from: { place } }: LoadedScenario, run: Run): void => {
  if (run.requests.arrived > 0) return;
  throw new InputError(`${place}: traffic`, "expected at least one request, got none", "Give it a longer duration or a higher rate.");
};

/** A run as it is saved. */
export const runJson = (run: Run): string => `${JSON.stringify(run, null, 1)}\n`;
