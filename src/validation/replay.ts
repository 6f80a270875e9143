import type { RequestRecord } from "../fleet/config.ts";
import type { Policy } from "../fleet/policy.ts";
import type { Run } from "../fleet/run.ts";
import { Simulation } from "../fleet/simulation.ts";
import type { FleetSetup } from "../scenario/resolve.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, toSeconds, type Nanoseconds, type Seconds } from "../units.ts";
import { FLEET_STATISTICS, type FleetLatency, type FleetRow } from "./fleet-schema.ts";
import type { ObservedFleet } from "./observed-fleet.ts";

/** What one simulation of the observed hours gave. */
export interface Replay {
  readonly run: Run;
  /**
   * In seconds; of requests whose first token, or whose last, came before the hours ended. Null where there is no such time. ITL is a mean only, over the
   * gaps that ended before.
   */
  readonly latency: (metric: FleetLatency, statistic: FleetRow["statistic"]) => Seconds | null;
  /** At the times of the readings. */
  readonly gauges: readonly { readonly running: number; readonly waiting: number; readonly ready: number }[];
  /** Output tokens that have come until each reading, those of requests that still run included. */
  readonly outputTokens: readonly number[];
}

/**
 * Simulates a fleet over the hours that a Prometheus saw. Of each request its times are kept, and of those what is asked for.
 *
 * @param begins what the requests' time 0 is, in seconds since 1970
 * @param policy null: the number of replicas is changed when the observed one was, and those that come are ready at once and warm
 */
export const replayFleet = (
  { readings }: ObservedFleet,
  setup: FleetSetup,
  policy: Policy | null,
  { requests, seed, begins }: { readonly requests: Iterable<Request>; readonly seed: number; readonly begins: Seconds },
): Replay => {
  const readAt = readings.map(({ at }) => toNanoseconds(Math.max(0, at - begins)));
  const times = new ServedTimes(readAt);
  const simulation = new Simulation(
    { ...setup, policy: policy ?? { kind: "fixed", replicas: Math.max(1, readings[0]!.replicas) }, seed, recordsTokens: true },
    { onRequest: (record) => times.add(record) },
  );
  if (policy === null) planChanges(simulation, readings, begins);
  const gauges: Replay["gauges"][number][] = [];
  const readUpTo = (time: number): void => {
    while (gauges.length < readAt.length && readAt[gauges.length]! <= time) {
      simulation.advanceTo(readAt[gauges.length]!);
      gauges.push(simulation.gauges());
    }
  };
  for (const request of requests) {
    readUpTo(request.arrivedAt - 1);
    simulation.feed(request);
  }
  readUpTo(Infinity);
  const run = simulation.finish();
  return { run, latency: times.figures(), gauges, outputTokens: times.tokensUntil() };
};

/** Times of requests that were served until the last reading, and of their tokens. */
class ServedTimes {
  private readonly readAt: readonly Nanoseconds[];
  private readonly end: Nanoseconds;
  private readonly times = { ttft: [] as number[], tpot: [] as number[], e2e: [] as number[] };
  private decoding = 0;
  private gaps = 0;
  /** Tokens that came after the reading before and until this one. */
  private readonly tokens: number[];

  constructor(readAt: readonly Nanoseconds[]) {
    this.readAt = readAt;
    this.end = readAt.at(-1)!;
    this.tokens = readAt.map(() => 0);
  }

  add({ state, arrivedAt, firstTokenAt, lastTokenAt, outputTokens, tokensAt }: RequestRecord): void {
    if (firstTokenAt === null || firstTokenAt > this.end) return;
    this.times.ttft.push(firstTokenAt - arrivedAt);
    if (state !== "finished") return;
    this.count(tokensAt!);
    if (lastTokenAt! > this.end) return;
    this.times.e2e.push(lastTokenAt! - arrivedAt);
    if (outputTokens > 1) this.times.tpot.push((lastTokenAt! - firstTokenAt) / (outputTokens - 1));
  }

  /** Counts a request's tokens, those that came in time, and the gaps between them. */
  private count(tokensAt: Float64Array): void {
    let [reading, counted] = [this.firstFrom(tokensAt[0]!), 0];
    for (const at of tokensAt) {
      while (reading < this.readAt.length && this.readAt[reading]! < at) reading += 1;
      if (reading === this.readAt.length) break;
      this.tokens[reading]! += 1;
      counted += 1;
    }
    this.gaps += counted - 1;
    this.decoding += tokensAt[counted - 1]! - tokensAt[0]!;
  }

  /** The first reading at a time or after it, by bisection. */
  private firstFrom(time: Nanoseconds): number {
    let [low, high] = [0, this.readAt.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.readAt[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  tokensUntil(): number[] {
    let sum = 0;
    return this.tokens.map((tokens) => (sum += tokens));
  }

  /** Every figure of them, in seconds; the times themselves are let go. */
  figures(): Replay["latency"] {
    const found = new Map<string, Seconds>();
    for (const metric of ["ttft", "tpot", "e2e"] as const) {
      const sorted = Float64Array.from(this.times[metric]).sort();
      if (sorted.length === 0) continue;
      for (const statistic of FLEET_STATISTICS) found.set(`${metric} ${statistic}`, toSeconds(statisticOf(sorted, statistic)));
    }
    if (this.gaps > 0) found.set("itl mean", toSeconds(this.decoding / this.gaps));
    return (metric, statistic) => found.get(`${metric} ${statistic}`) ?? null;
  }
}

/** A number that a scrape shows first has come about between the scrape before and that one: halfway. */
const planChanges = (simulation: Simulation, readings: ObservedFleet["readings"], begins: Seconds): void => {
  for (let i = 1; i < readings.length; i += 1) {
    const [before, after] = [readings[i - 1]!, readings[i]!];
    const by = after.replicas - Math.max(i === 1 ? 1 : 0, before.replicas);
    if (by !== 0) simulation.plan(toNanoseconds(Math.max(0, (before.at + after.at) / 2 - begins)), by, "as observed", true);
  }
};

/** A percentile as a histogram has it: the smallest value at or below which that share of all is. */
export const statisticOf = (sorted: Float64Array, statistic: FleetRow["statistic"]): number =>
  statistic === "mean"
    ? sorted.reduce((sum, value) => sum + value, 0) / sorted.length
    : sorted[Math.max(0, Math.ceil((Number(statistic.slice(1)) / 100) * sorted.length * (1 - 1e-9)) - 1)]!;
