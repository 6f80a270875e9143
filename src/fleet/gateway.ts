import type { ReplicaConfig } from "../replica/config.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import type { Streams } from "../sim/streams.ts";
import type { Request, Work } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { Admission } from "./admission/admission.ts";
import type { Clients } from "./admission/clients.ts";
import { GatewayQueue } from "./admission/gateway-queue.ts";
import { Load } from "./admission/load.ts";
import type { AdmissionSettings } from "./admission/settings.ts";
import { eventRank } from "./event-rank.ts";
import type { Outcomes } from "./outcomes.ts";
import type { ReplicaSet } from "./replica-set.ts";
import type { Router } from "./router/router.ts";

/** What stands in front of the replicas: a request is sent to one of them, is held back, waits in a queue for one, or is rejected. */
export class Gateway {
  private readonly context: ReplicaContext;
  private readonly outcomes: Outcomes;
  private readonly events: EventQueue;
  private readonly router: Router;
  private readonly replicaSet: ReplicaSet;
  private readonly clients: Clients;
  private readonly load: Load;
  /** Null where there is nothing before the queue. */
  private readonly admission: Admission | null;
  /** Requests that came while no replica took one. */
  private readonly queue: GatewayQueue;
  private queueSince: Nanoseconds = 0;

  constructor(
    context: ReplicaContext,
    outcomes: Outcomes,
    events: EventQueue,
    router: Router,
    replicaSet: ReplicaSet,
    clients: Clients,
    settings: AdmissionSettings,
    streams: Streams,
  ) {
    this.context = context;
    this.outcomes = outcomes;
    this.events = events;
    this.router = router;
    this.replicaSet = replicaSet;
    this.clients = clients;
    this.load = new Load(replicaSet.replicas, context.config.maxNumSeqs);
    const { rate_limit: rateLimit, shed, deadline, smoother, queue } = settings;
    const isOpen = [rateLimit, shed, deadline, smoother].every((setting) => setting === undefined);
    this.admission = isOpen ? null : new Admission(settings, context, outcomes, events, this.load, streams);
    this.queue = new GatewayQueue(context.table, this.admission?.deadlines ?? null, queue);
  }

  /** Requests that wait in front of the replicas. */
  get queued(): number {
    return this.queue.length;
  }

  /** Requests that are held back. */
  get held(): number {
    return this.admission?.held ?? 0;
  }

  /**
   * Takes in an arriving request, or rejects one that no replica can ever finish.
   *
   * @param origin its place in the traffic, or that of its session's first request
   * @param turn how many of its session came before it
   */
  arrive(request: Request, origin: number, turn: number): void {
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
    this.clients.send(slot, now);
    this.attempt(slot, now, true);
  }

  /** An attempt at a request comes: its first, or one more. */
  attempt(slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    if (this.admission === null) this.offer(slot, now, isBeforeSteps);
    else this.follow(this.admission.decide(slot, now, isBeforeSteps), slot, now, isBeforeSteps);
  }

  /** A moment has come at which a wait of a request that no replica holds may be over. */
  due(slot: number, now: Nanoseconds): void {
    if (this.queue.isOverdue(slot, now)) {
      this.withdraw(slot, now, false);
      this.clients.failed(slot, "timed_out", "queue_timeout", now);
      return;
    }
    const verdict = this.admission?.decideWhenDue(slot, now) ?? null;
    if (verdict !== null) this.follow(verdict, slot, now, false);
  }

  /** Hands the queue to the replicas that take more, and then what is held back for want of room. */
  dispatch(now: Nanoseconds): void {
    this.settle(now);
    this.handOut(now);
    while (this.admission !== null && this.admission.waitsForRoom) {
      const slot = this.admission.releaseNext(now);
      if (slot < 0) return;
      this.offer(slot, now, false);
    }
  }

  /** A replica has finished some requests, and as many still wait at it. */
  completed(count: number, waiting: number, now: Nanoseconds): void {
    this.admission?.deadlines?.completed(count, waiting, now);
  }

  /**
   * Takes a request away from where it is, its replica, the queue or before it, at any instant. It stays in the table, with all it has produced.
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end, so that what they give it is dropped
   */
  withdraw(slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    const replica = this.replicaSet.replicas.get(this.context.table.replica[slot]!);
    if (replica === undefined) {
      if (this.admission?.withdraw(slot, now) === true) return;
      this.settle(now);
      this.queue.remove(slot);
      this.load.queued = this.queue.length;
      this.context.meters.countAbort(0, this.context.table.lost[slot]!);
      this.wake(now);
      return;
    }
    this.router.beforeStep(now);
    const due = replica.nextStepAt;
    replica.abort(slot, now, isBeforeSteps);
    if (replica.nextStepAt !== due) this.events.push(replica.nextStepAt, eventRank.step, replica.id);
    if (replica.life.isDraining) return;
    this.router.changed(replica);
    this.wake(now);
  }

  /** Requests whose replica has gone stand in front of the queue again, in this order. What they have had computed they compute again. */
  takeBack(slots: readonly number[], now: Nanoseconds): void {
    this.settle(now);
    for (const slot of slots.toReversed()) {
      this.context.meters.countHandOver(this.context.table.lost[slot]!);
      this.queue.prepend(slot, now);
      if (this.queue.timeOut < Infinity) this.events.push(now + this.queue.timeOut, eventRank.due, slot);
    }
    this.load.queued = this.queue.length;
    this.wake(now);
  }

  /** A replica may take more from now on: has the queue handed out after the steps of this instant. */
  wake(now: Nanoseconds): void {
    if (this.queue.length > 0 || this.admission?.waitsForRoom === true) this.events.push(now, eventRank.dispatch, 0);
  }

  /** Accounts for the requests here up to now. */
  settle(now: Nanoseconds): void {
    this.context.meters.queued.add(this.queue.length, this.queueSince, now);
    this.queueSince = now;
    this.admission?.settle(now);
  }

  private follow(verdict: ReturnType<Admission["decide"]>, slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    if (verdict === "goes-on") this.offer(slot, now, isBeforeSteps);
    else if (verdict !== "held") this.clients.failed(slot, "rejected", verdict, now);
  }

  /** Gives a request to a replica, or puts it in the queue. */
  private offer(slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    const chosen = this.queue.length === 0 ? this.route(slot, now, isBeforeSteps) : -1;
    if (chosen >= 0) {
      this.give(slot, chosen, now, isBeforeSteps);
      return;
    }
    this.settle(now);
    const victim = this.queue.add(slot, now);
    this.load.queued = this.queue.length;
    if (victim !== slot && this.queue.timeOut < Infinity) this.events.push(now + this.queue.timeOut, eventRank.due, slot);
    if (victim >= 0) this.clients.failed(victim, "rejected", "queue_full", now);
  }

  private handOut(now: Nanoseconds): void {
    while (this.queue.length > 0) {
      const slot = this.queue.first();
      const isLate = this.admission?.deadlines?.isLateInTurn(slot, now) === true;
      const chosen = isLate ? -1 : this.route(slot, now, false);
      if (chosen < 0 && !isLate) return;
      this.queue.remove(slot);
      this.load.queued = this.queue.length;
      if (isLate) this.clients.failed(slot, "rejected", "deadline", now);
      else this.give(slot, chosen, now, false);
    }
  }

  private route(slot: number, now: Nanoseconds, isBeforeSteps: boolean): number {
    const { table } = this.context;
    const id = table.id[slot]!;
    const work = table.work[slot]!;
    return this.router.choose({ id, work, session: work.session ?? id }, now, isBeforeSteps);
  }

  private give(slot: number, id: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    const replica = this.replicaSet.replicas.get(id)!;
    const due = replica.nextStepAt;
    replica.accept(slot, now, isBeforeSteps);
    this.router.changed(replica);
    if (replica.nextStepAt !== due) this.events.push(replica.nextStepAt, eventRank.step, id);
  }
}

/** Whether a replica could ever finish a request: its context is within `max_model_len`, and its blocks fit into an empty cache. */
export const isServable = (config: ReplicaConfig, { promptTokens, outputTokens }: Work): boolean => {
  // The last token produced is never computed, so it needs no block.
  const cached = promptTokens + outputTokens - 1;
  return cached < config.maxModelLen && Math.ceil(cached / config.blockSize) <= config.numGpuBlocks - 1;
};
