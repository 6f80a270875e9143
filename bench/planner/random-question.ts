import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { pooledPercentileOrNull, Times } from "../../src/plan/objectives/latencies.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { replicationsFor } from "../../src/plan/search/replication-count.ts";
import { sustainedRateOrNull } from "../../src/plan/search/sustained-rate.ts";
import { unloadedLatencies } from "../../src/plan/search/unloaded.ts";
import type { GivenScenario } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { scenarioSchema } from "../../src/scenario/schema.ts";
import { createStreams, type Stream } from "../../src/sim/streams.ts";
import { generate, type GeneratedTraffic } from "../../src/traffic/generate.ts";
import type { Request } from "../../src/traffic/request.ts";

/** A question drawn at random: traffic of a stationary generator, limits that one request alone keeps, a load of a few replicas. */
export interface RandomQuestion {
  readonly question: Question;
  /** In words, for a table. */
  readonly words: string;
  /** The same requests for the same seed, over so many times the question's duration. */
  readonly requestsOver: (times: number, seed: number) => readonly Request[];
}

const KINDS = ["poisson", "gamma", "bursty"] as const;
const SHARES = { p90: 0.9, p95: 0.95, p99: 0.99 } as const;

export interface QuestionSize {
  /** How many it has on average: between the first and the second, small numbers as likely as large ones. */
  readonly requests: readonly [least: number, most: number];
  /** Replicas' worth of load at most: with bursts that is an answer of about twice as many. */
  readonly load: number;
}

/** @param number draws it: the same number, the same question */
export const randomQuestion = (device: DeviceModel, number: number, { requests, load: mostLoad }: QuestionSize): RandomQuestion => {
  const draw = createStreams(number).named("bench/planner");
  const between = (low: number, high: number): number => low + (high - low) * draw.uniform();
  const expected = Math.round(requests[0] * (requests[1] / requests[0]) ** draw.uniform());
  const kind = pick(draw, KINDS);
  const promptMedian = Math.round(between(200, 1500));
  const outputMedian = Math.round(between(10, 60));
  const lengths = {
    prompt: { kind: "log-normal", p50_tokens: promptMedian, p99_tokens: 4 * promptMedian, max_tokens: 8 * promptMedian },
    output: { kind: "log-normal", p50_tokens: outputMedian, p99_tokens: 4 * outputMedian, max_tokens: 8 * outputMedian },
  } as const;
  const trafficAt = (requestsPerSecond: number, duration: number): GeneratedTraffic => {
    const common = { requests_per_s: requestsPerSecond, duration_s: duration, ...lengths };
    if (kind === "poisson") return { kind, ...common };
    if (kind === "gamma") return { kind, ...common, cv: between(1.5, 4) };
    return { kind, ...common, burst_factor: between(2, 5), burst_s: 10, calm_s: 40 };
  };
  const model = builtInModel(device.model);
  const scenarioOf = (traffic: GeneratedTraffic): GivenScenario => ({
    scenario: scenarioSchema.parse({ name: "random", traffic, model: model.name }),
    given: new Map(),
    place: "random",
  });

  const steady = [...generate({ kind: "poisson", requests_per_s: 1, duration_s: expected, ...lengths }, createStreams(number))];
  const setup = resolveScenario(scenarioOf(trafficAt(1, expected)), device, model, steady);
  const alone = unloadedLatencies(steady, setup.replica, setup.stepTime);
  const percentile = pick(draw, ["p90", "p95", "p99"] as const);
  const limitOf = (metric: "ttft" | "tpot"): number =>
    Number((between(1.5, 5) * (pooledPercentileOrNull([new Times(alone[metric], alone.missing)], SHARES[percentile]) ?? 1)).toPrecision(2));
  const [ttft, tpot] = [limitOf("ttft"), limitOf("tpot")];
  const objectives = { ...NO_LIMITS, [`ttft_${percentile}_s`]: ttft, [`tpot_${percentile}_s`]: tpot };
  const blank: Question = { setup, objectives, seeds: [number], requestsOf: () => steady, onProgress: () => {} };
  const sustained = sustainedRateOrNull(blank, 1, 1) ?? 1;
  const load = between(0.6, mostLoad);
  const rate = Number((load * sustained).toPrecision(3));
  const duration = expected / rate;
  const traffic = trafficAt(rate, duration);
  const requestsOver = (times: number, seed: number): Request[] => [
    ...generate({ ...traffic, duration_s: times * duration } as GeneratedTraffic, createStreams(seed)),
  ];
  const drawn = new Map<number, readonly Request[]>();
  const requestsOf = (seed: number): readonly Request[] => {
    const known = drawn.get(seed) ?? requestsOver(1, seed);
    drawn.set(seed, known);
    return known;
  };
  return {
    question: { ...blank, seeds: Array.from({ length: replicationsFor(expected) }, (_, i) => i), requestsOf },
    words: `${kind}, ${expected} requests at ${rate}/s, ${load.toFixed(1)} replicas' load, ttft.${percentile}<=${ttft}s tpot.${percentile}<=${tpot}s`,
    requestsOver,
  };
};

/** The default objectives are always there: out of the way. */
const NO_LIMITS = { ttft_p99_s: 1e6, tpot_p99_s: 1e6 };

const pick = <T>(draw: Stream, from: readonly T[]): T => from[Math.floor(draw.uniform() * from.length)]!;
