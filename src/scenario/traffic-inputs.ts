import type { Input } from "../provenance.ts";
import { count, duration, limit, plain, significant } from "../format.ts";
import { describeTraffic, type Burstiness, type LengthSummary } from "../traffic/describe.ts";
import type { Request } from "../traffic/request.ts";
import type { LengthDistribution, Traffic } from "../traffic/schema.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

/** The traffic in a line, as asked for: "bursty, 12 requests/s for 20 min, …". */
export const trafficInWords = (traffic: Traffic): string => {
  switch (traffic.kind) {
    case "poisson":
      return `Poisson, ${plain(traffic.requests_per_s, 3)} requests/s for ${limit(traffic.duration_s)}`;
    case "bursty":
      return `bursty, ${plain(traffic.requests_per_s, 3)} requests/s on average for ${limit(traffic.duration_s)}; every ${limit(traffic.burst_s + traffic.calm_s)} a burst of ${limit(traffic.burst_s)} (both on average) at ${plain(traffic.burst_factor)} times the calm rate`;
    case "trace":
      return `trace ${traffic.file}${traffic.speed === 1 ? "" : ` at ${plain(traffic.speed)} times its speed`}`;
    default:
      return traffic satisfies never;
  }
};

const lengthInWords = (length: LengthDistribution): string => {
  switch (length.kind) {
    case "constant":
      return `${count(length.tokens)} tokens`;
    case "log-normal":
      return `log-normal, p50 ${plain(length.p50_tokens)}, p99 ${plain(length.p99_tokens)}, at most ${count(length.max_tokens)} tokens`;
    default:
      return length satisfies never;
  }
};

/**
 * What the answer takes for the traffic: the generator's settings, or what a trace is found to be.
 *
 * @param requests in order of arrival, at least one; of generated traffic, one replication
 */
export const trafficInputs = (from: GivenScenario, requests: readonly Request[]): Input[] => {
  const { traffic } = from.scenario;
  const origin = originOf(from, "traffic", "default question");
  if (traffic.kind !== "trace") {
    return [
      { name: "traffic", value: trafficInWords(traffic), ...origin },
      { name: "prompt", value: lengthInWords(traffic.prompt), ...origin },
      { name: "output", value: lengthInWords(traffic.output), ...origin },
    ];
  }
  const { span, rate, in10s, in60s, promptTokens, outputTokens } = describeTraffic(requests);
  const source = { origin: "given", source: traffic.file } as const;
  const speed = traffic.speed === 1 ? "" : `, played at ${plain(traffic.speed)} times its speed`;
  const mean = rate === null ? "" : `, ${significant(rate)} requests/s on average`;
  return [
    { name: "traffic", value: `${count(requests.length)} requests in ${duration(span)}${mean}${speed}` },
    ...burstinessInputs("10 s", in10s),
    ...burstinessInputs("60 s", in60s),
    { name: "prompt", value: percentilesInWords(promptTokens) },
    { name: "output", value: percentilesInWords(outputTokens) },
  ].map((input) => ({ ...input, ...source }));
};

const burstinessInputs = (width: string, found: Burstiness | null): Pick<Input, "name" | "value">[] =>
  found === null
    ? []
    : [
        {
          name: `arrivals in ${width} bins`,
          value: `peak ${significant(found.peakToMean)} × mean, variance ${significant(found.indexOfDispersion)} × mean (Poisson: 1)`,
        },
      ];

const percentilesInWords = ({ p50, p90, p99, max }: LengthSummary): string =>
  `p50 ${count(p50)}, p90 ${count(p90)}, p99 ${count(p99)}, max ${count(max)} tokens`;
