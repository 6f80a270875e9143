import type { Seconds } from "../../units.ts";
import { ceilToInt32, MAX_INT32 } from "../int64.ts";
import { DOWNSCALE_STABILIZATION, type Recommendation } from "./normalise.ts";
import { DEFAULT_TOLERANCE, type Tolerance } from "./replica-calculator.ts";

/** `spec.behavior` of an HPA: how fast it may move, and which of its earlier wishes hold it back. */

export interface ScalingPolicy {
  readonly type: "Pods" | "Percent";
  /** Pods, or percent of the pods at the period's start. */
  readonly value: number;
  readonly periodSeconds: number;
}

export type SelectPolicy = "Max" | "Min" | "Disabled";

/** What a user may write for one direction; what is left out has Kubernetes' default. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: SelectPolicy;
  readonly policies?: readonly ScalingPolicy[];
  /** Replaces the controller's tolerance in this direction. */
  readonly tolerance?: number;
}

export interface Behavior {
  readonly scaleUp?: ScalingRules;
  readonly scaleDown?: ScalingRules;
}

/** One direction, with its defaults filled in. */
export interface ResolvedRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: SelectPolicy;
  readonly policies: readonly ScalingPolicy[];
}

/** 4 pods or doubling in 15 s, whichever is more, at once. */
export const scaleUpRules = (rules: ScalingRules = {}): ResolvedRules => ({
  stabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? 0,
  selectPolicy: rules.selectPolicy ?? "Max",
  policies: rules.policies ?? [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
});

/** All pods in 15 s, after the controller's stabilization window. */
export const scaleDownRules = (rules: ScalingRules = {}, controllerWindow: Seconds = DOWNSCALE_STABILIZATION): ResolvedRules => ({
  stabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? controllerWindow,
  selectPolicy: rules.selectPolicy ?? "Max",
  policies: rules.policies ?? [{ type: "Percent", value: 100, periodSeconds: 15 }],
});

/** The tolerance in force: the behavior's own where it gives one, else the controller's. */
export const toleranceOf = (behavior: Behavior | null, controller: Tolerance = DEFAULT_TOLERANCE): Tolerance => ({
  down: behavior?.scaleDown?.tolerance ?? controller.down,
  up: behavior?.scaleUp?.tolerance ?? controller.up,
});

/** A change that was made; `change` counts pods and is positive in both directions. */
export interface ScaleChange {
  readonly change: number;
  readonly at: Seconds;
  isOutdated: boolean;
}

export interface ScaleChanges {
  readonly up: readonly ScaleChange[];
  readonly down: readonly ScaleChange[];
}

/** Pods that changed within the period; a change exactly one period ago no longer counts. */
export const changeWithin = (changes: readonly ScaleChange[], period: Seconds, now: Seconds): number => {
  const cutoff = now - period;
  let total = 0;
  for (const { change, at } of changes) if (at > cutoff) total += change;
  return total;
};

/** How far the policies let the fleet go in a direction: each counts from the replicas at the start of its own period. */
export const policyLimit = (
  direction: "up" | "down",
  current: number,
  { up, down }: ScaleChanges,
  rules: ResolvedRules,
  now: Seconds,
): number => {
  if (rules.selectPolicy === "Disabled") return current;
  const isUp = direction === "up";
  // The larger number is the bigger change upwards, and the smaller one downwards.
  const takesLarger = (rules.selectPolicy === "Max") === isUp;
  let limit = takesLarger ? -MAX_INT32 - 1 : MAX_INT32;
  for (const { type, value, periodSeconds } of rules.policies) {
    const start = current - changeWithin(up, periodSeconds, now) + changeWithin(down, periodSeconds, now);
    const proposed =
      type === "Pods"
        ? start + (isUp ? value : -value)
        : isUp
          ? ceilToInt32(start * (1 + value / 100))
          : Math.trunc(start * (1 - value / 100));
    limit = takesLarger ? Math.max(limit, proposed) : Math.min(limit, proposed);
  }
  return limit;
};

export type RateReason = "DesiredWithinRange" | "TooFewReplicas" | "TooManyReplicas" | "ScaleUpLimit" | "ScaleDownLimit";

/** Keeps a wish within what the policies and the limit in its own direction allow. */
export const limitRate = (
  desired: number,
  current: number,
  [min, max]: readonly [min: number, max: number],
  changes: ScaleChanges,
  up: ResolvedRules,
  down: ResolvedRules,
  now: Seconds,
): { replicas: number; reason: RateReason } => {
  if (desired > current) {
    const rate = Math.max(policyLimit("up", current, changes, up, now), current);
    const highest = Math.min(max, rate);
    if (desired > highest) return { replicas: highest, reason: max > rate ? "ScaleUpLimit" : "TooManyReplicas" };
  } else if (desired < current) {
    const rate = Math.min(policyLimit("down", current, changes, down, now), current);
    const lowest = Math.max(min, rate);
    if (desired < lowest) return { replicas: lowest, reason: min < rate ? "ScaleDownLimit" : "TooFewReplicas" };
  }
  return { replicas: desired, reason: "DesiredWithinRange" };
};

/**
 * The wish nearest to the current number that the recommendations of both windows agree to. A recommendation exactly one window old no
 * longer counts.
 *
 * @param log changed in place: the new wish overwrites the last in the list that is older than both windows, else is appended
 */
export const stabiliseBothWays = (
  desired: number,
  current: number,
  log: Recommendation[],
  upWindow: Seconds,
  downWindow: Seconds,
  now: Seconds,
): number => {
  const upCutoff = now - upWindow;
  const downCutoff = now - downWindow;
  let lowest = desired;
  let highest = desired;
  let expired = -1;
  for (const [index, { replicas, at }] of log.entries()) {
    if (at > upCutoff) lowest = Math.min(lowest, replicas);
    if (at > downCutoff) highest = Math.max(highest, replicas);
    if (at < upCutoff && at < downCutoff) expired = index;
  }
  const recommendation = { replicas: desired, at: now };
  if (expired >= 0) log[expired] = recommendation;
  else log.push(recommendation);
  return Math.min(Math.max(current, lowest), highest);
};

/**
 * Remembers a change that was made, in the place of the last one that is older than the direction's longest period, else at the end.
 *
 * @param changes of its direction; changed in place
 */
export const recordChange = (changes: ScaleChange[], change: number, rules: ResolvedRules, now: Seconds): void => {
  const longest = Math.max(0, ...rules.policies.map(({ periodSeconds }) => periodSeconds));
  let outdated = -1;
  for (const [index, earlier] of changes.entries()) {
    if (earlier.at < now - longest) earlier.isOutdated = true;
    if (earlier.isOutdated) outdated = index;
  }
  const latest = { change, at: now, isOutdated: false };
  if (outdated >= 0) changes[outdated] = latest;
  else changes.push(latest);
};
