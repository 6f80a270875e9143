import type { Fallback } from "./spec.ts";

/** Replicas that a fallback asks for. */
export const fallbackReplicas = ({ behavior, replicas }: Fallback, current: number): number => {
  switch (behavior) {
    case "static":
      return replicas;
    case "currentReplicas":
      return current;
    case "currentReplicasIfHigher":
      return Math.max(current, replicas);
    case "currentReplicasIfLower":
      return Math.min(current, replicas);
    default:
      return behavior satisfies never;
  }
};

/**
 * The value that stands in for a metric whose trigger failed more often in a row than `failureThreshold`
 * (keda, pkg/fallback/fallback.go): what makes the HPA want the fallback's replicas.
 *
 * @param readyReplicas for a `Value` target, whose HPA multiplies by them; null for `AverageValue`
 * @returns null where there is no such value: nothing is ready to multiply by
 */
export const fallbackMilli = (fallback: Fallback, targetMilli: number, current: number, readyReplicas: number | null): number | null => {
  if (readyReplicas === 0) return null;
  const replicas = fallbackReplicas(fallback, current);
  return Math.trunc((targetMilli / 1000) * 1000 * (readyReplicas === null ? replicas : replicas / readyReplicas));
};
