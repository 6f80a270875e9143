import { LeastOutstandingPolicy } from "./least-outstanding.ts";
import type { RoutedRequest, RoutingPolicy, Target } from "./policy.ts";
import { RecentMap } from "./recent-map.ts";

/**
 * A session stays with the replica that had its last request. Its first request, and one whose replica is gone or full, goes to the
 * replica with the fewest outstanding requests, and the session with it.
 */
export class SessionAffinityPolicy implements RoutingPolicy {
  private readonly fallback = new LeastOutstandingPolicy();
  private readonly homes: RecentMap;

  /** @param sessions that are remembered, at least */
  constructor(sessions: number) {
    this.homes = new RecentMap(sessions);
  }

  add(target: Target): void {
    this.fallback.add(target);
  }

  remove(id: number): void {
    this.fallback.remove(id);
  }

  changed(target: Target): void {
    this.fallback.changed(target);
  }

  choose({ session, work }: RoutedRequest): number {
    const home = this.homes.get(session);
    const chosen = home !== undefined && this.fallback.takes(home) ? home : this.fallback.choose();
    const isAlone = work.session === undefined && work.next === undefined;
    if (chosen >= 0 && !isAlone) this.homes.set(session, chosen);
    return chosen;
  }
}
