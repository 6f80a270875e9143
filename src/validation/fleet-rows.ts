import { meanIntervalOrNull } from "../stats/mean-interval.ts";
import { quantileBetween, type Between, type Histogram } from "../traffic/prometheus/histogram.ts";
import { FLEET_STATISTICS, type FleetMetricName, type FleetRow } from "./fleet-schema.ts";

/** How far a value lies outside the bounds, relative to the nearer one; 0 inside. */
export const errorOf = (value: number, { low, high }: Between): number => {
  if (value > high) return high === 0 ? 1 : value / high - 1;
  return value < low ? value / low - 1 : 0;
};

/** A mean number of waiting requests may be off by so much: half a request says nothing. */
const WAITING_SLACK = 0.5;

/** A figure's values with one burstiness, one for each seed. */
export interface Draws {
  readonly cv: number;
  readonly values: readonly number[];
}

/**
 * One figure observed and simulated. It is reproduced with a burstiness where the 95 % interval of its mean over the seeds comes to within the tolerance of
 * what was observed: the more seeds, the narrower.
 *
 * @param draws with each burstiness, the scenario's own first
 */
export const rowOf = (
  metric: FleetMetricName,
  statistic: FleetRow["statistic"],
  observed: Between,
  draws: readonly Draws[],
  tolerance: number,
): FleetRow => {
  const slack = metric === "waiting" ? WAITING_SLACK : 0;
  const bounds = { low: Math.max(0, observed.low - slack), high: observed.high + slack };
  const simulated = draws.map(({ cv, values }) => {
    const { mean, halfWidth } = meanIntervalOrNull(values)!;
    const half = halfWidth ?? 0;
    return { cv, mean, low: Math.max(0, mean - half), high: mean + half };
  });
  const own = simulated[0]!;
  return {
    metric,
    statistic,
    observed: { low: observed.low, high: observed.high === Infinity ? null : observed.high },
    simulated,
    error: errorOf(own.mean, bounds),
    error_low: errorOf(own.low, bounds),
    error_high: errorOf(own.high, bounds),
    reproduced_with: simulated
      .filter(({ low, high }) => errorOf(low, bounds) <= tolerance && errorOf(high, bounds) >= -tolerance)
      .map(({ cv }) => cv),
  };
};

export const isReproduced = (row: FleetRow): boolean => row.reproduced_with.length > 0;

/** A histogram's mean, where it has a sum, and the buckets of its percentiles. */
export const observedOf = (histogram: Histogram): (readonly [FleetRow["statistic"], Between])[] =>
  FLEET_STATISTICS.flatMap((statistic): (readonly [FleetRow["statistic"], Between])[] => {
    if (statistic !== "mean") return [[statistic, quantileBetween(histogram, Number(statistic.slice(1)) / 100)]];
    const { sum, count } = histogram;
    return sum === null ? [] : [["mean", { low: sum / count, high: sum / count }]];
  });
