import type { Seconds } from "../units.ts";
import { observedOf, rowOf, type Draws } from "./fleet-rows.ts";
import type { FleetMetricName, FleetRow } from "./fleet-schema.ts";
import { gainedBetween, type Gained, type ObservedFleet } from "./observed-fleet.ts";
import type { Replay } from "./replay.ts";

/** One draw of the requests, and what became of it. */
export interface DrawnReplay {
  readonly cv: number;
  readonly replay: Replay;
}

/** What replays are held against. */
interface Compared {
  readonly observed: ObservedFleet;
  readonly tolerance: number;
}

/** The mean time end to end, as observed or else as simulated: how long it takes until what is in flight has come while it was watched. */
export const fillingOf = ({ latencies }: ObservedFleet, replay: Replay): Seconds => {
  const { sum, count } = latencies.get("e2e") ?? { sum: null, count: 0 };
  return sum === null ? (replay.latency("e2e", "mean") ?? 0) : sum / count;
};

/** The values of all seeds with each burstiness; null where a replay has none. */
const drawsOf = (replays: readonly DrawnReplay[], pick: (replay: Replay) => number | null): Draws[] | null => {
  const byCv = new Map<number, number[]>();
  for (const { cv, replay } of replays) {
    const value = pick(replay);
    if (value === null) return null;
    byCv.set(cv, [...(byCv.get(cv) ?? []), value]);
  }
  return [...byCv].map(([cv, values]) => ({ cv, values }));
};

/** Every figure of the latencies that were observed. */
export const latencyRows = ({ observed, tolerance }: Compared, replays: readonly DrawnReplay[]): FleetRow[] =>
  [...observed.latencies].flatMap(([metric, histogram]) =>
    observedOf(histogram).flatMap(([statistic, between]) => {
      const values = drawsOf(replays, ({ latency }) => latency(metric, statistic));
      return values === null ? [] : [rowOf(metric, statistic, between, values, tolerance)];
    }),
  );

/**
 * The first reading that what is in flight, and the rate of tokens, are compared at: after the mean time end to end, since what was in flight when the hours
 * began is not replayed.
 */
export const firstCompared = ({ readings }: ObservedFleet, begins: Seconds, filling: Seconds): number => {
  const first = readings.findIndex(({ at }) => at >= begins + filling);
  return first < 0 ? readings.length : first;
};

/** Means over the readings at which every server was scraped, and tokens over the time between the first and the last. */
export const gaugeRows = ({ observed, tolerance }: Compared, replays: readonly DrawnReplay[], first: number): FleetRow[] => {
  const { readings, generated } = observed;
  const known = readings.flatMap(({ running, waiting }, i) => (i < first || running === null || waiting === null ? [] : [i]));
  const mean = (of: (i: number) => number): number => known.reduce((sum, i) => sum + of(i), 0) / known.length;
  const row = (metric: FleetMetricName, seen: number, pick: (replay: Replay) => number): FleetRow =>
    rowOf(metric, "mean", { low: seen, high: seen }, drawsOf(replays, pick)!, tolerance);
  return [
    ...(known.length < 2
      ? []
      : [
          row(
            "running",
            mean((i) => readings[i]!.running!),
            ({ gauges }) => mean((i) => gauges[i]!.running),
          ),
          row(
            "waiting",
            mean((i) => readings[i]!.waiting!),
            ({ gauges }) => mean((i) => gauges[i]!.waiting),
          ),
          row(
            "replicas",
            mean((i) => readings[i]!.replicas),
            ({ gauges }) => mean((i) => gauges[i]!.ready),
          ),
        ]),
    ...(generated === null ? [] : tokenRows(generated, readings, first, row)),
  ];
};

/** Between the first and the last reading that the counter of tokens covers. */
const tokenRows = (
  generated: Gained,
  readings: ObservedFleet["readings"],
  first: number,
  row: (metric: FleetMetricName, seen: number, pick: (replay: Replay) => number) => FleetRow,
): FleetRow[] => {
  const ends = generated.begins + generated.bySteps.length * generated.step;
  const covered = readings.flatMap(({ at }, i) => (i >= first && at >= generated.begins && at <= ends ? [i] : []));
  const [begin, end] = [covered[0], covered.at(-1)];
  if (begin === undefined || end === undefined || begin === end) return [];
  const [from, to] = [readings[begin]!.at, readings[end]!.at];
  return [
    row(
      "output_tokens_per_s",
      gainedBetween(generated, from, to) / (to - from),
      ({ outputTokens }) => (outputTokens[end]! - outputTokens[begin]!) / (to - from),
    ),
  ];
};
