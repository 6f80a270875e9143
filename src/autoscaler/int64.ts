/**
 * Go's int64 and int32 where a double would round or wrap: sums and products that pass 2⁵³, such as bytes of memory in milli-units.
 *
 * A `Whole` is a whole number; a plain number may be given up to 2⁵³, a bigint beyond.
 */
export type Whole = number | bigint;

export const MAX_INT32 = 2_147_483_647;
export const MAX_INT64 = 9_223_372_036_854_775_807n;

/** Exact sum. */
export const sum = (values: Iterable<Whole>): Whole => {
  let total = 0;
  let large = 0n;
  for (const value of values) {
    if (typeof value === "number" && Number.isSafeInteger(total + value)) {
      total += value;
    } else {
      large += BigInt(total) + BigInt(value);
      total = 0;
    }
  }
  return large === 0n ? total : large + BigInt(total);
};

/** a · b ÷ c, toward zero, without rounding in between. Whole numbers have no −0, hence the + 0. */
export const multiplyDivide = (a: Whole, b: number, c: Whole): number => {
  if (typeof a === "number" && typeof c === "number" && Number.isSafeInteger(a * b)) return Math.trunc((a * b) / c) + 0;
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
};

/**
 * Sum that stops at the largest int64 when it is reached.
 *
 * @param isNegativeOverflow Kubernetes' sum of an External metric per pod takes any negative sum for an overflow
 */
export const saturatingSum = (values: Iterable<Whole>, isNegativeOverflow: boolean): bigint => {
  let total = 0n;
  for (const value of values) {
    total += BigInt(value);
    if (total > MAX_INT64 || (isNegativeOverflow && total < 0n)) return MAX_INT64;
  }
  return total;
};

/** Rounded up to whole replicas, at most what an int32 holds. */
export const ceilToInt32 = (replicas: number): number => Math.min(Math.ceil(replicas), MAX_INT32) + 0;
