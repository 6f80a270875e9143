import type { Seconds } from "../../units.ts";

/** What an HPA without `behavior` makes of a proposal: it remembers for five minutes, at most doubles, and keeps within its limits. */

/** `--horizontal-pod-autoscaler-downscale-stabilization`, the controller's default. */
export const DOWNSCALE_STABILIZATION: Seconds = 300;

export interface Recommendation {
  readonly replicas: number;
  readonly at: Seconds;
}

/**
 * The highest recommendation of the stabilization window, the new one included. Inclusive at the window's far end.
 *
 * @param log changed in place: the new one overwrites the last in the list that has expired, else is appended
 */
export const stabilise = (desired: number, log: Recommendation[], now: Seconds, window: Seconds = DOWNSCALE_STABILIZATION): number => {
  const cutoff = now - window;
  let highest = desired;
  let expired = -1;
  for (const [index, { replicas, at }] of log.entries()) {
    if (at < cutoff) expired = index;
    else if (replicas > highest) highest = replicas;
  }
  const recommendation = { replicas: desired, at: now };
  if (expired >= 0) log[expired] = recommendation;
  else log.push(recommendation);
  return highest;
};

export type LimitReason = "DesiredWithinRange" | "TooFewReplicas" | "TooManyReplicas" | "ScaleUpLimit";

/** Keeps a wish within `minReplicas`, `maxReplicas` and the most a pass may add: doubling, but always up to 4. */
export const limit = (desired: number, current: number, min: number, max: number): { replicas: number; reason: LimitReason } => {
  const scaleUpLimit = Math.max(2 * current, 4);
  const highest = Math.min(max, scaleUpLimit);
  if (desired < min) return { replicas: min, reason: "TooFewReplicas" };
  if (desired > highest) return { replicas: highest, reason: max > scaleUpLimit ? "ScaleUpLimit" : "TooManyReplicas" };
  return { replicas: desired, reason: "DesiredWithinRange" };
};
