/**
 * `ln`, `exp` and `pow` with the same bits in every engine.
 *
 * ECMAScript leaves the last bit of `Math.log`, `Math.exp` and `Math.pow` to the engine. These use only + − × ÷, comparisons and
 * exact access to a double's exponent, all of which IEEE 754 fixes. Accuracy: `ln` and `exp` within 1 ULP, `pow` within 2 ULP of
 * the true value over the whole range, subnormal results included.
 */

const view = new DataView(new ArrayBuffer(8));

/** ln 2 in two parts: the first has 21 trailing zero bits, so its product with any exponent is exact. */
const LN2_HI = 6.9314718036912381649e-1;
const LN2_LO = 1.90821492927058770002e-10;

const TWO_54 = 18014398509481984;

/** 1/n!, from n = 0. */
const INVERSE_FACTORIALS = ((): readonly number[] => {
  const inverses: number[] = [];
  for (let n = 0, factorial = 1; n <= 15; n += 1, factorial *= n) inverses.push(1 / factorial);
  return inverses;
})();

/** 2^k, exact; k from −1022 to 1023. */
const powerOfTwo = (k: number): number => {
  view.setUint32(0, (k + 1023) * 1_048_576);
  view.setUint32(4, 0);
  return view.getFloat64(0);
};

/** y·2^k, rounded once where the result is subnormal. */
const scaleByPowerOfTwo = (y: number, k: number): number => {
  if (k > 1023) return y * powerOfTwo(1023) * powerOfTwo(Math.min(k - 1023, 1023));
  if (k < -1022) return k < -1200 ? 0 : y * powerOfTwo(k + 200) * powerOfTwo(-200);
  return y * powerOfTwo(k);
};

/** 2/(2k+1), from k = 0: the series of 2·artanh(s)/s in z = s². */
const ARTANH_COEFFICIENTS = Array.from({ length: 12 }, (_, k) => 2 / (2 * k + 1));

/** Exponent k of the last x that was split as m·2^k with m in [√½, √2). A module variable, since a pair would be allocated on every call. */
let splitExponent = 0;
const splitMantissa = (x: number): number => {
  const isSubnormal = x < 2.2250738585072014e-308;
  view.setFloat64(0, isSubnormal ? x * TWO_54 : x);
  const high = view.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  view.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = view.getFloat64(0);
  if (mantissa >= Math.SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  splitExponent = isSubnormal ? exponent - 54 : exponent;
  return mantissa;
};

/** The tail of that series from z^from on, over z^from; z ≤ 0.0295. */
const artanhTail = (z: number, from: number): number => {
  let sum = 0;
  for (let k = 11; k >= from; k -= 1) sum = sum * z + (ARTANH_COEFFICIENTS[k] ?? 0);
  return sum;
};

/** Natural logarithm, within 1 ULP. −Infinity at 0, NaN below. */
export const ln = (x: number): number => {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x === Infinity ? x : NaN;
  const f = splitMantissa(x) - 1;
  const k = splitExponent;
  const s = f / (2 + f);
  const z = s * s;
  // ln(1+f) = 2·artanh(s) = f − (f²/2 − s·(f²/2 + tail)): the large part f is exact, so only the small correction is rounded.
  const halfSquare = 0.5 * f * f;
  const correction = s * (halfSquare + z * artanhTail(z, 1));
  return k * LN2_HI - (halfSquare - (correction + k * LN2_LO) - f);
};

/** e^(high + low), where |low| is less than an ULP of `high`. */
const expOfSum = (high: number, low: number): number => {
  if (high > 709.8) return Infinity;
  if (high < -745.2) return 0;
  const k = Math.floor(high * Math.LOG2E + 0.5);
  const coarse = high - k * LN2_HI;
  const fine = low - k * LN2_LO;
  const r = coarse + fine;
  const lost = coarse - r + fine;
  let tail = 0;
  for (let n = 15; n >= 2; n -= 1) tail = tail * r + (INVERSE_FACTORIALS[n] ?? 0);
  return scaleByPowerOfTwo(1 + (r + (tail * r * r + (lost + lost * r))), k);
};

/** e^x, within 1 ULP. */
export const exp = (x: number): number => (Number.isNaN(x) ? NaN : expOfSum(x, 0));

/** The error of the product a·b as rounded: exact (Dekker), while neither factor is huge. */
const productError = (a: number, b: number, product: number): number => {
  const splitter = 134217729;
  const aHigh = a * splitter - (a * splitter - a);
  const bHigh = b * splitter - (b * splitter - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
};

/** x^y for x > 0 and both finite: e^(y·ln x) with the logarithm carried to about 66 bits. */
const powOfPositive = (x: number, y: number): number => {
  const m = splitMantissa(x);
  const k = splitExponent;
  // s = (m−1)/(m+1) as a sum of two doubles; m − 1 is exact, m + 1 is not.
  const f = m - 1;
  const g = m + 1;
  const gLost = m - (g - 1);
  const s = f / g;
  const sg = s * g;
  const sLost = (f - sg - productError(s, g, sg) - s * gLost) / g;
  // ln m = 2s + (2/3)s³ + s⁵·tail: the first two terms in two doubles each, the tail in one.
  const z = s * s;
  const zLost = productError(s, s, z) + 2 * s * sLost;
  const cube = s * z;
  const cubeLost = productError(s, z, cube) + s * zLost + sLost * z;
  const third = (cube * 2) / 3;
  const three = third * 3;
  const thirdLost = (cube * 2 - three - productError(third, 3, three) + cubeLost * 2) / 3;
  const tail = cube * z * artanhTail(z, 2);
  // Sum from large to small, keeping what each rounding drops.
  const a = k * LN2_HI;
  const sum1 = a + 2 * s;
  const lost1 = k === 0 ? 0 : a - sum1 + 2 * s;
  const sum2 = sum1 + third;
  const lost2 = sum1 - sum2 + third;
  const small = lost1 + lost2 + k * LN2_LO + 2 * sLost + thirdLost + tail;
  const high = sum2 + small;
  const low = sum2 - high + small;
  if (Math.abs(y) > 1e30) return expOfSum(y * high, 0);
  const product = y * high;
  return expOfSum(product, productError(y, high, product) + y * low);
};

/** x^y, within 2 ULP; zeros, infinities and negative bases as in `Math.pow`. */
export const pow = (x: number, y: number): number => {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const magnitude = Math.abs(x);
  const isOdd = Math.abs(y) < 2 * TWO_54 && Number.isInteger(y) && y % 2 !== 0;
  const isNegative = isOdd && (x < 0 || Object.is(x, -0));
  if (x < 0 && x !== -Infinity && Number.isFinite(y) && !Number.isInteger(y)) return NaN;
  let result: number;
  if (!Number.isFinite(y)) result = magnitude === 1 ? NaN : magnitude > 1 === y > 0 ? Infinity : 0;
  else if (magnitude === 0 || magnitude === Infinity) result = (magnitude === 0) === y > 0 ? 0 : Infinity;
  else result = powOfPositive(magnitude, y);
  return isNegative ? -result : result;
};
