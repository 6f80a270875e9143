import type { Seconds } from "../units.ts";

/** What an autoscaler can see of one replica: the state Kubernetes shows and the metrics a server exports. */
export interface ReplicaObservation {
  readonly id: number;
  /** `pending` has no container yet; `starting` runs but exports nothing; `serving` exports its metrics. */
  readonly state: "pending" | "starting" | "serving";
  readonly isDraining: boolean;
  /** `vllm:num_requests_running`; 0 unless serving. */
  readonly requestsRunning: number;
  /** `vllm:num_requests_waiting`; 0 unless serving. */
  readonly requestsWaiting: number;
}

export interface Decision {
  /** Replicas wanted from now on. */
  readonly replicas: number;
  /** The metric and target that led to it, in words. */
  readonly because: string;
}

/** Decides, once every `period`, how many replicas the fleet should have. */
export interface Autoscaler {
  readonly period: Seconds;
  /**
   * @param current replicas wanted so far; draining ones do not count
   * @returns null to leave it as it is
   */
  decide(now: Seconds, current: number, replicas: readonly ReplicaObservation[]): Decision | null;
}
