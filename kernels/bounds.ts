import type { Dtype, Reference } from "./kernel.ts";

/**
 * Error bounds for f32 arithmetic as WGSL specifies it (section "Floating Point Accuracy").
 *
 * WGSL fixes no rounding mode: +, −, × and conversions give one of the two neighbours, so one operation is off by at most one
 * unit in the last place, 2⁻²³ relative in f32 and 2⁻¹⁰ in f16, twice the unit roundoff of round-to-nearest. It lets an
 * implementation fuse multiply and add, sum in any order and flush subnormals to zero. The bounds here hold for all of them.
 */

/** Largest relative error of one f32 operation. */
export const ULP = 2 ** -23;

/** Largest relative error of narrowing to f16. */
const HALF_ULP = 2 ** -10;

/** Below these a result may be flushed to zero. */
const LEAST_NORMAL = 2 ** -126;
const LEAST_NORMAL_HALF = 2 ** -14;

/** What a buffer should hold, and how far from it arithmetic may have led, element by element. */
export type Expectation = Omit<Reference, "buffer">;

/** An expectation to be filled in. */
export const blank = (length: number): Expectation => ({ expected: new Float64Array(length), bound: new Float64Array(length) });

/** Relative error of a result that went through n operations: γₙ = n·u / (1 − n·u). Infinite where n is too large to bound. */
export const gamma = (n: number): number => (n * ULP < 1 ? (n * ULP) / (1 - n * ULP) : Infinity);

/**
 * Error of a sum of `terms` products in any order, fused or not: each product passes through at most one multiplication and
 * `terms` additions (one of them onto a zero accumulator), so |error| ≤ γ_(terms+1) · Σ|aᵢbᵢ|, plus what flushing may take.
 */
export const sumError = (terms: number, sumOfMagnitudes: number): number => gamma(terms + 1) * sumOfMagnitudes + 2 * terms * LEAST_NORMAL;

/** The bound after a result is stored in `dtype`: f32 is stored as it is, f16 is rounded once more and may be flushed. */
export const storedError = (dtype: Dtype, value: number, error: number): number =>
  dtype === "f32" ? error + LEAST_NORMAL : error + HALF_ULP * (Math.abs(value) + error) + LEAST_NORMAL_HALF;

/** Relative error of WGSL's exp(x) for |x| ≤ magnitude: (3 + 2·|x|) ULP. */
export const expError = (magnitude: number): number => (3 + 2 * magnitude) * ULP;

/** Relative error of a division (2.5 ULP) or of inverseSqrt (2 ULP). */
export const DIVISION = 2.5 * ULP;
export const INVERSE_SQRT = 2 * ULP;
