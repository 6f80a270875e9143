import { median } from "simple-statistics";

/**
 * Starts of the segments of a series that is constant but for noise and a few sudden changes; the first is always 0.
 *
 * Optimal partitioning (Jackson et al. 2005) with the L1 cost Σ|x − segment median|, so that a single outlier makes no segment
 * of its own. A change must lower the cost by 4·b·ln n, where b is the noise's mean absolute deviation, estimated from
 * successive differences: changes do not inflate it. Time grows with n³: meant for series of up to a few hundred.
 *
 * @param series in order of time
 * @param shortest fewest points a segment may have
 */
export const changePoints = (series: readonly number[], shortest = 3): number[] => {
  const n = series.length;
  if (n < 2 * shortest) return [0];
  const penalty = 4 * meanDeviation(series) * Math.log(n);
  // best[end]: lowest cost of series[0, end), and where its last segment starts.
  const best: { cost: number; start: number }[] = [{ cost: -penalty, start: 0 }];
  for (let end = 1; end <= n; end++) {
    let lowest = { cost: Infinity, start: 0 };
    for (let start = 0; start <= end - shortest; start++) {
      const before = best[start]!.cost;
      if (before === Infinity) continue;
      const cost = before + penalty + segmentCost(series.slice(start, end));
      if (cost < lowest.cost) lowest = { cost, start };
    }
    best.push(lowest);
  }
  const starts: number[] = [];
  for (let end = n; end > 0; end = best[end]!.start) starts.unshift(best[end]!.start);
  return starts;
};

/**
 * Index from which a run of durations is steady: the earliest segment whose median is no more than `tolerance` above the last
 * segment's. A later disturbance that passes does not move it. Durations are compared as logarithms, so that slow beginnings
 * and fast ends weigh alike.
 *
 * @param durations positive, in order of time
 * @param tolerance relative
 */
export const steadyFrom = (durations: readonly number[], tolerance = 0.05): number => {
  const logs = durations.map((duration) => Math.log(duration));
  const starts = changePoints(logs);
  const levels = starts.map((start, i) => median(logs.slice(start, starts[i + 1])));
  const steady = levels.at(-1)! + Math.log1p(tolerance);
  return starts[levels.findIndex((level) => level <= steady)]!;
};

const segmentCost = (segment: readonly number[]): number => {
  const middle = median([...segment]);
  return segment.reduce((cost, value) => cost + Math.abs(value - middle), 0);
};

/** Mean absolute deviation of the noise: the median absolute successive difference is √2·0.6745 σ for a normal, and b = 0.798 σ. */
const meanDeviation = (series: readonly number[]): number =>
  (median(series.slice(1).map((value, i) => Math.abs(value - series[i]!))) / (Math.SQRT2 * 0.6745)) * 0.798;
