import type { Seconds } from "../../units.ts";
import type { KpaSpec } from "./spec.ts";

/** Whether a revision serves: it is being brought up, it serves, or it has been declared idle. */
export interface Activity {
  readonly state: "activating" | "active" | "inactive";
  readonly since: Seconds;
}

/** What is known of a revision when a wanted number is applied. */
export interface Revision {
  readonly activity: Activity;
  /** It once had its initial scale. */
  readonly isInitialised: boolean;
  /** A route leads to it. */
  readonly isReachable: boolean;
  /** Since when all requests have gone through the activator; null while they do not. */
  readonly proxiedSince: Seconds | null;
}

/** What becomes of a wanted number: set it, or leave the replicas as they are. `wanted` is what the revision counts as wanting. */
export interface Applied {
  readonly replicas: number | null;
  readonly wanted: number;
}

/** Beyond the progress deadline, so that the deployment's own failure is seen first. */
const ACTIVATION_BUFFER: Seconds = 30;

/**
 * Applies a wanted number within the limits, and takes the steps to 0 one after another: idle for a window, declared inactive, behind the
 * activator for the grace period (knative/serving, pkg/reconciler/autoscaling/kpa/scaler.go).
 *
 * @param desired −1 while nothing is known
 */
export const applyScale = (spec: KpaSpec, desired: number, revision: Revision, now: Seconds): Applied => {
  const { activity } = revision;
  if (desired < 0 && activity.state !== "activating") return { replicas: null, wanted: desired };
  const { min, max } = scaleBounds(spec, revision);
  const within = desired < min ? min : max !== 0 && desired > max ? max : desired;
  if (within < 0) return { replicas: null, wanted: within };
  if (within > 0) return { replicas: within, wanted: within };
  return stepToZero(spec, revision, now);
};

/** Limits in force: an unreachable revision has no minimum, one that is not initialised its initial scale. */
export const scaleBounds = (spec: KpaSpec, { isReachable, isInitialised }: Revision): { readonly min: number; readonly max: number } => {
  if (!isReachable) return { min: 0, max: spec.maxScale };
  const isStarting = !isInitialised && spec.initialScale > 1;
  return { min: isStarting ? Math.max(spec.minScale, spec.initialScale) : spec.minScale, max: spec.maxScale };
};

const stepToZero = (spec: KpaSpec, { activity, proxiedSince }: Revision, now: Seconds): Applied => {
  const { cluster } = spec;
  if (!cluster.hasScaleToZero) return { replicas: 1, wanted: 1 };
  const elapsed = now - activity.since;
  const hold: Applied = { replicas: null, wanted: 0 };
  const zero: Applied = { replicas: 0, wanted: 0 };
  switch (activity.state) {
    case "activating":
      return elapsed >= cluster.progressDeadline + ACTIVATION_BUFFER ? zero : { replicas: null, wanted: -1 };
    case "active":
      return elapsed < spec.window ? { replicas: 1, wanted: 1 } : hold;
    case "inactive":
      if (proxiedSince === null) return hold;
      if (elapsed >= Math.max(cluster.scaleToZeroGrace, spec.podRetention)) return zero;
      if (spec.podRetention > 0 && elapsed < spec.podRetention) return hold;
      return now - proxiedSince >= cluster.scaleToZeroGrace ? zero : hold;
    default:
      return activity.state satisfies never;
  }
};

/** What the revision is after a number was wanted and so many are ready. */
export const nextActivity = (
  spec: KpaSpec,
  { activity, isInitialised }: Revision,
  wanted: number,
  ready: number,
  now: Seconds,
): Activity => {
  const enough = Math.max(spec.minScale, isInitialised ? 1 : spec.initialScale);
  const become = (state: Activity["state"]): Activity => (activity.state === state ? activity : { state, since: now });
  if (wanted === 0 || enough === 0) return become("inactive");
  if (ready < enough) return wanted > 0 || activity.state !== "inactive" ? become("activating") : become("inactive");
  return wanted > 0 || activity.state !== "inactive" ? become("active") : activity;
};
