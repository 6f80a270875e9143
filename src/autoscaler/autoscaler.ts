import type { Seconds } from "../units.ts";

/** What one server exports. A metric that is absent is not exported. */
export interface ServerMetrics {
  /** `vllm:num_requests_running`. */
  readonly requestsRunning: number;
  /** `vllm:num_requests_waiting`. */
  readonly requestsWaiting: number;
  /** `vllm:kv_cache_usage_perc`: share of the KV blocks that are held, 0 to 1. */
  readonly kvCacheUsage?: number;
  /** `DCGM_FI_DEV_GPU_UTIL` as a share: of the last sampling window the part in which the GPU was busy, 0 to 1. */
  readonly gpuDuty?: number;
  /** Requests that the server has been given since it started: a counter. */
  readonly requestsReceived?: number;
}

/** What an autoscaler can see of one replica: the state Kubernetes shows and the metrics a server exports. */
export interface ReplicaObservation {
  readonly id: number;
  /** `pending` has no container yet; `starting` runs and is not ready; `serving` is ready. */
  readonly state: "pending" | "starting" | "serving";
  readonly isDraining: boolean;
  /** Null where nothing was scraped: the server does not export yet, or it came after the last scrape. */
  readonly metrics: ServerMetrics | null;
}

/** The fleet at one instant, as far as an autoscaler can see it. */
export interface Observation {
  readonly now: Seconds;
  /** Replicas wanted so far (`spec.replicas`); draining ones do not count. */
  readonly current: number;
  /** All that are paid for, draining ones too. */
  readonly replicas: readonly ReplicaObservation[];
  /** Requests that wait in front of the fleet: at a gateway, or at Knative's activator. */
  readonly requestsQueued?: number;
  /** Requests that have arrived at the fleet so far: a counter. */
  readonly requestsArrived?: number;
}

export interface Decision {
  /** Replicas wanted from now on. */
  readonly replicas: number;
  /** The metric and target that led to it, in words. */
  readonly because: string;
}

/** Decides, once every `period` from time 0 on, how many replicas the fleet should have. Keeps what it has seen: one fleet, one instance. */
export interface Autoscaler {
  readonly period: Seconds;
  /** @returns null to leave the number as it is */
  decide(observation: Observation): Decision | null;
}
