import type { Observation, ReplicaObservation, ServerMetrics } from "../../src/autoscaler/autoscaler.ts";

export const serving = (
  id: number,
  requestsRunning: number,
  requestsWaiting = 0,
  more: Partial<ServerMetrics> = {},
): ReplicaObservation => ({
  id,
  state: "serving",
  isDraining: false,
  metrics: { requestsRunning, requestsWaiting, ...more },
});

export const starting = (id: number): ReplicaObservation => ({ id, state: "starting", isDraining: false, metrics: null });

export const observed = (
  now: number,
  current: number,
  replicas: readonly ReplicaObservation[],
  more: Pick<Observation, "requestsQueued" | "requestsArrived"> = {},
): Observation => ({ now, current, replicas, ...more });
