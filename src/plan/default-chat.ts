import { objectivesSchema, type Objectives } from "../scenario/objectives.ts";
import type { GeneratedTraffic } from "../traffic/generate.ts";
import type { LengthDistribution } from "../traffic/schema.ts";
import type { valuesOf } from "./objectives/latencies.ts";
import type { Seconds } from "../units.ts";

/** The chat that Ballast asks about where nobody says what the traffic is: its lengths, and how fast it is to be answered. */

/** Requests by which it is found what one replica sustains. */
const SAMPLE = 3000;
/** Where a request alone takes more than half of an objective, the objective becomes this many times what it takes. */
export const RELATIVE_LIMIT = 4;

/** Lengths of the chat, over those on a GPU: on a software adapter whole conversations would take minutes each. */
export const chatShare = (isGpu: boolean): number => (isGpu ? 1 : 1 / 8);

/**
 * Lengths of Azure's 2023 conversation trace (19,366 requests), which has prompts of up to 14,050 and outputs of up to 1,000 tokens: log-normal
 * with its median and 99th percentile, at most three quarters (prompt) and a quarter (output) of the model's context.
 *
 * @param share of all these lengths
 */
export const chatLengths = (contextLength: number, share: number): { prompt: LengthDistribution; output: LengthDistribution } => ({
  prompt: logNormal(Math.round(share * 1020), Math.round(share * 4142), Math.floor(Math.min(share * 14_050, (contextLength * 3) / 4))),
  output: logNormal(Math.round(share * 129), Math.round(share * 601), Math.floor(Math.min(share * 1000, contextLength / 4))),
});

const logNormal = (p50: number, p99: number, most: number): LengthDistribution => ({
  kind: "log-normal",
  p50_tokens: Math.min(p50, most),
  p99_tokens: Math.min(p99, most),
  max_tokens: most,
});

/** A Poisson stream of the chat, long enough to find what one replica sustains. Its rate is of no account: the search stretches it. */
export const sampledChat = (contextLength: number, share: number): GeneratedTraffic => ({
  kind: "poisson",
  requests_per_s: 1,
  duration_s: SAMPLE,
  ...chatLengths(contextLength, share),
});

/**
 * The default objectives, each where it can be met: one that 1 % of the requests, each alone on an idle replica, take more than half
 * of becomes four times what they take, so that a slow device is asked a question that it can answer.
 *
 * @param alone the same percentiles of requests that each have a replica to themselves; null where they never finish
 */
export const reachableObjectives = (alone: ReturnType<typeof valuesOf>): Objectives => {
  const absolute = objectivesSchema.parse({});
  return {
    ttft_p99_s: relativeWhereSlow(absolute.ttft_p99_s, alone.ttft_p99_s),
    tpot_p99_s: relativeWhereSlow(absolute.tpot_p99_s, alone.tpot_p99_s),
  };
};

const relativeWhereSlow = (absolute: Seconds, alone: Seconds | null): Seconds =>
  alone === null || alone <= absolute / 2 ? absolute : Number((RELATIVE_LIMIT * alone).toPrecision(2));
