import { quantileBetween, type Between, type Histogram } from "../traffic/prometheus/histogram.ts";
import { FLEET_STATISTICS, type FleetMetricName, type FleetRow } from "./fleet-schema.ts";

/** How far a value lies outside the bounds, relative to the nearer one; 0 inside. */
export const errorOf = (value: number, { low, high }: Between): number => {
  if (value > high) return high === 0 ? 1 : value / high - 1;
  return value < low ? value / low - 1 : 0;
};

/** A mean number of waiting requests may be off by so much: half a request says nothing. */
const WAITING_SLACK = 0.5;

/**
 * One figure observed and simulated.
 *
 * @param byCv the values of all seeds with one burstiness after another, the scenario's own first
 */
export const rowOf = (
  metric: FleetMetricName,
  statistic: FleetRow["statistic"],
  observed: Between,
  byCv: readonly (readonly number[])[],
  tolerance: number,
): FleetRow => {
  const values = byCv.flat();
  const means = byCv.map((own) => own.reduce((sum, value) => sum + value, 0) / own.length);
  const simulated = { value: means[0]!, low: Math.min(...values), high: Math.max(...values), by_cv: means };
  const slack = metric === "waiting" ? WAITING_SLACK : 0;
  const bounds = { low: Math.max(0, observed.low - slack), high: observed.high + slack };
  const [error_low, error_high] = [errorOf(simulated.low, bounds), errorOf(simulated.high, bounds)];
  return {
    metric,
    statistic,
    observed: { low: observed.low, high: observed.high === Infinity ? null : observed.high },
    simulated,
    error: errorOf(simulated.value, bounds),
    error_low,
    error_high,
    is_reproduced: error_low <= tolerance && error_high >= -tolerance,
  };
};

/** A histogram's mean, where it has a sum, and the buckets of its percentiles. */
export const observedOf = (histogram: Histogram): (readonly [FleetRow["statistic"], Between])[] =>
  FLEET_STATISTICS.flatMap((statistic): (readonly [FleetRow["statistic"], Between])[] => {
    if (statistic !== "mean") return [[statistic, quantileBetween(histogram, Number(statistic.slice(1)) / 100)]];
    const { sum, count } = histogram;
    return sum === null ? [] : [["mean", { low: sum / count, high: sum / count }]];
  });
