import type { ColdStartPhase } from "../replica/config.ts";
import type { KvCache } from "../replica/kv-cache.ts";
import { Replica } from "../replica/replica.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import type { Nanoseconds } from "../units.ts";
import { ColdStarts } from "./cold-start/cold-starts.ts";
import type { StartUpConfig } from "./cold-start/start-up.ts";
import { WarmPool } from "./cold-start/warm-pool.ts";
import { Departures } from "./churn/departures.ts";
import { DisruptionLog } from "./churn/disruption-log.ts";
import { Failures } from "./churn/failures.ts";
import type { Churn } from "./churn/settings.ts";
import { inOrderOfGoing } from "./churn/victims.ts";
import { eventRank } from "./event-rank.ts";
import type { Router } from "./router/router.ts";
import { ScaleLog } from "./scale-log.ts";

/** Replicas come, serve, fail, drain and go. */
export class ReplicaSet {
  /** Replicas that are paid for, in order of creation. */
  readonly replicas = new Map<number, Replica>();
  readonly scaleLog = new ScaleLog();
  readonly disruptions = new DisruptionLog();
  readonly failures: Failures;
  readonly departures: Departures;
  /** Replicas that are wanted (`spec.replicas`): all but the draining ones, unless a rolling update is under way. */
  wanted = 0;
  /** Which version of the server new replicas run: how many rolling updates have begun. */
  revision = 0;
  private readonly churn: Churn;
  private readonly events: EventQueue;
  /** Replicas whose node goes with them. */
  private readonly lostNodes = new Set<number>();
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
    churn: Churn,
  ) {
    this.context = context;
    this.router = router;
    this.events = events;
    this.churn = churn;
    this.departures = new Departures(churn.drain, events, this.disruptions);
    this.failures = new Failures(churn.failures ?? {}, seed, events);
    this.wanted = initialReplicas;
    this.startUp = startUp;
    this.startsAtOnce = coldStart.length === 0;
    this.coldStarts = new ColdStarts(coldStart, startUp, seed, events, eventRank, context.meters);
    this.pool = new WarmPool(startUp.warmPool?.size ?? 0);
    for (let i = 0; i < initialReplicas; i += 1) this.placeReady();
    while (this.pool.missing > 0) this.placeAsleep();
  }

  /**
   * A replica's cold-start phase ends, or its wait after a failure. One that was given up meanwhile is ignored.
   *
   * @returns whether a replica has become ready
   */
  finishPhase(id: number, now: Nanoseconds): boolean {
    const replica = this.startingOrUndefined(id);
    if (replica === undefined || replica.life.phaseEndsAt !== now) return false;
    return replica.life.state === "failed" ? this.recover(replica, now) : this.endPhase(replica, now);
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
   * Has so many replicas wanted from now on: wakes those that stand by and starts cold ones, or drains some. While a rolling update is under
   * way, that one brings the number about.
   *
   * @param isInstant those that come are ready at once, with a prefix cache that is warm: that of the replica which was drained last, where none
   * has taken it over yet, otherwise a copy of the most loaded one's
   * @returns whether a replica is ready at once
   */
  scaleTo(replicas: number, because: string, isUpdating: boolean, now: Nanoseconds, isInstant = false): boolean {
    const from = this.wanted;
    this.wanted = replicas;
    const change = isUpdating ? 0 : replicas - from;
    const added = this.obtainSome(change, now, isInstant);
    const victims = change < 0 ? this.inOrderOfGoing(this.present(), now).slice(0, -change) : [];
    this.scaleLog.record({ at: now, from, to: replicas, because }, added, victims);
    const isReady = this.begin(added, now);
    this.stop(victims, now);
    return isReady;
  }

  /** Replicas that do not drain. */
  present(): Replica[] {
    return [...this.replicas.values()].filter(({ life }) => !life.isDraining);
  }

  /** A rolling update starts replicas. @returns whether one is ready at once */
  start(count: number, now: Nanoseconds): boolean {
    const added = this.obtainSome(count, now);
    for (const { id } of added) this.scaleLog.started(id);
    return this.begin(added, now);
  }

  /** Drains replicas: they take no new request, and are gone when they hold none. What becomes of those they hold is the churn's to say. */
  stop(replicas: readonly Replica[], now: Nanoseconds): void {
    for (const replica of replicas) this.drain(replica, Infinity, now);
  }

  /** Replicas in the order in which they go. */
  inOrderOfGoing(replicas: readonly Replica[], now: Nanoseconds): Replica[] {
    if (this.churn.victim === "least-cached") for (const replica of replicas) this.lookIntoCache(replica, now);
    return inOrderOfGoing(replicas, this.churn.victim);
  }

  /** A draining replica's time is over: what it still holds is cut off. An event that was overtaken is ignored. */
  cutOff(id: number, now: Nanoseconds): void {
    const replica = this.replicas.get(id);
    if (replica === undefined || replica.life.cutOffAt !== now) return;
    this.departures.evict(replica, "cut_off", now);
    this.remove(replica, now);
  }

  /** A ready replica's server dies. What it holds is lost; it starts again or is replaced after a while, unless it was to go anyway. */
  fail(replica: Replica, now: Nanoseconds): void {
    if (!this.strike(replica, now)) return;
    const until = now + this.failures.waitAfter(replica.id, now);
    replica.life.fail(until, now);
    this.events.push(until, eventRank.phase, replica.id);
    if (this.churn.failures!.replica!.recovery === "replace") this.lostNodes.add(replica.id);
    else this.disruptions.awaitReady(replica.id, replica.id);
  }

  /** A ready replica is lost with its node, and none takes its place. */
  lose(replica: Replica, now: Nanoseconds): void {
    if (!this.strike(replica, now)) return;
    this.failures.forget(replica.id);
    this.lostNodes.add(replica.id);
    replica.life.fail(Infinity, now);
  }

  /** A ready replica's process ends, with all that it holds. @returns whether it was to stay */
  private strike(replica: Replica, now: Nanoseconds): boolean {
    if (!replica.life.isDraining) this.router.remove(replica.id);
    this.departures.evict(replica, "lost", now);
    if (replica.life.isDraining) {
      this.remove(replica, now);
      return false;
    }
    replica.halt(now);
    replica.scheduler.kv.clear();
    this.coldStarts.changeSources(-1, now);
    return true;
  }

  /**
   * A replica's node will be gone after a notice: the replica drains meanwhile, and unless it was to go anyway another one takes its place.
   *
   * @returns whether a replica is ready at once
   */
  reclaim(replica: Replica, notice: Nanoseconds, now: Nanoseconds): boolean {
    this.lostNodes.add(replica.id);
    if (replica.life.isDraining) {
      this.departures.cutOffWithin(replica, notice, now);
      return false;
    }
    const isReady = this.replace(replica.id, now);
    this.drain(replica, notice, now);
    return isReady;
  }

  /** The pool's processes are of an older version: they go, and others are prepared. */
  renewPool(now: Nanoseconds): void {
    if (this.startUp.warmPool?.kind !== "asleep") return;
    for (const member of this.pool.removeAll()) {
      member.life.enter("gone", now);
      this.coldStarts.leave(member, now);
    }
    this.refillPool(now);
  }

  /** A draining replica holds nothing more. */
  remove(replica: Replica, now: Nanoseconds): void {
    const wasReady = replica.life.isReady;
    replica.halt(now);
    replica.life.enter("gone", now);
    this.replicas.delete(replica.id);
    this.failures.forget(replica.id);
    this.disruptions.forget(replica.id);
    this.coldStarts.leave(replica, now, this.lostNodes.delete(replica.id));
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

  private obtainSome(count: number, now: Nanoseconds, areInstant = false): Replica[] {
    const added: Replica[] = [];
    for (let i = 0; i < count; i += 1) added.push(areInstant ? this.obtainWarm(now) : this.obtain(now));
    return added;
  }

  /** A replica for the fleet: one that stands by, otherwise a cold one. */
  private obtain(now: Nanoseconds): Replica {
    const replica = this.pool.takeOrNull() ?? this.create(this.startsAtOnce, now);
    replica.revision = this.revision;
    this.replicas.set(replica.id, replica);
    return replica;
  }

  /** A replica that is ready at once, and finds what an older one has cached. */
  private obtainWarm(now: Nanoseconds): Replica {
    for (const each of this.replicas.values()) this.lookIntoCache(each, now);
    const replica = this.create(true, now);
    const donor = this.retired ?? this.mostLoadedOrNull()?.scheduler.kv ?? null;
    this.retired = null;
    if (donor !== null) replica.scheduler.kv.copyFrom(donor);
    replica.revision = this.revision;
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
    this.disruptions.ready(replica.id, now);
  }

  private serve(replica: Replica, now: Nanoseconds): void {
    this.router.add(replica);
    this.coldStarts.changeSources(1, now);
    this.failures.begin(replica.id, now);
  }

  private standBy(replica: Replica, now: Nanoseconds): void {
    replica.life.fallAsleep(now);
    this.pool.standBy(replica.id);
  }

  private startingOrUndefined(id: number): Replica | undefined {
    return this.replicas.get(id) ?? this.pool.get(id);
  }

  /** Its wait after a failure is over. @returns whether a replica is ready at once */
  private recover(replica: Replica, now: Nanoseconds): boolean {
    if (this.lostNodes.has(replica.id)) {
      const isReady = this.replace(replica.id, now);
      this.remove(replica, now);
      return isReady;
    }
    if (this.coldStarts.restart(replica, now)) return false;
    replica.life.becomeReady(now);
    this.becomeReady(replica, now);
    return true;
  }

  /** Starts a replica in another's place. @returns whether it is ready at once */
  private replace(gone: number, now: Nanoseconds): boolean {
    const replica = this.obtain(now);
    this.disruptions.awaitReady(gone, replica.id);
    return this.begin([replica], now);
  }

  /** Replicas that were obtained begin. @returns whether one is ready at once */
  private begin(added: readonly Replica[], now: Nanoseconds): boolean {
    let isReady = false;
    for (const { id } of added) isReady = this.awaitReadiness(id, now) || isReady;
    this.refillPool(now);
    return isReady;
  }

  /** @param within so much time it must be gone */
  private drain(replica: Replica, within: Nanoseconds, now: Nanoseconds): void {
    if (replica.life.isReady) this.retired = replica.scheduler.kv;
    replica.life.drain(now);
    this.router.remove(replica.id);
    this.departures.begin(replica, within, now);
    if (replica.outstanding === 0) this.remove(replica, now);
  }

  /** After the steps of this instant. */
  private lookIntoCache(replica: Replica, now: Nanoseconds): void {
    this.router.beforeStep(now);
    const due = replica.nextStepAt;
    replica.interrupt(now, false);
    if (replica.nextStepAt !== due) this.events.push(replica.nextStepAt, eventRank.step, replica.id);
  }
}
