import type { ColdStartPhase } from "../replica/config.ts";
import type { Replica, ReplicaContext } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import { createStreams } from "../sim/streams.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { Clients } from "./admission/clients.ts";
import type { FailedState, FailureReason } from "./admission/failure.ts";
import type { AdmissionSettings, ClientSettings } from "./admission/settings.ts";
import { COLD, type StartUpConfig } from "./cold-start/start-up.ts";
import type { DisruptionLog } from "./churn/disruption-log.ts";
import { Disruptor } from "./churn/disruptor.ts";
import { CALM, type Churn } from "./churn/settings.ts";
import { eventRank } from "./event-rank.ts";
import { Gateway } from "./gateway.ts";
import type { Outcomes } from "./outcomes.ts";
import { ReplicaSet } from "./replica-set.ts";
import type { Router } from "./router/router.ts";
import type { ScaleLog } from "./scale-log.ts";
import { Sessions } from "./sessions.ts";

/** What a fleet is made of. */
export interface FleetParts {
  readonly context: ReplicaContext;
  readonly outcomes: Outcomes;
  readonly events: EventQueue;
  readonly router: Router;
  /** What a replica that starts goes through, in order. */
  readonly coldStart: readonly ColdStartPhase[];
  /** Ready at time 0. */
  readonly initialReplicas: number;
  /** What replicas that start have in common; nothing where it is left out. */
  readonly startUp?: StartUpConfig | undefined;
  /** Of all chance; 0 where it is left out. */
  readonly seed?: number | undefined;
  /** How replicas go; by scale-downs alone where it is left out. */
  readonly churn?: Churn | undefined;
  /** What stands in front of it; nothing where it is left out. */
  readonly admission?: AdmissionSettings | undefined;
  /** How clients behave; they wait for ever where it is left out. */
  readonly clients?: ClientSettings | undefined;
}

/** The replicas, the gateway in front of them, and the sessions that ask: what each event of the simulation does to them. */
export class Fleet {
  private readonly context: ReplicaContext;
  private readonly outcomes: Outcomes;
  private readonly events: EventQueue;
  private readonly router: Router;
  private readonly replicaSet: ReplicaSet;
  private readonly disruptor: Disruptor;
  private readonly gateway: Gateway;
  private readonly sessions: Sessions;
  private readonly clients: Clients;

  constructor(parts: FleetParts) {
    const { context, outcomes, events, router, coldStart, initialReplicas } = parts;
    const { startUp = COLD, seed = 0, churn = CALM, admission = {}, clients = {} } = parts;
    this.context = context;
    this.outcomes = outcomes;
    this.events = events;
    this.router = router;
    this.replicaSet = new ReplicaSet(context, events, router, coldStart, startUp, initialReplicas, seed, churn);
    this.disruptor = new Disruptor(churn, events, this.replicaSet);
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

  get disruptions(): DisruptionLog {
    return this.replicaSet.disruptions;
  }

  /** Replicas that are wanted. */
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
    if (reason === null) this.gateway.due(slot, now);
    else this.giveUp(slot, "timed_out", reason, now, false);
  }

  /**
   * Takes a request away from wherever it is, at any instant. Its client may send it again; otherwise its session asks for nothing more.
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end
   */
  giveUp(slot: number, state: FailedState, reason: FailureReason, now: Nanoseconds, isBeforeSteps: boolean): void {
    this.gateway.withdraw(slot, now, isBeforeSteps);
    this.clients.failed(slot, state, reason, now);
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
    if (finishedCount > 0) this.gateway.completed(finishedCount, replica.scheduler.waiting.length, now);
    if (replica.life.isDraining) {
      if (replica.outstanding === 0) this.replicaSet.remove(replica, now);
    } else if (finishedCount > 0) {
      this.router.changed(replica);
      this.gateway.wake(now);
    }
  }

  /** A replica's cold-start phase ends. */
  finishPhase(id: number, now: Nanoseconds): void {
    this.replicasChanged(this.replicaSet.finishPhase(id, now), now);
  }

  /** Replicas have what they load over a link. */
  finishTransfers(link: number, now: Nanoseconds): void {
    this.replicasChanged(this.replicaSet.finishTransfers(link, now), now);
  }

  /** Has so many replicas wanted from now on. @param isInstant as of the replica set */
  scaleTo(replicas: number, because: string, now: Nanoseconds, isInstant = false): void {
    const isReady = this.replicaSet.scaleTo(replicas, because, this.disruptor.isUpdating, now, isInstant);
    this.disruptor.wake(now);
    this.replicasChanged(isReady, now);
  }

  /** A draining replica's grace period is over. */
  cutOff(id: number, now: Nanoseconds): void {
    this.replicaSet.cutOff(id, now);
    this.replicasChanged(false, now);
  }

  /** A replica's server dies. */
  fail(id: number, now: Nanoseconds): void {
    this.disruptor.fail(id, now);
    this.replicasChanged(false, now);
  }

  /** A replica's node is reclaimed. */
  reclaim(id: number, now: Nanoseconds): void {
    this.replicasChanged(this.disruptor.reclaim(id, now), now);
  }

  /** What was stated for this time happens. */
  disrupt(number: number, now: Nanoseconds): void {
    this.replicasChanged(this.disruptor.happen(number, now), now);
  }

  /** A rolling update goes on. */
  rollOut(now: Nanoseconds): void {
    this.replicasChanged(this.disruptor.rollOut(now), now);
  }

  /** Accounts for all time up to the end, at which replicas may be in the middle of something. */
  end(now: Nanoseconds): void {
    for (const replica of this.replicas.values()) replica.interrupt(now, false);
    this.settle(now);
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.gateway.settle(now);
    this.clients.settle(now);
    this.replicaSet.settle(now);
  }

  /** Replicas have become ready, or have gone and given up what they held. */
  private replicasChanged(isReady: boolean, now: Nanoseconds): void {
    if (isReady) {
      this.disruptor.takeGone(now);
      this.gateway.wake(now);
      this.disruptor.wake(now);
    }
    const evicted = this.replicaSet.departures.takeEvicted();
    if (evicted.length === 0) return;
    this.gateway.takeBack(
      evicted.filter(({ how }) => how === "handed_over").map(({ slot }) => slot),
      now,
    );
    for (const { slot, how } of evicted) {
      if (how !== "handed_over") this.clients.failed(slot, how, how === "lost" ? "replica_failed" : "drained", now);
    }
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
