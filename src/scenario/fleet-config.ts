import type { DeviceModel } from "../calibration/device-model.ts";
import { InputError } from "../errors.ts";
import type { FleetConfig } from "../fleet/config.ts";
import type { Run } from "../fleet/run.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { createStreams } from "../sim/streams.ts";
import { NO_DATA, type TrafficData } from "../traffic/data.ts";
import { generate } from "../traffic/generate.ts";
import type { Request } from "../traffic/request.ts";
import { withLongest } from "./longest.ts";
import type { GivenScenario } from "./parse.ts";
import { policyInput, resolvePolicy, type PolicyData } from "./policy.ts";
import { resolveScenario } from "./resolve.ts";

/** A scenario and all that it names. */
export interface ScenarioParts {
  readonly from: GivenScenario;
  readonly device: DeviceModel;
  /** The language model that the scenario names. */
  readonly model: LanguageModel;
  /** The requests of the scenario's trace, in order of arrival; null, or left out, where its traffic is generated. */
  readonly trace?: readonly Request[] | null;
  /** What generated traffic takes from files; nothing where it is left out. */
  readonly data?: TrafficData;
  /** What the scenario's policy takes from files; nothing where it is left out. */
  readonly policyData?: PolicyData;
}

/**
 * What `simulate` takes, of a scenario and all that it names.
 *
 * @throws InputError where it has no policy, or its parts do not fit together
 */
export const fleetConfig = (parts: ScenarioParts): FleetConfig => {
  const { from, device, model, data = NO_DATA, policyData = {} } = parts;
  checkPolicyGiven(parts);
  const requests = requestsOf(parts);
  const setup = resolveScenario(from, device, model, requests, data);
  const policy = resolvePolicy(from, setup, policyData)!;
  const { cautions } = from.server ?? {};
  return {
    ...setup,
    inputs: [...setup.inputs, policyInput(from, policy, policyData)],
    policy,
    seed: from.scenario.seed,
    requests,
    ...(cautions === undefined ? {} : { cautions }),
  };
};

const requestsOf = ({ from, model, trace, data }: ScenarioParts): Iterable<Request> => {
  const { traffic, seed } = withLongest(from, model).scenario;
  return traffic.kind === "trace" ? (trace ?? []) : generate(traffic, createStreams(seed), data);
};

/** @throws InputError where neither the scenario nor its manifests say what decides the number of replicas */
export const checkPolicyGiven = ({ from, policyData }: Pick<ScenarioParts, "from" | "policyData">): void => {
  if (from.scenario.policy !== undefined || policyData?.manifest !== undefined) return;
  throw new InputError(
    `${from.place}: policy`,
    "expected a policy to simulate, got none",
    "Write one, {kind: fixed, replicas: 4}, take it from --manifests, or search for it: ballast plan",
  );
};

/** @throws InputError where the traffic turned out to be empty */
export const checkArrived = ({ place }: GivenScenario, run: Run): void => {
  if (run.requests.arrived > 0) return;
  throw new InputError(`${place}: traffic`, "expected at least one request, got none", "Give it a longer duration or a higher rate.");
};
