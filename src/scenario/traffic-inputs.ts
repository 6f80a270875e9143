import type { Input } from "../provenance.ts";
import { count, duration, limit, list, percent, plain, quantity, significant } from "../format.ts";
import type { Burstiness } from "../traffic/arrival-bins.ts";
import { describeTraffic, type LengthSummary, type TrafficDescription } from "../traffic/describe.ts";
import { NO_DATA, type TrafficData } from "../traffic/data.ts";
import type { ThinkTime, Turns } from "../traffic/distributions.ts";
import type { Request } from "../traffic/request.ts";
import type { LengthDistribution, Traffic } from "../traffic/schema.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";
import { prometheusInputs } from "./prometheus-inputs.ts";

/** The traffic in a line, as asked for: "bursty, 12 requests/s for 20 min, …". */
export const trafficInWords = (traffic: Traffic): string => {
  switch (traffic.kind) {
    case "poisson":
      return `Poisson, ${rate(traffic.requests_per_s)} for ${limit(traffic.duration_s)}`;
    case "gamma":
      return `gamma gaps of coefficient of variation ${plain(traffic.cv)}, ${rate(traffic.requests_per_s)} on average for ${limit(traffic.duration_s)}`;
    case "bursty":
      return `bursty, ${rate(traffic.requests_per_s)} on average for ${limit(traffic.duration_s)}; every ${limit(traffic.burst_s + traffic.calm_s)} a burst of ${limit(traffic.burst_s)} (both on average) at ${plain(traffic.burst_factor)} times the calm rate`;
    case "diurnal":
      return `Poisson, ${rate(traffic.requests_per_s)} on average, for ${limit(traffic.duration_s)}; every ${limit(traffic.day_s)} it swings by ${percent(traffic.swing)} up and down, with the peak at ${limit(traffic.peak_s)}`;
    case "steps":
      return `Poisson, ${list(traffic.steps.map(({ for_s, requests_per_s }) => `${limit(for_s)} at ${plain(requests_per_s, 3)}`))} requests/s`;
    case "sessions":
      return `sessions, ${plain(traffic.sessions_per_s, 3)} begin a second for ${limit(traffic.duration_s)}; ${turnsInWords(traffic.turns)}, think time ${thinkTimeInWords(traffic.think_s)}`;
    case "clients":
      return `clients of ${traffic.traces}${traffic.rate_factor === 1 ? "" : ` at ${plain(traffic.rate_factor)} times their rates`}, ${limit(traffic.duration_s)} from ${limit(traffic.start_s)} on`;
    case "prometheus":
      return `as the Prometheus of ${traffic.folder} counted it${traffic.cv === 1 ? "" : `, with gaps of coefficient of variation ${plain(traffic.cv)} between two samples`}`;
    case "trace":
      return `trace ${traffic.file}${traffic.sessions_per_s === undefined ? "" : `, ${plain(traffic.sessions_per_s, 3)} sessions begin a second`}${traffic.speed === 1 ? "" : ` at ${plain(traffic.speed)} times its speed`}`;
    default:
      return traffic satisfies never;
  }
};

const rate = (requestsPerSecond: number): string => `${plain(requestsPerSecond, 3)} requests/s`;

const turnsInWords = (turns: Turns): string =>
  turns.kind === "constant" ? quantity(turns.turns, "request") : `${plain(turns.mean_turns)} requests on average (geometric)`;

const thinkTimeInWords = (time: ThinkTime): string => {
  switch (time.kind) {
    case "constant":
      return limit(time.seconds);
    case "exponential":
      return `${limit(time.mean_s)} on average (exponential)`;
    case "log-normal":
      return `p50 ${limit(time.p50_s)}, p99 ${limit(time.p99_s)} (log-normal)`;
    default:
      return time satisfies never;
  }
};

const lengthInWords = (length: LengthDistribution): string => {
  switch (length.kind) {
    case "constant":
      return `${count(length.tokens)} tokens`;
    case "log-normal":
      return `log-normal, p50 ${plain(length.p50_tokens)}, p99 ${plain(length.p99_tokens)}, at most ${count(length.max_tokens)} tokens`;
    case "empirical":
      return `drawn from those of ${length.file}`;
    default:
      return length satisfies never;
  }
};

/**
 * What the answer takes for the traffic: the generator's settings, or what a trace or clients' statistics are found to be.
 *
 * @param requests in order of arrival, at least one; of generated traffic, one replication
 * @param data what generated traffic takes from files
 */
export const trafficInputs = (from: GivenScenario, requests: Iterable<Request>, data: TrafficData = NO_DATA): Input[] => {
  const { traffic } = from.scenario;
  const origin = originOf(from, "traffic", "default question");
  if (traffic.kind === "trace") {
    const speed = traffic.speed === 1 ? "" : `, played at ${plain(traffic.speed)} times its speed`;
    return describedInputs(describeTraffic(requests), speed).map((input) => ({ ...input, origin: "given", source: traffic.file }));
  }
  if (traffic.kind === "clients") {
    const found = describedInputs(describeTraffic(requests), ", drawn once");
    return [
      { name: "clients", value: trafficInWords(traffic), ...origin },
      ...found.map((input) => ({ ...input, origin: "given" as const, source: traffic.traces })),
    ];
  }
  if (traffic.kind === "prometheus") {
    return [
      ...prometheusInputs(from, traffic, data),
      ...writtenLength("prompt", traffic.prompt, origin),
      ...writtenLength("output", traffic.output, origin),
    ];
  }
  const system = traffic.kind === "sessions" ? traffic.system_tokens : 0;
  const isTurn = traffic.kind === "sessions" ? ", added by each request" : "";
  return [
    { name: "traffic", value: trafficInWords(traffic), ...origin },
    ...(system === 0 ? [] : [{ name: "system prompt", value: `${count(system)} tokens, the same for all sessions`, ...origin }]),
    { name: "prompt", value: `${lengthInWords(traffic.prompt)}${isTurn}`, ...origin },
    { name: "output", value: lengthInWords(traffic.output), ...origin },
  ];
};

const writtenLength = (name: string, length: LengthDistribution | undefined, origin: Pick<Input, "origin" | "source">): Input[] =>
  length === undefined ? [] : [{ name, value: lengthInWords(length), ...origin }];

/** Traffic as it was found, without where it came from. */
const describedInputs = (found: TrafficDescription, played: string): Pick<Input, "name" | "value">[] => {
  const { requests, span, rate, in10s, in60s, promptTokens, outputTokens, prefixes, sessions } = found;
  const mean = rate === null ? "" : `, ${significant(rate)} requests/s on average`;
  return [
    { name: "traffic", value: `${count(requests)} requests in ${duration(span)}${mean}${played}` },
    ...burstinessInputs("10 s", in10s),
    ...burstinessInputs("60 s", in60s),
    { name: "prompt", value: percentilesInWords(promptTokens) },
    { name: "output", value: percentilesInWords(outputTokens) },
    ...(prefixes === null
      ? []
      : [{ name: "shared prefixes", value: `${percent(prefixes.share)} of the prompt tokens, given an unlimited cache` }]),
    ...(sessions === null
      ? []
      : [
          {
            name: "sessions",
            value: `${count(sessions.sessions)}, p50 ${quantity(sessions.turns.p50, "request")}, p90 ${count(sessions.turns.p90)}`,
          },
        ]),
  ];
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
