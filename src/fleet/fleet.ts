import type { ColdStartPhase, ReplicaConfig } from "../replica/config.ts";
import { Replica } from "../replica/replica.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import { FcfsQueue } from "../replica/fcfs-queue.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import type { FollowUp, Request, Work } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { ColdStarts } from "./cold-start/cold-starts.ts";
import { COLD, type StartUpConfig } from "./cold-start/start-up.ts";
import { WarmPool } from "./cold-start/warm-pool.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Router } from "./router/router.ts";
import { ScaleLog } from "./scale-log.ts";

/** Kinds of events by rank: of those due at one instant the smaller rank is first. The comment says whose number the sequence is. */
export const eventRank = {
  /** A replica's cold-start phase ends. */
  phase: 0,
  /** Transfers over a link that starting replicas share end (the link's number). */
  transfer: 1,
  /** A request of the traffic arrives (0). */
  arrival: 2,
  /** A session's next request arrives (its number in order of scheduling). After the traffic's own. */
  followUp: 3,
  /** A replica's step ends, the next one starts. After the arrivals of the same instant, so that the next step sees them. */
  step: 4,
  /** The fleet's queue is handed to replicas that take more (0). After the steps of the same instant, which have made room. */
  dispatch: 5,
  /** The autoscaler decides (0). */
  autoscale: 6,
} as const;

/** A request that a session will send. */
interface NextTurn {
  readonly work: FollowUp;
  readonly origin: number;
  readonly turn: number;
}

/** The replicas, the queue in front of them, and the requests' way to a replica. */
export class Fleet {
  /** Replicas that are paid for, in order of creation. */
  readonly replicas = new Map<number, Replica>();
  readonly scaleLog = new ScaleLog();
  private readonly context: ReplicaContext;
  private readonly startUp: StartUpConfig;
  private readonly coldStarts: ColdStarts;
  private readonly pool: WarmPool<Replica>;
  private readonly startsAtOnce: boolean;
  private readonly events: EventQueue;
  private readonly router: Router;
  /** Requests that came while no replica took one. */
  private readonly queue = new FcfsQueue();
  private queueSince: Nanoseconds = 0;
  private created = 0;
  private readonly outcomes: Outcomes;
  /** What sessions ask for next, by the number of its event. */
  private readonly followUps = new Map<number, NextTurn>();
  private followUpsScheduled = 0;

  constructor(
    context: ReplicaContext,
    outcomes: Outcomes,
    coldStart: readonly ColdStartPhase[],
    initialReplicas: number,
    events: EventQueue,
    router: Router,
    startUp = COLD,
    seed = 0,
  ) {
    this.router = router;
    this.context = context;
    this.outcomes = outcomes;
    this.events = events;
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

  /** Requests that wait in front of the replicas. */
  get queued(): number {
    return this.queue.length;
  }

  /** Requests that sessions will send. */
  get expected(): number {
    return this.followUps.size;
  }

  /**
   * Takes in an arriving request, or rejects one that no replica can ever finish.
   *
   * @param origin its place in the traffic, or that of its session's first request
   * @param turn how many of its session came before it
   */
  arrive(request: Request, origin = request.id, turn = 0): void {
    const { table, config } = this.context;
    const { id, arrivedAt: now } = request;
    this.outcomes.arrive(now);
    if (!isServable(config, request)) {
      this.outcomes.turnAway(request, origin, turn);
      return;
    }
    const slot = table.add(request, id, now);
    table.origin[slot] = origin;
    table.turn[slot] = turn;
    const chosen = this.queue.length === 0 ? this.route(slot, now, true) : -1;
    if (chosen >= 0) {
      this.give(slot, chosen, now, true);
    } else {
      this.settleQueue(now);
      this.queue.append(slot);
    }
  }

  /** A session sends its next request. */
  followUp(number: number, now: Nanoseconds): void {
    const { work, origin, turn } = this.followUps.get(number)!;
    this.followUps.delete(number);
    this.arrive({ ...work, id: this.outcomes.arrived, arrivedAt: now }, origin, turn);
  }

  /** Hands the fleet's queue to the replicas that take more. */
  dispatch(now: Nanoseconds): void {
    this.settleQueue(now);
    while (this.queue.length > 0) {
      const chosen = this.route(this.queue.first(), now, false);
      if (chosen < 0) return;
      this.give(this.queue.removeFirst(), chosen, now, false);
    }
  }

  /** A replica's step event. One that was overtaken by an earlier event is ignored. */
  step(id: number, now: Nanoseconds): void {
    const replica = this.replicas.get(id);
    if (replica === undefined || replica.nextStepAt !== now) return;
    this.router.beforeStep(now);
    replica.step(now);
    if (replica.nextStepAt < Infinity) this.events.push(replica.nextStepAt, eventRank.step, id);
    const { finished, finishedCount } = replica.scheduler;
    if (finishedCount === 0) return;
    for (let i = 0; i < finishedCount; i += 1) this.finish(finished[i]!, now);
    if (!replica.life.isDraining) {
      this.router.changed(replica);
      if (this.queue.length > 0) this.events.push(now, eventRank.dispatch, 0);
    } else if (replica.outstanding === 0) {
      this.remove(replica, now);
    }
  }

  /** A replica's cold-start phase ends. One that was given up meanwhile is ignored. */
  finishPhase(id: number, now: Nanoseconds): void {
    const replica = this.startingOrUndefined(id);
    if (replica !== undefined && replica.life.phaseEndsAt === now) this.endPhase(replica, now);
  }

  /** Replicas have what they load over a link. */
  finishTransfers(link: number, now: Nanoseconds): void {
    for (const id of this.coldStarts.finishTransfers(link, now)) this.endPhase(this.startingOrUndefined(id)!, now);
  }

  /**
   * Wakes replicas that stand by and starts cold ones, or drains some: a draining replica takes no new request, finishes all it holds, and is gone.
   *
   * The first to go are those that have no node yet, then those that still start, then the one ready last, as a ReplicaSet orders them.
   */
  scaleTo(replicas: number, because: string, now: Nanoseconds): void {
    const from = this.wanted;
    const added: number[] = [];
    for (let i = from; i < replicas; i += 1) added.push(this.obtain(now).id);
    this.scaleLog.record({ at: now, from, to: replicas, because }, added);
    for (const id of added) this.awaitReadiness(id, now);
    this.refillPool(now);
    if (replicas < from) for (const victim of this.victims().slice(0, from - replicas)) this.drain(victim, now);
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.settleQueue(now);
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

  private awaitReadiness(id: number, now: Nanoseconds): void {
    const replica = this.replicas.get(id)!;
    if (replica.life.isReady) {
      this.coldStarts.place(replica);
      this.becomeReady(replica, now);
    } else if (replica.life.state === "asleep") {
      this.coldStarts.wake(replica, now);
    } else {
      this.coldStarts.begin(replica, now);
    }
  }

  private refillPool(now: Nanoseconds): void {
    while (this.pool.missing > 0) {
      const replica = this.create(false, now);
      this.pool.add(replica);
      this.coldStarts.begin(replica, now, this.startUp.warmPool!.prepared);
    }
  }

  private endPhase(replica: Replica, now: Nanoseconds): void {
    if (this.coldStarts.endPhase(replica, now)) return;
    if (this.pool.get(replica.id) !== undefined) {
      this.standBy(replica, now);
    } else {
      replica.life.becomeReady(now);
      this.becomeReady(replica, now);
    }
  }

  private becomeReady(replica: Replica, now: Nanoseconds): void {
    this.serve(replica, now);
    this.scaleLog.ready(replica.id, now);
    if (this.queue.length > 0) this.events.push(now, eventRank.dispatch, 0);
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

  private finish(slot: number, now: Nanoseconds): void {
    const { table } = this.context;
    this.outcomes.leave(slot, table, now);
    const { next, session = table.id[slot]! } = table.work[slot]!;
    const origin = table.origin[slot]!;
    const turn = table.turn[slot]! + 1;
    table.remove(slot);
    if (next === undefined) return;
    this.followUps.set(this.followUpsScheduled, { work: { session, ...next }, origin, turn });
    // Never at the same instant: some replicas may already have begun their next step there.
    this.events.push(now + Math.max(1, next.thinkTime), eventRank.followUp, this.followUpsScheduled);
    this.followUpsScheduled += 1;
  }

  private route(slot: number, now: Nanoseconds, isBeforeSteps: boolean): number {
    const { table } = this.context;
    const id = table.id[slot]!;
    const work = table.work[slot]!;
    return this.router.choose({ id, work, session: work.session ?? id }, now, isBeforeSteps);
  }

  private give(slot: number, id: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    const replica = this.replicas.get(id)!;
    const due = replica.nextStepAt;
    replica.accept(slot, now, isBeforeSteps);
    this.router.changed(replica);
    if (replica.nextStepAt !== due) this.events.push(replica.nextStepAt, eventRank.step, id);
  }

  private victims(): Replica[] {
    const stage = (replica: Replica): number => (replica.life.isReady ? 2 : replica.life.state === "provisioning" ? 0 : 1);
    return [...this.replicas.values()]
      .filter((replica) => !replica.life.isDraining)
      .sort((a, b) => stage(a) - stage(b) || (b.life.readyAt ?? 0) - (a.life.readyAt ?? 0) || b.id - a.id);
  }

  private drain(replica: Replica, now: Nanoseconds): void {
    replica.life.drain(now);
    this.router.remove(replica.id);
    if (replica.outstanding === 0) this.remove(replica, now);
  }

  private remove(replica: Replica, now: Nanoseconds): void {
    const wasReady = replica.life.isReady;
    replica.life.enter("gone", now);
    this.replicas.delete(replica.id);
    this.coldStarts.leave(replica, now);
    if (wasReady) this.coldStarts.changeSources(-1, now);
  }

  private settleQueue(now: Nanoseconds): void {
    this.context.meters.queued.add(this.queue.length, this.queueSince, now);
    this.queueSince = now;
  }
}

/** Whether a replica could ever finish a request: its context is within `max_model_len`, and its blocks fit into an empty cache. */
export const isServable = (config: ReplicaConfig, { promptTokens, outputTokens }: Work): boolean => {
  // The last token produced is never computed, so it needs no block.
  const cached = promptTokens + outputTokens - 1;
  return cached < config.maxModelLen && Math.ceil(cached / config.blockSize) <= config.numGpuBlocks - 1;
};
