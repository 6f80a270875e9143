import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { capacityInterval } from "../../src/plan/confidence/capacity-interval.ts";
import { reachableObjectives } from "../../src/plan/default-chat.ts";
import { driftsOf } from "../../src/plan/confidence/drift.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import { valuesOf } from "../../src/plan/objectives/latencies.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { unloadedLatencies } from "../../src/plan/search/unloaded.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { scenarioSchema } from "../../src/scenario/schema.ts";
import type { Request } from "../../src/traffic/request.ts";
import { toNanoseconds } from "../../src/units.ts";

/** Whether the prediction interval from the first half of a window of a real trace holds the number of replicas that its second half needs. */

/** A half, and from one window to the next: windows overlap by half. */
const HALF_S = 600;
/** How much faster than it was a trace is played, so that more than one replica is needed. */
const SPEEDS = [4, 8, 16] as const;

export interface Half {
  readonly from_s: number;
  readonly speed: number;
  readonly interval: { readonly low: number; readonly high: number };
  readonly second: number;
  /** What drifts over the first half, in words. */
  readonly drifts: readonly string[];
}

export const halvesOf = (device: DeviceModel, trace: readonly Request[]): Half[] => {
  const last = trace.at(-1)!.arrivedAt - trace[0]!.arrivedAt;
  const windows = Math.floor(last / toNanoseconds(HALF_S)) - 1;
  return SPEEDS.flatMap((speed) =>
    Array.from({ length: windows }, (_, i): Half | null => {
      const first = questionOf(device, halfOf(trace, i, speed));
      const second = smallestFixed(questionOf(device, halfOf(trace, i + 1, speed)));
      const search = smallestFixed(first);
      if (search.kind === "not-found" || second.kind === "not-found") return null;
      const { low, high } = capacityInterval(first, search, null, true).prediction!;
      const drifts = driftsOf(first.requestsOf(0)).map(({ of, p }) => `${of} (p ${p.toPrecision(1)})`);
      return { from_s: i * HALF_S, speed, interval: { low, high }, second: second.replicas, drifts };
    }).filter((half) => half !== null),
  );
};

/** Requests of the i-th ten minutes, from time 0 on. */
const halfOf = (trace: readonly Request[], i: number, speed: number): Request[] => {
  const start = trace[0]!.arrivedAt + toNanoseconds(i * HALF_S);
  return trace
    .filter(({ arrivedAt }) => arrivedAt >= start && arrivedAt < start + toNanoseconds(HALF_S))
    .map((request, id) => ({ ...request, id, arrivedAt: Math.floor((request.arrivedAt - start) / speed) }));
};

const questionOf = (device: DeviceModel, requests: readonly Request[]): Question => {
  const model = builtInModel(device.model);
  const traffic = { kind: "trace", file: "half", beyond_context: "keep" } as const;
  const scenario = scenarioSchema.parse({ name: "half", traffic, model: model.name });
  const setup = resolveScenario({ scenario, given: new Map(), place: "half" }, device, model, requests);
  return {
    setup,
    objectives: reachableObjectives(valuesOf(unloadedLatencies(requests, setup.replica, setup.stepTime))),
    seeds: [0],
    requestsOf: () => requests,
    onProgress: () => {},
  };
};
