import type { ColdStartPhase } from "../replica/config.ts";
import type { KvCache } from "../replica/kv-cache.ts";
import { Replica } from "../replica/replica.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import type { Nanoseconds } from "../units.ts";
import { ColdStarts } from "./cold-start/cold-starts.ts";
import type { StartUpConfig } from "./cold-start/start-up.ts";
import { WarmPool } from "./cold-start/warm-pool.ts";
import { eventRank } from "./event-rank.ts";
import type { Router } from "./router/router.ts";
import { ScaleLog } from "./scale-log.ts";

/** Replicas come, serve, drain and go. */
export class ReplicaSet {
  /** Replicas that are paid for, in order of creation. */
  readonly replicas = new Map<number, Replica>();
  readonly scaleLog = new ScaleLog();
  private readonly context: ReplicaContext;
  private readonly startUp: StartUpConfig;
  private readonly coldStarts: ColdStarts;
  private readonly pool: WarmPool<Replica>;
  private readonly startsAtOnce: boolean;
  private readonly router: Router;
  private created = 0;
  /** The cache of the replica that was drained last, until another takes it over. */
  private retired: KvCache | null = null;

  /** @param initialReplicas ready at time 0 */
  constructor(
    context: ReplicaContext,
    events: EventQueue,
    router: Router,
    coldStart: readonly ColdStartPhase[],
    startUp: StartUpConfig,
    initialReplicas: number,
    seed: number,
  ) {
    this.context = context;
    this.router = router;
    this.startUp = startUp;
    this.startsAtOnce = coldStart.length === 0;
    this.coldStarts = new ColdStarts(coldStart, startUp, seed, events, eventRank, context.meters);
    this.pool = new WarmPool(startUp.warmPool?.size ?? 0);
    for (let i = 0; i < initialReplicas; i += 1) this.placeReady();
    while (this.pool.missing > 0) this.placeAsleep();
  }

  /** Replicas that are wanted: all but the draining ones. */
  get wanted(): number {
    let count = 0;
    for (const replica of this.replicas.values()) if (!replica.life.isDraining) count += 1;
    return count;
  }

  /**
   * A replica's cold-start phase ends. One that was given up meanwhile is ignored.
   *
   * @returns whether a replica has become ready
   */
  finishPhase(id: number, now: Nanoseconds): boolean {
    const replica = this.startingOrUndefined(id);
    return replica !== undefined && replica.life.phaseEndsAt === now && this.endPhase(replica, now);
  }

  /**
   * Replicas have what they load over a link.
   *
   * @returns whether a replica has become ready
   */
  finishTransfers(link: number, now: Nanoseconds): boolean {
    let isReady = false;
    for (const id of this.coldStarts.finishTransfers(link, now)) isReady = this.endPhase(this.startingOrUndefined(id)!, now) || isReady;
    return isReady;
  }

  /**
   * Wakes replicas that stand by and starts cold ones, or drains some: a draining replica takes no new request, finishes all it holds, and is gone.
   *
   * The first to go are those that have no node yet, then those that still start, then the one ready last, as a ReplicaSet orders them.
   *
   * @param isInstant those that come are ready at once, with a prefix cache that is warm: that of the replica which was drained last, where none
   * has taken it over yet, otherwise a copy of the most loaded one's
   * @returns whether a replica is ready at once
   */
  scaleTo(replicas: number, because: string, now: Nanoseconds, isInstant = false): boolean {
    const from = this.wanted;
    const added: Replica[] = [];
    for (let i = from; i < replicas; i += 1) added.push(isInstant ? this.obtainWarm(now) : this.obtain(now));
    const victims = replicas < from ? this.victims().slice(0, from - replicas) : [];
    this.scaleLog.record({ at: now, from, to: replicas, because }, added, victims);
    let isReady = false;
    for (const { id } of added) isReady = this.awaitReadiness(id, now) || isReady;
    this.refillPool(now);
    for (const victim of victims) this.drain(victim, now);
    return isReady;
  }

  /** A draining replica holds nothing more. */
  remove(replica: Replica, now: Nanoseconds): void {
    const wasReady = replica.life.isReady;
    replica.life.enter("gone", now);
    this.replicas.delete(replica.id);
    this.coldStarts.leave(replica, now);
    if (wasReady) this.coldStarts.changeSources(-1, now);
    this.scaleLog.gone(replica.id, now);
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    for (const replica of this.replicas.values()) replica.settle(now);
    for (const replica of this.pool.all()) replica.life.settle(now);
    this.coldStarts.settle(now);
  }

  private create(isReady: boolean, now: Nanoseconds): Replica {
    const replica = new Replica(this.created, this.context, isReady, now);
    this.created += 1;
    return replica;
  }

  private placeReady(): void {
    const replica = this.create(true, 0);
    this.replicas.set(replica.id, replica);
    this.coldStarts.place(replica);
    this.serve(replica, 0);
  }

  private placeAsleep(): void {
    const replica = this.create(false, 0);
    this.pool.add(replica);
    this.coldStarts.place(replica, this.startUp.warmPool!.prepared);
    this.standBy(replica, 0);
  }

  /** A replica for the fleet: one that stands by, otherwise a cold one. */
  private obtain(now: Nanoseconds): Replica {
    const replica = this.pool.takeOrNull() ?? this.create(this.startsAtOnce, now);
    this.replicas.set(replica.id, replica);
    return replica;
  }

  /** A replica that is ready at once, and finds what an older one has cached. */
  private obtainWarm(now: Nanoseconds): Replica {
    const replica = this.create(true, now);
    const donor = this.retired ?? this.mostLoadedOrNull()?.scheduler.kv ?? null;
    this.retired = null;
    if (donor !== null) replica.scheduler.kv.copyFrom(donor);
    this.replicas.set(replica.id, replica);
    return replica;
  }

  private mostLoadedOrNull(): Replica | null {
    let found: Replica | null = null;
    for (const replica of this.replicas.values()) {
      if (replica.life.isReady && replica.outstanding > (found?.outstanding ?? -1)) found = replica;
    }
    return found;
  }

  private awaitReadiness(id: number, now: Nanoseconds): boolean {
    const replica = this.replicas.get(id)!;
    if (replica.life.isReady) {
      this.coldStarts.place(replica);
      this.becomeReady(replica, now);
      return true;
    }
    if (replica.life.state === "asleep") this.coldStarts.wake(replica, now);
    else this.coldStarts.begin(replica, now);
    return false;
  }

  private refillPool(now: Nanoseconds): void {
    while (this.pool.missing > 0) {
      const replica = this.create(false, now);
      this.pool.add(replica);
      this.coldStarts.begin(replica, now, this.startUp.warmPool!.prepared);
    }
  }

  private endPhase(replica: Replica, now: Nanoseconds): boolean {
    if (this.coldStarts.endPhase(replica, now)) return false;
    if (this.pool.get(replica.id) !== undefined) {
      this.standBy(replica, now);
      return false;
    }
    replica.life.becomeReady(now);
    this.becomeReady(replica, now);
    return true;
  }

  private becomeReady(replica: Replica, now: Nanoseconds): void {
    this.serve(replica, now);
    this.scaleLog.ready(replica.id, now);
  }

  private serve(replica: Replica, now: Nanoseconds): void {
    this.router.add(replica);
    this.coldStarts.changeSources(1, now);
  }

  private standBy(replica: Replica, now: Nanoseconds): void {
    replica.life.fallAsleep(now);
    this.pool.standBy(replica.id);
  }

  private startingOrUndefined(id: number): Replica | undefined {
    return this.replicas.get(id) ?? this.pool.get(id);
  }

  private victims(): Replica[] {
    const stage = (replica: Replica): number => (replica.life.isReady ? 2 : replica.life.state === "provisioning" ? 0 : 1);
    return [...this.replicas.values()]
      .filter((replica) => !replica.life.isDraining)
      .sort((a, b) => stage(a) - stage(b) || (b.life.readyAt ?? 0) - (a.life.readyAt ?? 0) || b.id - a.id);
  }

  private drain(replica: Replica, now: Nanoseconds): void {
    if (replica.life.isReady) this.retired = replica.scheduler.kv;
    replica.life.drain(now);
    this.router.remove(replica.id);
    if (replica.outstanding === 0) this.remove(replica, now);
  }
}
