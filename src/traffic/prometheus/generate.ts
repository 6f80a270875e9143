import { InputError } from "../../errors.ts";
import { toNanoseconds, type Tokens } from "../../units.ts";
import type { TrafficData } from "../data.ts";
import { lengthSampler, type LengthSampler } from "../lengths.ts";
import type { RandomStreams } from "../random.ts";
import type { Request } from "../request.ts";
import { countedArrivals } from "./arrivals.ts";
import { bucketLengths, drawLength } from "./bucket-lengths.ts";
import type { Histogram } from "./histogram.ts";
import type { PrometheusTraffic } from "./read.ts";
import type { Prometheus } from "./schema.ts";

/** @throws RangeError if it was not handed in */
export const prometheusOf = ({ folder }: Prometheus, { prometheus }: TrafficData): PrometheusTraffic => {
  if (prometheus === undefined) throw new RangeError(`what Prometheus saw, ${folder}, was not handed in`);
  return prometheus;
};

/**
 * Requests as a Prometheus counted them: the number of each window, spread inside it by `cv`, and lengths drawn one by one.
 *
 * @throws InputError where neither the folder nor the scenario has lengths
 */
export function* generatePrometheus(traffic: Prometheus, streams: RandomStreams, data: TrafficData): Generator<Request> {
  const { arrivals, prompts, outputs } = prometheusOf(traffic, data);
  const { max_tokens: most = Infinity } = traffic;
  const prompt = samplerOf(traffic, "prompt", prompts, most - 1, data);
  const output = samplerOf(traffic, "output", outputs, most - 1, data);
  let id = 0;
  for (const at of countedArrivals(arrivals, traffic.cv, streams.named("arrivals"))) {
    const promptTokens = Math.min(
      most - 1,
      prompt(() => streams.named(`lengths/request-${id}/prompt`)),
    );
    const outputTokens = Math.min(
      most - promptTokens,
      output(() => streams.named(`lengths/request-${id}/output`)),
    );
    yield { id, arrivedAt: toNanoseconds(at), promptTokens, outputTokens };
    id += 1;
  }
}

const samplerOf = (
  traffic: Prometheus,
  side: "prompt" | "output",
  histogram: Histogram | null,
  longest: Tokens,
  data: TrafficData,
): LengthSampler => {
  const written = traffic[side];
  if (written !== undefined) return lengthSampler(written, `${side}s`, data);
  if (histogram === null) {
    throw new InputError(
      `traffic.${side}`,
      `expected ${side === "prompt" ? "prompt_tokens.json" : "generation_tokens.json"} in ${traffic.folder}, or lengths in the scenario, got neither`,
      `Save the histogram, \`ballast traffic queries\`, or write ${side}: { kind: log-normal, … }.`,
    );
  }
  const lengths = bucketLengths(histogram, longest);
  return (stream) => drawLength(lengths, stream());
};
