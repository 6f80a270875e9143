import type { Work } from "../../traffic/request.ts";
import type { Nanoseconds } from "../../units.ts";

/** What a policy knows of a replica that takes requests, now or as of the last scrape. */
export interface Target {
  /** Its number in order of creation. */
  readonly id: number;
  /** Whether it holds as many requests as it may, so that it is given none. Never stale: the gateway counts what it sends. */
  readonly isFull: boolean;
  /** Requests it holds, waiting and running. */
  readonly outstanding: number;
  /** Requests that wait in it (`vllm:num_requests_waiting`). */
  readonly waiting: number;
  /**
   * Share of its KV blocks that requests hold (`vllm:kv_cache_usage_perc`).
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end
   */
  kvUseAt(now: Nanoseconds, isBeforeSteps: boolean): number;
}

/** A request on its way to a replica. */
export interface RoutedRequest {
  readonly id: number;
  readonly work: Work;
  /** The session that it belongs to; its own where it is alone. */
  readonly session: number;
}

/** How a replica is chosen. Who has chosen a replica gives it the request, so a policy may remember its choice at once. */
export interface RoutingPolicy {
  add(target: Target): void;
  remove(id: number): void;
  /** What is known of a replica may be different now. */
  changed(target: Target): void;
  /** The id of a replica that is not full, or −1 if there is none. */
  choose(request: RoutedRequest, now: Nanoseconds, isBeforeSteps: boolean): number;
}
