import { studentQuantile, Z_95 } from "./normal.ts";

/** A mean and half the width of its 95 % interval (Student's t); null with one value. */
export interface MeanInterval {
  readonly mean: number;
  readonly halfWidth: number | null;
}

/** The mean of independent values with its interval; null without a value. */
export const meanIntervalOrNull = (values: readonly number[]): MeanInterval | null => {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, halfWidth: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, halfWidth: studentQuantile(Z_95, n - 1) * Math.sqrt(variance / n) };
};
