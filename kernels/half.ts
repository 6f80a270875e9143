/** f16 (IEEE 754 binary16) as bits, for buffers that hold it: JavaScript engines that we run in lack Float16Array. */

const bits = new DataView(new ArrayBuffer(8));

/**
 * The f16 nearest to a number, ties to even, as 16 bits. What is too large becomes infinity.
 */
export const toHalf = (value: number): number => {
  bits.setFloat64(0, value);
  const sign = bits.getUint16(0) & 0x8000;
  if (Number.isNaN(value)) return 0x7e00;
  const magnitude = Math.abs(value);
  // 65,520 is half-way between the largest f16, 65,504, and the next power of two.
  if (magnitude >= 65_520) return sign | 0x7c00;
  const exponent = Math.max(((bits.getUint16(0) >> 4) & 0x7ff) - 1023, -14);
  // In units of the last place: at most 2048, exact in a double.
  const units = roundToEven(magnitude / 2 ** (exponent - 10));
  // A carry out of the fraction runs into the exponent, as it should; subnormals have exponent field 0.
  return sign | (((exponent + 14) << 10) + units);
};

/** The number that 16 bits of f16 stand for. */
export const fromHalf = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
};

const roundToEven = (value: number): number => {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
};
