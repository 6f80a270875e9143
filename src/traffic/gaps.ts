import { exp, ln, pow } from "../math.ts";
import type { RandomStream } from "./random.ts";

/**
 * Gaps of renewal processes, all with mean 1. A process that has been going on for ever is met inside a gap, and a gap is met the more often
 * the longer it is; so the first arrival comes after a uniform part of a gap that is drawn by its length.
 *
 * @see Cox 1962, Renewal Theory
 */

/** @param shape 1/cv² */
export const unitGamma = (shape: number, stream: RandomStream): number => stream.gamma(shape, 1 / shape);

/** From time 0 to the first arrival. By length, a gamma of shape k is one of shape k + 1. */
export const equilibriumGamma = (shape: number, stream: RandomStream): number => stream.uniform() * stream.gamma(shape + 1, 1 / shape);

/** By inversion: a power of an exponential. */
export const unitWeibull = (shape: number, stream: RandomStream): number => pow(stream.exponential(1), 1 / shape) / weibullMean(shape);

/** From time 0 to the first arrival. By length, the exponential below a Weibull's power becomes a gamma of shape 1 + 1/k. */
export const equilibriumWeibull = (shape: number, stream: RandomStream): number =>
  (stream.uniform() * pow(stream.gamma(1 + 1 / shape, 1), 1 / shape)) / weibullMean(shape);

/** Mean of a Weibull of scale 1. */
const weibullMean = (shape: number): number => exp(lnGamma(1 + 1 / shape));

/** ½·ln 2π. */
const HALF_LN_TWO_PI = 0.9189385332046728;

/**
 * The logarithm of the gamma function for x ≥ 1, to about 10⁻¹³: Stirling's series above 10, and x·Γ(x) = Γ(x + 1) below.
 *
 * @see Abramowitz and Stegun 1964, 6.1.41
 */
export const lnGamma = (x: number): number => {
  let product = 1;
  let z = x;
  for (; z < 10; z += 1) product *= z;
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / z;
  return (z - 0.5) * ln(z) - z + HALF_LN_TWO_PI + series - ln(product);
};
