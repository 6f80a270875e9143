import type { DeviceModel } from "../calibration/device-model.ts";
import { InputError } from "../errors.ts";
import type { FleetConfig } from "../fleet/config.ts";
import type { ColdStart } from "../fleet/settings.ts";
import { duration, plain } from "../format.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { chatLengths, chatShare, reachableObjectives, sampledChat } from "../plan/default-chat.ts";
import { objectivesInWords, valuesOf } from "../plan/objectives.ts";
import { atSteadyRate, sustainedRateOrNull } from "../plan/sustained-rate.ts";
import type { Question } from "../plan/replications.ts";
import { unloadedLatencies } from "../plan/unloaded.ts";
import { coldStartOf } from "../scenario/cold-start.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import { resolveScenario, type FleetSetup } from "../scenario/resolve.ts";
import { objectivesSchema, scenarioSchema, type Objectives } from "../scenario/schema.ts";
import { createStreams } from "../sim/streams.ts";
import { generate } from "../traffic/generate.ts";
import type { Request } from "../traffic/request.ts";
import type { TrafficOf } from "../traffic/schema.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import { drawSteps, durationOf, peakLoad, type Demand } from "./demand.ts";
import { BLOCK, copiesFor, superpose, type ReplayedTrace } from "./replayed-trace.ts";

export type Setting = "synthetic" | "trace";

export interface LabRequest {
  readonly device: DeviceModel;
  readonly model: LanguageModel;
  /** null: requests are drawn. */
  readonly trace: ReplayedTrace | null;
  /** Told what is about to be simulated, in words. */
  readonly onProgress?: (what: string) => void;
}

/** Requests by which it is found what one replica sustains. */
const SAMPLE = 3000;

/** A device with one kind of traffic, and what one of its replicas sustains of it: what an experiment's arms have in common. */
export class Lab {
  readonly setting: Setting;
  readonly device: DeviceModel;
  /** All of a fleet but its policy, by Ballast's defaults. */
  readonly setup: FleetSetup;
  /** Of each request: those of the default question. */
  readonly objectives: Objectives;
  /** The highest steady rate of such requests at which one replica meets the objectives, in requests per second: a load of 1. */
  readonly replicaRate: number;
  private readonly trace: ReplayedTrace | null;
  private readonly lengths: ReturnType<typeof chatLengths>;
  private readonly question: Question;
  private readonly held = new Map<number, number>();

  /** @throws InputError where one replica meets the objectives at no rate, or the device does not fit the traffic */
  constructor({ device, model, trace, onProgress = () => {} }: LabRequest) {
    this.setting = trace === null ? "synthetic" : "trace";
    this.device = device;
    this.trace = trace;
    const share = chatShare(device.is_gpu);
    this.lengths = chatLengths(model.contextLength, share);
    const chat = sampledChat(model.contextLength, share);
    const sample = trace === null ? [...generate(chat, createStreams(0))] : everyNth(trace.requests);
    const scenario = scenarioSchema.parse({ name: "experiment", traffic: chat, model: model.name });
    this.setup = resolveScenario({ scenario, given: new Map(), place: "experiment" }, device, model, sample);
    const absolute = objectivesSchema.parse({});
    this.objectives = reachableObjectives(valuesOf(unloadedLatencies(sample, this.setup.replica, this.setup.stepTime)));
    this.question = { setup: this.setup, objectives: this.objectives, seeds: [0], requestsOf: () => sample, onProgress };
    const sustained = sustainedRateOrNull(this.question, 1, 1);
    if (sustained === null) {
      throw new InputError(
        device.device,
        `expected a device that meets ${objectivesInWords(absolute)} at some rate, got one that meets it at none`,
        "Take a smaller model, or leave --device out.",
      );
    }
    this.replicaRate = sustained;
  }

  /** The requests of a demand: the same for the same seed. */
  requests(demand: Demand, seed: number): readonly Request[] {
    const streams = createStreams(seed);
    const steps = drawSteps(demand, streams.named("demand/bursts"));
    if (this.trace === null) {
      const traffic: TrafficOf<"steps"> = {
        kind: "steps",
        steps: steps.map(({ for_s, load }) => ({ for_s, requests_per_s: load * this.replicaRate })),
        ...this.lengths,
      };
      return [...generate(traffic, streams)];
    }
    const copies = this.copies(demand);
    const all = superpose(this.trace, copies, durationOf(demand), (copy) => streams.named(`trace/copy-${copy}`));
    const full = (copies * this.trace.rate) / this.replicaRate;
    const thinning = streams.named("trace/thinning");
    const kept: Request[] = [];
    let step = 0;
    let until = toNanoseconds(steps[0]?.for_s ?? 0);
    let ends = steps[0]?.for_s ?? 0;
    for (const request of all) {
      while (request.arrivedAt >= until && step + 1 < steps.length) {
        step += 1;
        ends += steps[step]!.for_s;
        until = toNanoseconds(ends);
      }
      if (thinning.uniform() * full < steps[step]!.load) kept.push({ ...request, id: kept.length });
    }
    return kept;
  }

  /** The phases of a cold start, as a scenario's `cold_start` says them. */
  coldStart(settings: Partial<ColdStart>): Pick<FleetConfig, "coldStart" | "startUp"> {
    const scenario = scenarioSchema.parse({
      name: "experiment",
      traffic: sampledChat(1024, 1),
      model: this.device.model,
      cold_start: settings,
    });
    const given = new Map(Object.keys(settings).map((key) => [`cold_start.${key}`, "the experiment"] as const));
    const from: GivenScenario = { scenario, given, place: "the experiment" };
    const { phases, startUp } = coldStartOf(from, this.device);
    return { coldStart: phases, startUp };
  }

  /** Requests that a replica holds on average at a share of the rate it sustains: what an autoscaler's target is set to. At least 0.1. */
  inFlight(share: number): number {
    const known = this.held.get(share);
    if (known !== undefined) return known;
    const rate = share * this.replicaRate;
    const mean = atSteadyRate(this.question, 1, rate).run.latency.end_to_end_s?.mean ?? 0;
    const found = Math.max(0.1, Math.floor(rate * mean * 10 + 0.5) / 10);
    this.held.set(share, found);
    return found;
  }

  /** How the traffic of a demand is made, in words. */
  inWords(demand: Demand): string {
    const unit = `A load of 1 is ${plain(this.replicaRate, 3)} requests/s: what one replica sustains with ${objectivesInWords(this.objectives)}.`;
    if (this.trace === null) return `Poisson arrivals, log-normal lengths of Azure's 2023 conversation trace. ${unit}`;
    const { name, rate, span } = this.trace;
    return `${name}, ${duration(toSeconds(span))} at ${plain(rate, 3)} requests/s: ${this.copies(demand)} copies on top of one another, each drawn anew for a seed from blocks of ${BLOCK / 60} minutes, thinned to the demand. ${unit}`;
  }

  private copies(demand: Demand): number {
    return this.trace === null ? 0 : copiesFor(this.trace, peakLoad(demand) * this.replicaRate);
  }
}

/** At most `SAMPLE` requests from all over a trace, without what depends on their answers. */
const everyNth = (requests: readonly Request[]): Request[] => {
  const every = Math.max(1, Math.floor(requests.length / SAMPLE));
  return requests
    .filter((_, i) => i % every === 0)
    .map((request, id) => {
      const alone: { -readonly [Key in keyof Request]: Request[Key] } = { ...request, id };
      delete alone.next;
      return alone;
    });
};
