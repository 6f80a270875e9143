import { toNanoseconds, type Seconds } from "../units.ts";
import { burstyArrivals, poissonArrivals } from "./arrivals.ts";
import { drawLength } from "./lengths.ts";
import type { RandomStreams } from "./random.ts";
import type { Request } from "./request.ts";
import type { Traffic } from "./schema.ts";

/** Traffic that is drawn, not read. */
export type GeneratedTraffic = Exclude<Traffic, { kind: "trace" }>;

const arrivals = (traffic: GeneratedTraffic, streams: RandomStreams): Iterable<Seconds> => {
  switch (traffic.kind) {
    case "poisson":
      return poissonArrivals(traffic.requests_per_s, traffic.duration_s, streams.named("arrivals"));
    case "bursty":
      return burstyArrivals(traffic, streams.named("arrivals"), streams.named("arrivals/bursts"));
    default:
      return traffic satisfies never;
  }
};

/** The requests of generated traffic. A request's lengths depend on the seed and its number only, not on when it arrives. */
export const generate = (traffic: GeneratedTraffic, streams: RandomStreams): Request[] => {
  const requests: Request[] = [];
  for (const at of arrivals(traffic, streams)) {
    const id = requests.length;
    requests.push({
      id,
      arrivedAt: toNanoseconds(at),
      promptTokens: drawLength(traffic.prompt, () => streams.named(`lengths/request-${id}/prompt`)),
      outputTokens: drawLength(traffic.output, () => streams.named(`lengths/request-${id}/output`)),
    });
  }
  return requests;
};
