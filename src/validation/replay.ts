import type { RequestRecord } from "../fleet/config.ts";
import type { Policy } from "../fleet/policy.ts";
import type { Run } from "../fleet/run.ts";
import { Simulation } from "../fleet/simulation.ts";
import type { FleetSetup } from "../scenario/resolve.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, toSeconds, type Seconds } from "../units.ts";
import type { FleetLatency, FleetRow } from "./fleet-schema.ts";
import type { ObservedFleet } from "./observed-fleet.ts";

/** What one simulation of the observed hours gave. */
export interface Replay {
  readonly run: Run;
  /** In seconds, rising; of requests whose first token, or whose last, came before the hours ended. ITL is a mean only. */
  readonly latencies: Readonly<Record<Exclude<FleetLatency, "itl">, Float64Array>>;
  /** Null where no request had two tokens. */
  readonly meanItl: Seconds | null;
  /** At the times of the readings. */
  readonly gauges: readonly { readonly running: number; readonly waiting: number; readonly ready: number }[];
  readonly outputTokens: number;
}

/**
 * Simulates a fleet over the hours that a Prometheus saw.
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
  const records: RequestRecord[] = [];
  const simulation = new Simulation(
    { ...setup, policy: policy ?? { kind: "fixed", replicas: Math.max(1, readings[0]!.replicas) }, seed },
    { onRequest: (record) => void records.push(record) },
  );
  if (policy === null) planChanges(simulation, readings, begins);
  const gauges: Replay["gauges"][number][] = [];
  const times = readings.map(({ at }) => toNanoseconds(Math.max(0, at - begins)));
  const readUpTo = (time: number): void => {
    while (gauges.length < times.length && times[gauges.length]! <= time) {
      simulation.advanceTo(times[gauges.length]!);
      gauges.push(simulation.gauges());
    }
  };
  for (const request of requests) {
    readUpTo(request.arrivedAt - 1);
    simulation.feed(request);
  }
  readUpTo(Infinity);
  const run = simulation.finish();
  const end = times.at(-1)!;
  const begun = records.filter(({ firstTokenAt }) => firstTokenAt !== null && firstTokenAt <= end);
  const ended = records.filter(({ state, lastTokenAt }) => state === "finished" && lastTokenAt! <= end);
  const several = ended.filter(({ outputTokens }) => outputTokens > 1);
  const sorted = (times_ns: readonly number[]): Float64Array => Float64Array.from(times_ns, toSeconds).sort();
  const decoding = ({ firstTokenAt, lastTokenAt }: RequestRecord): number => lastTokenAt! - firstTokenAt!;
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    run,
    latencies: {
      ttft: sorted(begun.map(({ arrivedAt, firstTokenAt }) => firstTokenAt! - arrivedAt)),
      tpot: sorted(several.map((record) => decoding(record) / (record.outputTokens - 1))),
      e2e: sorted(ended.map(({ arrivedAt, lastTokenAt }) => lastTokenAt! - arrivedAt)),
    },
    meanItl:
      several.length === 0 ? null : toSeconds(total(several.map(decoding)) / total(several.map(({ outputTokens }) => outputTokens - 1))),
    gauges,
    outputTokens: total(ended.map(({ outputTokens }) => outputTokens)),
  };
};

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
