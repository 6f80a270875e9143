import { mean, quantile } from "simple-statistics";
import type { HeldOutError } from "./device-model.ts";

export interface CheckedPoint {
  readonly id: string;
  readonly predicted_s: number;
  readonly measured_s: number;
}

/**
 * Predicted against measured, over points that the fit did not see.
 *
 * @param because what to say where there are none
 */
export const heldOutError = (points: readonly CheckedPoint[], because: string): HeldOutError => {
  if (points.length === 0) return { kind: "not-checked", because };
  const errors = points.map(({ predicted_s, measured_s }) => (predicted_s - measured_s) / measured_s);
  const sizes = errors.map(Math.abs);
  return { kind: "checked", points: [...points], median_abs: quantile(sizes, 0.5), p90_abs: quantile(sizes, 0.9), bias: mean(errors) };
};
