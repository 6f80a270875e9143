import { toNanoseconds, type Seconds } from "../units.ts";
import { burstyArrivals, diurnalArrivals, gammaArrivals, poissonArrivals, steppedArrivals } from "./arrivals.ts";
import { generateClients } from "./clients/generate.ts";
import { NO_DATA, type TrafficData } from "./data.ts";
import { requestLengths } from "./lengths.ts";
import { generatePrometheus } from "./prometheus/generate.ts";
import type { RandomStreams } from "./random.ts";
import type { Request } from "./request.ts";
import type { Traffic } from "./schema.ts";
import { generateSessions } from "./sessions.ts";

/** Traffic that is drawn, not read. */
export type GeneratedTraffic = Exclude<Traffic, { kind: "trace" }>;

type Independent = Exclude<GeneratedTraffic, { kind: "sessions" | "clients" | "prometheus" }>;

const arrivals = (traffic: Independent, streams: RandomStreams): Iterable<Seconds> => {
  switch (traffic.kind) {
    case "poisson":
      return poissonArrivals(traffic.requests_per_s, traffic.duration_s, streams.named("arrivals"));
    case "gamma":
      return gammaArrivals(traffic, streams.named("arrivals"));
    case "bursty":
      return burstyArrivals(traffic, streams.named("arrivals"), streams.named("arrivals/bursts"));
    case "diurnal":
      return diurnalArrivals(traffic, streams.named("arrivals"), streams.named("arrivals/thinning"));
    case "steps":
      return steppedArrivals(traffic, streams.named("arrivals"));
    default:
      return traffic satisfies never;
  }
};

/**
 * The requests of generated traffic, in order of arrival, one after another: none is kept, so that there may be any number. Begun anew, it
 * gives the same again.
 *
 * A request's lengths depend on the seed and its number only, not on when it arrives.
 *
 * @param data what the traffic takes from files
 * @throws RangeError if the traffic names a file that is not in `data`
 */
export const generate = (traffic: GeneratedTraffic, streams: RandomStreams, data: TrafficData = NO_DATA): Iterable<Request> => ({
  [Symbol.iterator]: () => begin(traffic, streams, data),
});

const begin = (traffic: GeneratedTraffic, streams: RandomStreams, data: TrafficData): Iterator<Request> => {
  switch (traffic.kind) {
    case "sessions":
      return generateSessions(traffic, streams, data);
    case "clients":
      return generateClients(traffic, streams, data);
    case "prometheus":
      return generatePrometheus(traffic, streams, data);
    default:
      return independent(traffic, streams, data);
  }
};

function* independent(traffic: Independent, streams: RandomStreams, data: TrafficData): Generator<Request> {
  const lengths = requestLengths(traffic, streams, data);
  let id = 0;
  for (const at of arrivals(traffic, streams)) {
    yield { id, arrivedAt: toNanoseconds(at), promptTokens: lengths.prompt(id), outputTokens: lengths.output(id) };
    id += 1;
  }
}
