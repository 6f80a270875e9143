/**
 * Share of a standard normal below z.
 *
 * @see Abramowitz and Stegun 26.2.17; absolute error below 7.5e-8
 */
export const normalCdf = (z: number): number => {
  const x = Math.abs(z);
  const t = 1 / (1 + 0.2316419 * x);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z > 0 ? 1 - above : above;
};

/** The z below which a share of a standard normal lies, by bisection; within ±8, where less than 1e-15 lies outside. */
export const normalQuantile = (share: number): number => {
  let low = -8;
  let high = 8;
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** Standard normal quantile of 97.5 %: half the width of a 95 % interval in standard errors. */
export const Z_95 = 1.959964;

/**
 * Student's t quantile from the normal's: exact for 1 and 2 degrees of freedom, else the expansion in 1/ν up to its third power, within 0.8 %.
 *
 * @param z the standard normal's quantile of the same share
 * @see Abramowitz and Stegun 26.7.5
 */
export const studentQuantile = (z: number, degrees: number): number => {
  const beyond = normalCdf(z) - 0.5;
  if (degrees === 1) return Math.tan(Math.PI * beyond);
  if (degrees === 2) return beyond * Math.sqrt(8 / (1 - 4 * beyond ** 2));
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
};
