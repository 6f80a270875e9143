import type { DeviceModel } from "../calibration/device-model.ts";
import { InputError } from "../errors.ts";
import type { FleetConfig, RequestRecord } from "../fleet/config.ts";
import type { ColdStart } from "../fleet/settings.ts";
import { simulate } from "../fleet/simulate.ts";
import { duration, plain } from "../format.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { chatLengths, chatShare, reachableObjectives, sampledChat } from "../plan/default-chat.ts";
import { valuesOf } from "../plan/objectives/latencies.ts";
import { objectivesInWords } from "../plan/objectives/in-words.ts";
import { objectivesOf, type LatencyObjective } from "../plan/objectives/objectives.ts";
import type { Question } from "../plan/search/question.ts";
import { atSteadyRate, bracketRate } from "../plan/search/sustained-rate.ts";
import { replicate, type Replication } from "../plan/search/replications.ts";
import { unloadedLatencies } from "../plan/search/unloaded.ts";
import { coldStartOf } from "../scenario/cold-start.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import { resolveScenario, type FleetSetup } from "../scenario/resolve.ts";
import { objectivesSchema, type Objectives } from "../scenario/objectives.ts";
import { scenarioSchema } from "../scenario/schema.ts";
import { createStreams, type Stream } from "../sim/streams.ts";
import { generate } from "../traffic/generate.ts";
import type { Request } from "../traffic/request.ts";
import type { TrafficOf } from "../traffic/schema.ts";
import { toNanoseconds, toSeconds, type Seconds } from "../units.ts";
import { conversations } from "./conversations.ts";
import { drawSteps, durationOf, meanLoad, peakLoad, type Demand, type Step } from "./demand.ts";
import { isGood } from "../plan/objectives/counts.ts";
import { BLOCK, conversationOf, copiesFor, superpose, type ReplayedTrace } from "./replayed-trace.ts";

/** What is asked where no trace is played. */
export type Drawn = "chat" | "conversations";
export type Setting = "synthetic" | "trace";

export interface LabRequest {
  readonly device: DeviceModel;
  readonly model: LanguageModel;
  /** null: requests are drawn. */
  readonly trace: ReplayedTrace | null;
  /** What is drawn: `chat` by default. */
  readonly traffic?: Drawn | undefined;
  /** Told what is about to be simulated, in words. */
  readonly onProgress?: (what: string) => void;
}

/** Requests by which it is found what one replica sustains. */
const SAMPLE = 3000;
const PLANNING_SEEDS = [1_000_001, 1_000_002, 1_000_003];
const MOST_PLANNED = 64;
/** How long conversations begin for that. */
const STEADY_FOR: Seconds = 900;

/** A device with one kind of traffic, and what one of its replicas sustains of it: what an experiment's arms have in common. */
export class Lab {
  readonly setting: Setting;
  readonly device: DeviceModel;
  /** All of a fleet but its policy, by Ballast's defaults. */
  readonly setup: FleetSetup;
  /** Of each request: those of the default question. */
  readonly objectives: Objectives;
  /** The latencies among them, each read as a limit on every request. */
  readonly limits: readonly LatencyObjective[];
  /** The highest steady rate of such requests at which one replica meets the objectives, in requests per second: a load of 1. */
  readonly replicaRate: number;
  private readonly trace: ReplayedTrace | null;
  private readonly traffic: Drawn;
  private readonly contextLength: number;
  private readonly lengthShare: number;
  private readonly question: Question;
  private readonly held = new Map<number, number>();
  private readonly fleets = new Map<Demand, number>();

  /** @throws InputError where one replica meets the objectives at no rate, or the device does not fit the traffic */
  constructor({ device, model, trace, traffic = "chat", onProgress = () => {} }: LabRequest) {
    this.setting = trace === null ? "synthetic" : "trace";
    this.device = device;
    this.trace = trace;
    this.traffic = traffic;
    this.contextLength = model.contextLength;
    this.lengthShare = chatShare(device.is_gpu);
    const drawn =
      traffic === "chat"
        ? sampledChat(model.contextLength, this.lengthShare)
        : conversations(1, STEADY_FOR, model.contextLength, this.lengthShare);
    const sample = trace === null ? [...generate(drawn, createStreams(0))] : everyNth(trace.requests);
    const scenario = scenarioSchema.parse({ name: "experiment", traffic: drawn, model: model.name });
    const setup = resolveScenario({ scenario, given: new Map(), place: "experiment" }, device, model, sample);
    this.setup = sample.some(({ parts }) => parts !== undefined) ? setup : withoutPrefixCaching(setup);
    const absolute = objectivesSchema.parse({});
    this.objectives = reachableObjectives(valuesOf(unloadedLatencies(sample, this.setup.replica, this.setup.stepTime)));
    this.limits = objectivesOf(this.objectives).filter((objective) => objective.kind === "latency");
    this.question = { setup: this.setup, objectives: this.objectives, seeds: [0], requestsOf: () => sample, onProgress };
    const sustained = bracketRate((rate) => this.steadily(rate).meets, 1).met;
    if (sustained === null) {
      throw new InputError(
        device.device,
        `expected a device that meets ${objectivesInWords(absolute)} at some rate, got one that meets it at none`,
        "Take a smaller model, or leave --device out.",
      );
    }
    this.replicaRate = sustained;
  }

  /** The requests of a demand: the same for the same seed. Of conversations those that begin. */
  requests(demand: Demand, seed: number): readonly Request[] {
    const streams = createStreams(seed);
    const steps = drawSteps(demand, streams.named("demand/bursts"));
    const { trace, replicaRate: rate } = this;
    if (trace !== null) {
      const copies = this.copies(demand);
      const all = superpose(trace, copies, durationOf(demand), (copy) => streams.named(`trace/copy-${copy}`));
      return thinned(all, steps, (copies * trace.rate) / rate, streams.named("demand/thinning"), (request) =>
        conversationOf(trace, request),
      );
    }
    if (this.traffic === "conversations") {
      const full = peakLoad(demand);
      const all = generate(conversations(full * rate, durationOf(demand), this.contextLength, this.lengthShare), streams);
      return thinned(all, steps, full, streams.named("demand/thinning"));
    }
    const traffic: TrafficOf<"steps"> = {
      kind: "steps",
      steps: steps.map(({ for_s, load }) => ({ for_s, requests_per_s: load * rate })),
      ...chatLengths(this.contextLength, this.lengthShare),
    };
    return [...generate(traffic, streams)];
  }

  /** The phases of a cold start, as a scenario's `cold_start` says them. */
  coldStart(settings: Partial<ColdStart>): Pick<FleetConfig, "coldStart" | "startUp"> {
    const scenario = scenarioSchema.parse({
      name: "experiment",
      traffic: sampledChat(1024, 1),
      model: this.device.model,
      cold_start: settings,
    });
    const paths = Object.entries(settings).flatMap(([key, value]) =>
      typeof value === "object" ? [key, ...Object.keys(value).map((inner) => `${key}.${inner}`)] : [key],
    );
    const given = new Map(paths.map((path) => [`cold_start.${path}`, "the experiment"] as const));
    const from: GivenScenario = { scenario, given, place: "the experiment" };
    const { phases, startUp } = coldStartOf(from, this.device);
    return { coldStart: phases, startUp };
  }

  /** Requests that a replica holds on average at a share of the rate it sustains: what an autoscaler's target is set to. At least 0.1. */
  inFlight(share: number): number {
    const known = this.held.get(share);
    if (known !== undefined) return known;
    const { latency, ended_at_s: lasted } = this.steadily(share * this.replicaRate).run;
    const spent = (latency.end_to_end_s?.mean ?? 0) * (latency.end_to_end_s?.count ?? 0);
    const found = Math.max(0.1, Math.floor((10 * spent) / lasted + 0.5) / 10);
    this.held.set(share, found);
    return found;
  }

  /**
   * The smallest fixed fleet that misses at most a share of a demand's requests, each read against the objectives: what someone would have planned
   * who knew the demand. Found on seeds that no experiment has.
   */
  planned(demand: Demand, mostMissed: number): number {
    const known = this.fleets.get(demand);
    if (known !== undefined) return known;
    let replicas = Math.max(1, Math.ceil(meanLoad(demand)));
    const misses = (seed: number): boolean => {
      const records: RequestRecord[] = [];
      const requests = this.requests(demand, seed);
      this.question.onProgress(`${replicas} replicas, to plan for`);
      simulate({ ...this.setup, policy: { kind: "fixed", replicas }, seed, requests }, (record) => records.push(record));
      return records.filter((record) => !isGood(record, this.limits)).length > mostMissed * records.length;
    };
    while (replicas < MOST_PLANNED && PLANNING_SEEDS.some(misses)) replicas += 1;
    this.fleets.set(demand, replicas);
    return replicas;
  }

  /** How the traffic of a demand is made, in words. */
  inWords(demand: Demand): string {
    const objectives = objectivesInWords(this.objectives);
    const isChat = this.trace !== null || this.traffic === "chat";
    const unit = `A load of 1 is ${plain(this.replicaRate, 3)} ${isChat ? "requests" : "conversations"}/s: what one replica sustains with ${objectives}.`;
    if (this.trace === null) {
      const drawn = isChat
        ? "Poisson arrivals, log-normal lengths of Azure's 2023 conversation trace."
        : "Conversations of five turns on average that begin as a Poisson process; a prompt repeats all that was said, behind 1,000 tokens that all share.";
      return `${drawn} ${unit}`;
    }
    const { name, rate, span } = this.trace;
    return `${name}, ${duration(toSeconds(span))} at ${plain(rate, 3)} requests/s: ${this.copies(demand)} copies on top of one another, each drawn anew for a seed from blocks of ${BLOCK / 60} minutes, thinned to the demand. ${unit}`;
  }

  /** One replica at a steady rate. Conversations go on for a while, so that their later turns are as many as they will be. */
  private steadily(rate: number): Replication {
    if (this.trace !== null || this.traffic === "chat") return atSteadyRate(this.question, 1, rate);
    this.question.onProgress(`1 replica at a steady ${rate.toPrecision(3)} conversations/s`);
    const traffic = conversations(rate, STEADY_FOR, this.contextLength, this.lengthShare);
    const requests = [...generate(traffic, createStreams(0))];
    return replicate({ ...this.question, requestsOf: () => requests }, { kind: "fixed", replicas: 1 }, 0);
  }

  private copies(demand: Demand): number {
    return this.trace === null ? 0 : copiesFor(this.trace, peakLoad(demand) * this.replicaRate);
  }
}

/** For requests that share no prefixes: a cache would only spare a preempted one what it computes again, and costs most of a simulation's time. */
const withoutPrefixCaching = (setup: FleetSetup): FleetSetup => ({
  ...setup,
  replica: { ...setup.replica, enablePrefixCaching: false },
  inputs: setup.inputs.map((input) =>
    input.name === "enable_prefix_caching"
      ? { ...input, value: "off", origin: "assumed", source: "the requests share no prefixes; a preempted one is computed again" }
      : input,
  ),
});

/**
 * Requests that come at a load throughout, of which only the demand's are kept. Where some belong together, all of them share one draw: they
 * are kept whole, as long as the demand stays.
 */
const thinned = (
  all: Iterable<Request>,
  steps: readonly Step[],
  load: number,
  stream: Stream,
  groupOf: (request: Request) => number | null = () => null,
): Request[] => {
  const kept: Request[] = [];
  const draws = new Map<number, number>();
  let step = 0;
  let ends = steps[0]?.for_s ?? 0;
  for (const request of all) {
    while (request.arrivedAt >= toNanoseconds(ends) && step + 1 < steps.length) {
      step += 1;
      ends += steps[step]!.for_s;
    }
    const group = groupOf(request);
    const draw = (group === null ? undefined : draws.get(group)) ?? stream.uniform();
    if (group !== null) draws.set(group, draw);
    if (draw * load < steps[step]!.load) kept.push({ ...request, id: kept.length });
  }
  return kept;
};

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
