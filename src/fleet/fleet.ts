import type { ColdStartPhase } from "../replica/config.ts";
import type { Replica, ReplicaContext } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import { createStreams } from "../sim/streams.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { Clients } from "./admission/clients.ts";
import type { AdmissionSettings, ClientSettings } from "./admission/settings.ts";
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
  private readonly clients: Clients;

  constructor(
    context: ReplicaContext,
    outcomes: Outcomes,
    coldStart: readonly ColdStartPhase[],
    initialReplicas: number,
    events: EventQueue,
    router: Router,
    startUp = COLD,
    seed = 0,
    admission: AdmissionSettings = {},
    clients: ClientSettings = {},
  ) {
    this.context = context;
    this.outcomes = outcomes;
    this.events = events;
    this.router = router;
    this.replicaSet = new ReplicaSet(context, events, router, coldStart, startUp, initialReplicas, seed);
    const streams = createStreams(seed);
    this.clients = new Clients(clients, context.table, context.meters, outcomes, events, streams);
    this.gateway = new Gateway(context, outcomes, events, router, this.replicaSet, this.clients, admission, streams);
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

  /** Requests that sessions or clients will send, and those that are held back: they come to the queue by themselves. */
  get expected(): number {
    return this.sessions.expected + this.clients.waiting + this.gateway.held;
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

  /** A moment has come at which a wait of a request may be over. One that no longer waits so is left alone. */
  due(slot: number, now: Nanoseconds): void {
    const { table } = this.context;
    if (table.isVacant(slot)) return;
    if (this.clients.sendsAgain(slot, now)) {
      this.gateway.attempt(slot, now, false);
      return;
    }
    const reason = this.clients.lossOfPatience(slot, now);
    if (reason === null) {
      this.gateway.due(slot, now);
      return;
    }
    this.withdraw(slot, now);
    this.clients.failed(slot, "timed_out", reason, now);
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
    if (finishedCount === 0) {
      // Its last request was taken away while it ran.
      if (replica.life.isDraining && replica.outstanding === 0) this.replicaSet.remove(replica, now);
      return;
    }
    for (let i = 0; i < finishedCount; i += 1) this.finish(finished[i]!, now);
    this.gateway.completed(finishedCount, now);
    if (!replica.life.isDraining) {
      this.router.changed(replica);
      this.gateway.wake(now);
    } else if (replica.outstanding === 0) {
      this.replicaSet.remove(replica, now);
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

  /** Has so many replicas wanted from now on. @param isInstant as of the replica set */
  scaleTo(replicas: number, because: string, now: Nanoseconds, isInstant = false): void {
    if (this.replicaSet.scaleTo(replicas, because, now, isInstant)) this.gateway.wake(now);
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.gateway.settle(now);
    this.clients.settle(now);
    this.replicaSet.settle(now);
  }

  /** Takes a request out of wherever it is: its client has hung up. */
  private withdraw(slot: number, now: Nanoseconds): void {
    const replica = this.replicas.get(this.context.table.replica[slot]!);
    if (replica === undefined) {
      this.gateway.withdraw(slot, now);
      return;
    }
    const due = replica.nextStepAt;
    this.router.beforeStep(now);
    replica.abort(slot, now, false);
    if (replica.nextStepAt !== due) this.events.push(replica.nextStepAt, eventRank.step, replica.id);
    if (replica.life.isDraining) return;
    this.router.changed(replica);
    this.gateway.wake(now);
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
