import { ln } from "../math.ts";
import type { Tokens } from "../units.ts";
import { observedLengths, type ObservedLengths, type TrafficData } from "./data.ts";
import type { LengthDistribution } from "./distributions.ts";
import type { RandomStream, RandomStreams } from "./random.ts";

/** The 99th percentile of the standard normal distribution. */
export const NORMAL_P99 = 2.3263478740408408;

/**
 * Draws a number of tokens; the stream is asked for only where there is chance in it, so that a constant draws nothing.
 */
export type LengthSampler = (stream: () => RandomStream) => Tokens;

/**
 * How lengths are drawn. A log-normal one is rounded to whole tokens, at least 1; what lies above `max_tokens` becomes `max_tokens`, as
 * a server's own limit cuts it, so that the mean is slightly below that of the distribution.
 *
 * @param side which of a trace's lengths an empirical distribution takes
 */
export const lengthSampler = (distribution: LengthDistribution, side: keyof ObservedLengths, data: TrafficData): LengthSampler => {
  switch (distribution.kind) {
    case "constant":
      return () => distribution.tokens;
    case "log-normal": {
      const { p50_tokens, p99_tokens, max_tokens } = distribution;
      const mu = ln(p50_tokens);
      const sigma = ln(p99_tokens / p50_tokens) / NORMAL_P99;
      return (stream) => Math.min(max_tokens, Math.max(1, Math.floor(stream().logNormal(mu, sigma) + 0.5)));
    }
    case "empirical": {
      const lengths = observedLengths(distribution.file, data)[side];
      return (stream) => lengths[Math.floor(stream().uniform() * lengths.length)] ?? 1;
    }
    default:
      return distribution satisfies never;
  }
};

/** The lengths of each request, by its number: they depend on nothing else but the seed. */
export interface RequestLengths {
  prompt(id: number): Tokens;
  output(id: number): Tokens;
}

export const requestLengths = (
  { prompt, output }: { readonly prompt: LengthDistribution; readonly output: LengthDistribution },
  streams: RandomStreams,
  data: TrafficData,
): RequestLengths => {
  if (prompt.kind === "empirical" && output.kind === "empirical" && prompt.file === output.file) {
    return linesOf(observedLengths(prompt.file, data), streams);
  }
  const promptTokens = lengthSampler(prompt, "prompts", data);
  const outputTokens = lengthSampler(output, "outputs", data);
  return {
    prompt: (id) => promptTokens(() => streams.named(`lengths/request-${id}/prompt`)),
    output: (id) => outputTokens(() => streams.named(`lengths/request-${id}/output`)),
  };
};

/** Prompt and output of one line of a trace, which belong together. */
const linesOf = ({ prompts, outputs }: ObservedLengths, streams: RandomStreams): RequestLengths => {
  const line = (id: number): number => Math.floor(streams.named(`lengths/request-${id}/line`).uniform() * prompts.length);
  return { prompt: (id) => prompts[line(id)] ?? 1, output: (id) => outputs[line(id)] ?? 1 };
};
