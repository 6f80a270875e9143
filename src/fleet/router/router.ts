import type { Work } from "../../traffic/request.ts";
import type { Nanoseconds } from "../../units.ts";

/** What a router may see of a replica: what its server exports. */
export interface RouterTarget {
  /** Its number in order of creation. */
  readonly id: number;
  /** Requests it holds, waiting and running. */
  readonly outstanding: number;
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

/** Chooses the replica that a request goes to, among those that take requests. */
export interface Router {
  /** A replica takes requests from now on. */
  add(target: RouterTarget): void;
  /** A replica takes no more. */
  remove(id: number): void;
  /** A replica was given a request, or has finished some. */
  changed(target: RouterTarget): void;
  /**
   * The id of the replica, or −1 if none takes a request.
   *
   * @param limit a replica that holds so many takes none
   * @param isBeforeSteps whether the steps that end at this instant are still to end
   */
  choose(request: RoutedRequest, now: Nanoseconds, limit: number, isBeforeSteps: boolean): number;
}
