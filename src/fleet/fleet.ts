import type { ColdStartPhase } from "../replica/config.ts";
import type { Replica, ReplicaContext } from "../replica/replica.ts";
import type { UnfinishedState } from "../replica/request-table.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { COLD } from "./cold-start/start-up.ts";
import { eventRank } from "./event-rank.ts";
import { Gateway } from "./gateway.ts";
import type { Outcomes } from "./outcomes.ts";
import { ReplicaSet } from "./replica-set.ts";
import type { Router } from "./router/router.ts";
import type { ScaleLog } from "./scale-log.ts";
import { Sessions } from "./sessions.ts";

/** The replicas, the gateway in front of them, and the sessions that ask: what each event of the simulation does to them. */
export class Fleet {
  private readonly context: ReplicaContext;
  private readonly outcomes: Outcomes;
  private readonly events: EventQueue;
  private readonly router: Router;
  private readonly replicaSet: ReplicaSet;
  private readonly gateway: Gateway;
  private readonly sessions: Sessions;

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
    this.context = context;
    this.outcomes = outcomes;
    this.events = events;
    this.router = router;
    this.replicaSet = new ReplicaSet(context, events, router, coldStart, startUp, initialReplicas, seed);
    this.gateway = new Gateway(context, outcomes, events, router, this.replicaSet);
    this.sessions = new Sessions(events);
  }

  /** Replicas that are paid for, in order of creation. */
  get replicas(): ReadonlyMap<number, Replica> {
    return this.replicaSet.replicas;
  }

  get scaleLog(): ScaleLog {
    return this.replicaSet.scaleLog;
  }

  /** Replicas that are wanted: all but the draining ones. */
  get wanted(): number {
    return this.replicaSet.wanted;
  }

  /** Requests that wait in front of the replicas. */
  get queued(): number {
    return this.gateway.queued;
  }

  /** Requests that sessions will send. */
  get expected(): number {
    return this.sessions.expected;
  }

  /** A request of the traffic arrives. */
  arrive(request: Request, origin = request.id): void {
    this.gateway.arrive(request, origin, 0);
  }

  /** A session sends its next request. */
  followUp(number: number, now: Nanoseconds): void {
    const { work, origin, turn } = this.sessions.take(number);
    this.gateway.arrive({ ...work, id: this.outcomes.arrived, arrivedAt: now }, origin, turn);
  }

  /** Hands the gateway's queue to the replicas that take more. */
  dispatch(now: Nanoseconds): void {
    this.gateway.dispatch(now);
  }

  /** A replica's step event. One that was overtaken by an earlier event is ignored. */
  step(id: number, now: Nanoseconds): void {
    const replica = this.replicas.get(id);
    if (replica === undefined || replica.nextStepAt !== now) return;
    this.router.beforeStep(now);
    replica.step(now);
    if (replica.nextStepAt < Infinity) this.events.push(replica.nextStepAt, eventRank.step, id);
    const { finished, finishedCount } = replica.scheduler;
    for (let i = 0; i < finishedCount; i += 1) this.finish(finished[i]!, now);
    if (replica.life.isDraining) {
      if (replica.outstanding === 0) this.replicaSet.remove(replica, now);
    } else if (finishedCount > 0) {
      this.router.changed(replica);
      this.gateway.wake(now);
    }
  }

  /** A replica's cold-start phase ends. */
  finishPhase(id: number, now: Nanoseconds): void {
    if (this.replicaSet.finishPhase(id, now)) this.gateway.wake(now);
  }

  /** Replicas have what they load over a link. */
  finishTransfers(link: number, now: Nanoseconds): void {
    if (this.replicaSet.finishTransfers(link, now)) this.gateway.wake(now);
  }

  /** Has so many replicas wanted from now on. */
  scaleTo(replicas: number, because: string, now: Nanoseconds): void {
    if (this.replicaSet.scaleTo(replicas, because, now)) this.gateway.wake(now);
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.gateway.settle(now);
    this.replicaSet.settle(now);
  }

  /**
   * Takes a request out of the system at any instant, wherever it is; its session asks for nothing more. A client that sends it again does so from here.
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end
   */
  giveUp(slot: number, state: UnfinishedState, now: Nanoseconds, isBeforeSteps: boolean): void {
    this.gateway.withdraw(slot, now, isBeforeSteps);
    this.leaveUnfinished(slot, state);
  }

  private leaveUnfinished(slot: number, state: UnfinishedState): void {
    this.outcomes.leaveUnfinished(slot, this.context.table, state);
    this.context.table.remove(slot);
  }

  /** A request has had its last token. */
  private finish(slot: number, now: Nanoseconds): void {
    const { table } = this.context;
    this.outcomes.leave(slot, table, now);
    const { next, session = table.id[slot]! } = table.work[slot]!;
    const origin = table.origin[slot]!;
    const turn = table.turn[slot]! + 1;
    table.remove(slot);
    if (next !== undefined) this.sessions.think({ work: { session, ...next }, origin, turn }, now);
  }
}
