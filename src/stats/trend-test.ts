import { midRanks } from "./mid-ranks.ts";
import { normalCdf } from "./normal.ts";

/** Of fewer values the normal approximation is too rough, and two or three have no autocorrelation. */
const LEAST = 10;

/**
 * Whether a series tends to rise or fall: the p-value of Mann and Kendall's test, two-sided. Its variance is that of independent values times
 * the factor by which the significant autocorrelation of the ranks lengthens it, so that a series that only wanders is not taken for one with a
 * trend. The ranks are freed of their own straight line, where the source frees the values, so that only the order of the values counts.
 *
 * @param series ties count neither way
 * @returns 1 where no pair differs, and of fewer than ten values
 * @see Mann 1945; Kendall 1975; Hamed and Rao 1998, https://doi.org/10.1016/S0022-1694(97)00125-X
 */
export const trendTest = (series: readonly number[]): number => {
  const n = series.length;
  if (n < LEAST) return 1;
  let concordant = 0;
  for (let i = 0; i < n; i += 1) for (let j = i + 1; j < n; j += 1) concordant += Math.sign(series[j]! - series[i]!);
  if (concordant === 0) return 1;
  const { ranks, groups } = midRanks(series);
  const tied = groups.reduce((sum, size) => sum + size * (size - 1) * (2 * size + 5), 0);
  const variance = ((n * (n - 1) * (2 * n + 5) - tied) / 18) * Math.max(1, lengthening(detrendedRanks(ranks)));
  const z = (Math.abs(concordant) - 1) / Math.sqrt(variance);
  return 2 * (1 - normalCdf(z));
};

/** Ranks of the series less its straight line by Sen's slope: a trend is not to be taken for autocorrelation. */
const detrendedRanks = (series: readonly number[]): readonly number[] => {
  const slopes = series.flatMap((value, i) => series.slice(i + 1).map((later, k) => (later - value) / (k + 1))).sort((a, b) => a - b);
  const slope = (slopes[Math.floor((slopes.length - 1) / 2)]! + slopes[Math.floor(slopes.length / 2)]!) / 2;
  return midRanks(series.map((value, i) => value - slope * i)).ranks;
};

/** Two-sided 95 % limit of an autocorrelation of independent values, times √n. */
const SIGNIFICANT = 1.96;

const lengthening = (ranks: readonly number[]): number => {
  const n = ranks.length;
  const mean = (n + 1) / 2;
  const squares = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  if (squares === 0) return 1; // nothing but the straight line
  let sum = 0;
  for (let lag = 1; lag < n - 2; lag += 1) {
    let products = 0;
    for (let i = 0; i + lag < n; i += 1) products += (ranks[i]! - mean) * (ranks[i + lag]! - mean);
    const correlation = products / squares;
    if (Math.abs(correlation) > SIGNIFICANT / Math.sqrt(n)) sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation;
  }
  return 1 + (2 / (n * (n - 1) * (n - 2))) * sum;
};
