import { HashRing, placeOf } from "./hash-ring.ts";
import { IdSet } from "./id-set.ts";
import type { RoutedRequest, RoutingPolicy, Target } from "./policy.ts";

/** What a key is the number of, so that equal numbers of different things are different keys. The ring's members are 0. */
const PART = 1;
const SESSION = 2;
const REQUEST = 3;

/**
 * Consistent hashing with bounded loads: the first replica from the key's place on a ring that holds less than its share.
 *
 * With this request, a replica may hold at most ⌈load factor × mean⌉ of the outstanding requests of all replicas, as HAProxy, Envoy and
 * KubeAI have it. The load is what the gateway counts itself, so it is never stale. A few places of the ring are looked at; many only
 * where most replicas are full.
 *
 * @see Mirrokni, Thorup and Zadimoghaddam 2018, https://arxiv.org/abs/1608.01350
 */
export class ConsistentHashPolicy implements RoutingPolicy {
  private readonly ring: HashRing;
  private readonly open = new IdSet();
  /** Outstanding requests by replica, and of all. */
  private readonly loads = new Map<number, number>();
  private load = 0;
  private readonly key: "prefix" | "session";
  private readonly loadFactor: number;

  /**
   * @param key what requests with the same one have in common: the first part of the prompt, or the session
   * @param loadFactor 1 or more
   */
  constructor(key: "prefix" | "session", loadFactor: number, virtualNodes: number) {
    this.key = key;
    this.loadFactor = loadFactor;
    this.ring = new HashRing(virtualNodes);
  }

  add(target: Target): void {
    this.ring.add(target.id);
    this.changed(target);
  }

  remove(id: number): void {
    this.ring.remove(id);
    this.open.set(id, false);
    this.load -= this.loads.get(id)!;
    this.loads.delete(id);
  }

  changed({ id, isFull, outstanding }: Target): void {
    this.open.set(id, !isFull);
    this.load += outstanding - (this.loads.get(id) ?? 0);
    this.loads.set(id, outstanding);
  }

  choose(request: RoutedRequest): number {
    if (this.open.size === 0) return -1;
    const most = Math.ceil((this.loadFactor * (this.load + 1)) / this.loads.size);
    // The replica with the least load holds less than that, and takes requests if any does: the way around the ring ends.
    let index = this.ring.indexFrom(this.placeOf(request));
    for (;;) {
      const id = this.ring.memberAt(index);
      if (this.open.has(id) && this.loads.get(id)! < most) return id;
      index = index + 1 === this.ring.length ? 0 : index + 1;
    }
  }

  /** A request without a named part, or without a session, has a key of its own. */
  private placeOf({ id, work, session }: RoutedRequest): number {
    if (this.key === "session") return placeOf(SESSION, session);
    const part = work.parts?.[0];
    return part === undefined ? placeOf(REQUEST, id) : placeOf(PART, part.id);
  }
}
