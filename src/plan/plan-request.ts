import type { DeviceModel } from "../calibration/device-model.ts";
import { InputError } from "../errors.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { withLongest } from "../scenario/longest.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import type { PolicyData } from "../scenario/policy.ts";
import { resolveScenario } from "../scenario/resolve.ts";
import { createStreams } from "../sim/streams.ts";
import type { TrafficData } from "../traffic/data.ts";
import { generate } from "../traffic/generate.ts";
import type { Request } from "../traffic/request.ts";
import { alternativesOf } from "./confidence/burstiness.ts";
import { spanOf } from "./notes.ts";
import type { Question } from "./search/question.ts";
import { replicationsFor } from "./search/replication-count.ts";
import type { OnProgress } from "./stages.ts";

/** A device that the answer is held against. */
export interface OtherDevice {
  /** What people call it, as different from the others as need be. */
  readonly name: string;
  /** For the same language model. */
  readonly device: DeviceModel;
}

export interface PlanRequest {
  readonly from: GivenScenario;
  readonly device: DeviceModel;
  /** The language model that the scenario names. */
  readonly model: LanguageModel;
  /** The requests of the scenario's trace, in order of arrival; null where its traffic is generated. */
  readonly trace: readonly Request[] | null;
  /** What generated traffic takes from files; nothing where it is left out. */
  readonly data?: TrafficData;
  /** What the scenario's policy takes from files; nothing where it is left out. */
  readonly policyData?: PolicyData;
  /** How often generated traffic is drawn anew at most, with seeds from the scenario's on; see `replicationsFor`. A trace is played once. */
  readonly replications?: number;
  /** Whether to look for the best floor with an autoscaler on top, and to set all policies side by side. */
  readonly hasFrontier?: boolean;
  /** Whether to say what each lever is worth. */
  readonly hasLevers?: boolean;
  /** Whether to say what the answer becomes when one thing is otherwise, and on which other devices; not where it is left out. */
  readonly sensitivity?: { readonly against: readonly OtherDevice[] };
  /** Told what is about to be simulated, in words, and what share of the stages is behind it. */
  readonly onProgress?: OnProgress;
}

/**
 * The question that a scenario asks of a device, with the requests of each seed.
 *
 * @throws InputError where the traffic has no requests, or all at one instant
 */
export const questionOf = (
  { from, device, model, trace, data, replications }: PlanRequest,
  onProgress: Question["onProgress"] = () => {},
): Question => {
  const { scenario, place } = from;
  const { traffic } = withLongest(from, model).scenario;
  const drawn = new Map<number, readonly Request[]>();
  const requestsOf = (seed: number): readonly Request[] => {
    if (traffic.kind === "trace") return trace ?? [];
    const requests = drawn.get(seed) ?? [...generate(traffic, createStreams(seed), data)];
    drawn.set(seed, requests);
    return requests;
  };
  const first = requestsOf(scenario.seed);
  if (spanOf(first) === 0) {
    const found = first.length === 0 ? "none" : `${first.length} at one`;
    throw new InputError(
      `${place}: traffic`,
      `expected requests at two instants or more, got ${found}`,
      "Give more traffic: a longer duration, or a longer trace.",
    );
  }
  const count = traffic.kind === "trace" ? 1 : (replications ?? replicationsFor(first.length));
  return {
    setup: resolveScenario(from, device, model, first, data),
    objectives: scenario.objectives,
    prices: scenario.prices,
    seeds: Array.from({ length: count }, (_, i) => scenario.seed + i),
    requestsOf,
    alternatives: alternativesOf(traffic, data),
    onProgress,
  };
};

/** Requests per second of the first seed, from its first to its last: a generator's own mean may be that of a day of which the traffic is an hour. */
export const meanRateOf = ({ requestsOf, seeds: [seed = 0] }: Question): number => {
  const requests = requestsOf(seed);
  return requests.length / spanOf(requests);
};
