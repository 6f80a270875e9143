import type { Seconds } from "../../units.ts";
import type { KedaSpec } from "./spec.ts";

/** What KEDA remembers of a ScaledObject from poll to poll. */
export interface ExecutorState {
  /** The last poll that saw activity. */
  lastActiveAt: Seconds | null;
  readonly createdAt: Seconds;
}

/** What a poll of the triggers found. */
export interface Poll {
  readonly isActive: boolean;
  /** A trigger failed. */
  readonly hasError: boolean;
}

/**
 * KEDA's own part of scaling, between 0 (or idle) and the minimum; the HPA does the rest
 * (keda, pkg/scaling/executor/scale_scaledobjects.go).
 *
 * @param state changed in place
 * @returns null to leave the replicas as they are
 */
export const requestScale = (spec: KedaSpec, state: ExecutorState, poll: Poll, current: number, now: Seconds): number | null => {
  if (spec.paused !== null) return spec.paused.replicas;
  const { idleReplicaCount: idle, minReplicaCount: min } = spec;
  if (poll.isActive) {
    if ((idle !== null && current < min) || current === 0) {
      state.lastActiveAt = now;
      return min > 0 ? min : 1;
    }
    if (!poll.hasError) state.lastActiveAt = now;
    return null;
  }
  if (poll.hasError) return null;
  if ((idle !== null && current > idle) || (current > 0 && min === 0)) return isCooledDown(spec, state, now) ? (idle ?? min) : null;
  return idle === null && current < min ? min : null;
};

/** Whether the last activity is longer ago than the cooldown; of an object that was never active, its creation. */
const isCooledDown = (spec: KedaSpec, { lastActiveAt, createdAt }: ExecutorState, now: Seconds): boolean =>
  lastActiveAt === null ? createdAt + spec.initialCooldownPeriod < now : lastActiveAt + spec.cooldownPeriod < now;
