import type { ReplicaConfig } from "../replica/config.ts";
import { FcfsQueue } from "../replica/fcfs-queue.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import type { Request, Work } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { eventRank } from "./event-rank.ts";
import type { Outcomes } from "./outcomes.ts";
import type { ReplicaSet } from "./replica-set.ts";
import type { Router } from "./router/router.ts";

/** What stands in front of the replicas: a request is sent to one of them, waits in a queue for one, or is rejected. */
export class Gateway {
  private readonly context: ReplicaContext;
  private readonly outcomes: Outcomes;
  private readonly events: EventQueue;
  private readonly router: Router;
  private readonly replicaSet: ReplicaSet;
  /** Requests that came while no replica took one. */
  private readonly queue = new FcfsQueue();
  private queueSince: Nanoseconds = 0;

  constructor(context: ReplicaContext, outcomes: Outcomes, events: EventQueue, router: Router, replicaSet: ReplicaSet) {
    this.context = context;
    this.outcomes = outcomes;
    this.events = events;
    this.router = router;
    this.replicaSet = replicaSet;
  }

  /** Requests that wait in front of the replicas. */
  get queued(): number {
    return this.queue.length;
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
    const chosen = this.queue.length === 0 ? this.route(slot, now, true) : -1;
    if (chosen >= 0) {
      this.give(slot, chosen, now, true);
    } else {
      this.settle(now);
      this.queue.append(slot);
    }
  }

  /**
   * Takes a request away from where it is, the queue or its replica, at any instant. It stays in the table, with all it has produced.
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end, so that what they give it is dropped
   */
  withdraw(slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    const replica = this.replicaSet.replicas.get(this.context.table.replica[slot]!);
    if (replica === undefined) {
      this.settle(now);
      this.queue.remove(slot);
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
      this.queue.prepend(slot);
    }
    this.wake(now);
  }

  /** Hands the queue to the replicas that take more. */
  dispatch(now: Nanoseconds): void {
    this.settle(now);
    while (this.queue.length > 0) {
      const chosen = this.route(this.queue.first(), now, false);
      if (chosen < 0) return;
      this.give(this.queue.removeFirst(), chosen, now, false);
    }
  }

  /** A replica may take more from now on: has the queue handed out after the steps of this instant. */
  wake(now: Nanoseconds): void {
    if (this.queue.length > 0) this.events.push(now, eventRank.dispatch, 0);
  }

  /** Accounts for the queue up to now. */
  settle(now: Nanoseconds): void {
    this.context.meters.queued.add(this.queue.length, this.queueSince, now);
    this.queueSince = now;
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
