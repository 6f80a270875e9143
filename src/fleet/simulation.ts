import type { Autoscaler } from "../autoscaler/autoscaler.ts";
import type { LifeSpans } from "../replica/life-spans.ts";
import { Meters } from "../replica/meters.ts";
import { ReplicaContext } from "../replica/replica.ts";
import { RequestTable } from "../replica/request-table.ts";
import { copyState } from "../sim/copy-state.ts";
import { EventQueue } from "../sim/event-queue.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import { checkConfig, checkRequest } from "./check-config.ts";
import type { RequestRecord, SimulationConfig } from "./config.ts";
import { startUpOf } from "./cold-start/start-up.ts";
import type { Sums } from "./effect.ts";
import { eventRank } from "./event-rank.ts";
import { Fleet } from "./fleet.ts";
import { Observer } from "./observer.ts";
import { Outcomes } from "./outcomes.ts";
import { createRouter } from "./router/create-router.ts";
import { paidSoFar, sumOf } from "./paid.ts";
import { autoscalerOf, initialReplicas, limitsOf } from "./policy.ts";
import type { Run } from "./run.ts";
import { ScaleEffects } from "./scale-effects.ts";
import type { Scaling } from "./scaling.ts";
import { summarise } from "./summary.ts";
import { coarseningFor, SHORTEST_WINDOW } from "./window.ts";

/** A run may last so many times as long as its arrivals before the timeline's windows become longer for it. */
const LONGEST_TAIL = 4;

/** After the last arrival a fleet that serves nothing is waited for so long; what is queued then stays queued. */
const PATIENCE = toNanoseconds(24 * 3600);

export interface Listeners {
  /** Told of each request when it leaves. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
  /** Told of each decision of the autoscaler before it is carried out: a fork made now is one in which it is refused. */
  readonly onScale?: ((scaling: Scaling, simulation: Simulation) => void) | undefined;
  /** Records what the replicas go through. */
  readonly lifeSpans?: LifeSpans | undefined;
}

/**
 * A simulation that is given its requests one by one, so that they need not all be in memory.
 *
 * Event by event on one clock, in the order that EventQueue defines. The result depends on the configuration alone: same
 * configuration, same bytes, stepwise or not.
 */
export class Simulation {
  private readonly config: SimulationConfig;
  private readonly events = new EventQueue();
  private readonly context: ReplicaContext;
  private readonly outcomes: Outcomes;
  private readonly fleet: Fleet;
  private autoscaler: Autoscaler | null;
  private readonly observer = new Observer();
  /** What happens around each change; null where none comes. */
  private readonly effects: ScaleEffects | null;
  private listeners: Listeners;
  /** When a request came or left last. */
  private changedAt: Nanoseconds = 0;
  private changes = 0;
  private fed = 0;
  /** The request that was fed last, until it arrives. */
  private next: Request | null = null;
  /** Changes of the number of replicas that are decided beforehand, by the number of their event. */
  private readonly planned = new Map<number, { readonly by: number; readonly because: string; readonly isInstant: boolean }>();

  /** @throws InputError if the configuration contradicts itself */
  constructor(config: SimulationConfig, listeners: Listeners = {}) {
    checkConfig(config);
    const { policy } = config;
    this.config = config;
    this.listeners = listeners;
    const meters = new Meters(SHORTEST_WINDOW);
    const { lifeSpans = null } = listeners;
    this.context = new ReplicaContext(
      config.replica,
      config.stepTime,
      new RequestTable(config.recordsTokens),
      meters,
      config.isStepwise ?? false,
      lifeSpans,
    );
    this.outcomes = new Outcomes(SHORTEST_WINDOW, listeners.onRequest);
    this.autoscaler = autoscalerOf(policy);
    const { coldStart, seed, churn, admission, clients } = config;
    this.fleet = new Fleet({
      context: this.context,
      outcomes: this.outcomes,
      events: this.events,
      router: createRouter(config),
      coldStart,
      initialReplicas: initialReplicas(policy),
      startUp: startUpOf(config),
      seed,
      churn,
      admission,
      clients,
    });
    if (this.autoscaler !== null) this.events.push(0, eventRank.autoscale, 0);
    this.effects = this.autoscaler === null ? null : new ScaleEffects(this.events);
    this.outcomes.effects = this.effects;
    this.fleet.scaleLog.effects = this.effects;
  }

  get now(): Nanoseconds {
    return this.events.now;
  }

  /**
   * Simulates up to and including the arrival of a request, which may not come before the one given last.
   *
   * @throws InputError where it is malformed
   */
  feed(request: Request): void {
    checkRequest(request, this.fed, this.events.now);
    this.fed += 1;
    this.next = request;
    this.context.nextArrivalAt = request.arrivedAt;
    this.events.push(request.arrivedAt, eventRank.arrival, 0);
    this.resume();
  }

  /** Simulates up to and including the arrival that was under way when this fork was made, if any. */
  resume(): void {
    while (this.next !== null) this.processNext();
  }

  /** Simulates all that happens up to and including an instant, at which no request has arrived yet. */
  advanceTo(time: Nanoseconds): void {
    this.context.nextArrivalAt = time;
    while (this.events.nextAt <= time) this.processNext();
  }

  /** Simulates until every request has left, and sums up. */
  finish(): Run {
    this.context.nextArrivalAt = Infinity;
    let endedAt: Nanoseconds | null = null;
    while ((this.outcomes.departed < this.outcomes.arrived || this.fleet.expected > 0) && this.hasMore) {
      const givenUpAt = this.givenUpAt();
      if (this.events.nextAt > givenUpAt) {
        endedAt = givenUpAt;
        break;
      }
      this.processNext();
    }
    endedAt ??= this.events.now;
    this.coarsenBy(coarseningFor(endedAt / LONGEST_TAIL, this.context.meters.window));
    this.fleet.end(endedAt);
    this.context.lifeSpans?.close(endedAt);
    const { config, outcomes, fleet, context } = this;
    const effects = this.effects?.all(this.sumsAt(endedAt)) ?? null;
    return summarise({ config, outcomes, fleet, effects, meters: context.meters, lost: context.lost, endedAt });
  }

  /**
   * The same simulation from here on without its autoscaler: what it does is planned with `plan`. Neither side notices the other.
   *
   * @param onRequest told of the fork's requests
   */
  fork(onRequest?: (record: RequestRecord) => void): Simulation {
    const { autoscaler, listeners } = this;
    this.autoscaler = null;
    this.listeners = {};
    const copy = copyState<Simulation>(this);
    this.autoscaler = autoscaler;
    this.listeners = listeners;
    copy.outcomes.onRequest = onRequest;
    return copy;
  }

  /**
   * Has the number of replicas wanted changed by so many at a time to come.
   *
   * @param isInstant replicas that come are ready at once, with a warm prefix cache
   */
  plan(at: Nanoseconds, by: number, because: string, isInstant = false): void {
    const number = this.planned.size + 1;
    this.planned.set(number, { by, because, isInstant });
    this.events.push(at, eventRank.autoscale, number);
  }

  /** What the servers' gauges show now, all together: `vllm:num_requests_running` and `vllm:num_requests_waiting`; and how many servers are ready. */
  gauges(): { running: number; waiting: number; ready: number } {
    let [running, waiting, ready] = [0, 0, 0];
    for (const { scheduler, life } of this.fleet.replicas.values()) {
      running += scheduler.runningCount;
      waiting += scheduler.waiting.length;
      if (life.isReady) ready += 1;
    }
    return { running, waiting, ready };
  }

  /** When the requests in the system arrived and had their first token (NaN: not yet), by origin and turn. */
  inSystem(): Map<string, { readonly arrivedAt: Nanoseconds; readonly firstTokenAt: Nanoseconds }> {
    const { table } = this.context;
    const found = new Map<string, { readonly arrivedAt: Nanoseconds; readonly firstTokenAt: Nanoseconds }>();
    for (const slot of table.slots()) {
      const times = { arrivedAt: table.arrivedAt[slot]!, firstTokenAt: table.firstTokenAt[slot]! };
      found.set(requestKey(table.origin[slot]!, table.turn[slot]!), times);
    }
    return found;
  }

  /** What has been spent and served up to an instant that has been reached. */
  readingAt(time: Nanoseconds): Reading {
    const { meters } = this.context;
    this.fleet.settle(time);
    const { busy, queued, deferred, running } = meters;
    const paid = paidSoFar(meters, this.config);
    return {
      paid_s: sumOf(paid),
      unready_s: sumOf(paid) - paid.busy - paid.idle,
      busy_s: toSeconds(busy.total()),
      running_s: toSeconds(running.total()),
      inSystem_s: toSeconds(queued.total() + deferred.total() + running.total()),
      failed: this.outcomes.departed - this.outcomes.finished,
      outputTokens: this.outcomes.outputTokens,
      queriedTokens: meters.queriedTokens,
      hitTokens: meters.hitTokens,
    };
  }

  private sumsAt(at: Nanoseconds): Sums {
    const { busy, running, queriedTokens, hitTokens } = this.context.meters;
    this.fleet.settle(at);
    return { at, busy: busy.total(), running: running.total(), queriedTokens, hitTokens };
  }

  private processNext(): void {
    const { events } = this;
    events.pop();
    const { now, sequence } = events;
    switch (events.rank) {
      case eventRank.phase:
        this.fleet.finishPhase(sequence, now);
        break;
      case eventRank.transfer:
        this.fleet.finishTransfers(sequence, now);
        break;
      case eventRank.due:
        this.fleet.due(sequence, now);
        break;
      case eventRank.dispatch:
        this.fleet.dispatch(now);
        break;
      case eventRank.arrival: {
        const request = this.next!;
        this.next = null;
        this.coverArrival();
        this.fleet.arrive(this.outcomes.arrived === request.id ? request : { ...request, id: this.outcomes.arrived }, request.id);
        break;
      }
      case eventRank.followUp:
        this.coverArrival();
        this.fleet.followUp(sequence, now);
        break;
      case eventRank.step:
        this.fleet.step(sequence, now);
        break;
      case eventRank.autoscale:
        if (sequence > 0) this.carryOut(sequence);
        else if (this.autoscaler !== null) this.autoscale(this.autoscaler);
        break;
      case eventRank.reading:
        this.effects!.read(sequence, this.sumsAt(now), this.outcomes.arrived - this.outcomes.departed);
        break;
      case eventRank.cutOff:
        this.fleet.cutOff(sequence, now);
        break;
      case eventRank.failure:
        this.fleet.fail(sequence, now);
        break;
      case eventRank.reclaim:
        this.fleet.reclaim(sequence, now);
        break;
      case eventRank.disruption:
        this.fleet.disrupt(sequence, now);
        break;
      case eventRank.rollout:
        this.fleet.rollOut(now);
        break;
      default:
        throw new RangeError(`no event has rank ${events.rank}`);
    }
  }

  /** Whether anything is to happen, besides reading what did. */
  private get hasMore(): boolean {
    return this.events.length > (this.effects?.pending ?? 0);
  }

  /** When nobody waits any longer: requests are there and none comes or leaves. */
  private givenUpAt(): Nanoseconds {
    const changes = this.outcomes.arrived + this.outcomes.departed;
    if (changes > this.changes) this.changedAt = this.events.now;
    this.changes = changes;
    return this.fleet.expected > 0 ? Infinity : this.changedAt + PATIENCE;
  }

  /** Makes the timeline's windows long enough for an arrival now. */
  private coverArrival(): void {
    this.coarsenBy(coarseningFor(this.events.now, this.context.meters.window));
  }

  private coarsenBy(factor: number): void {
    if (factor === 1) return;
    this.context.meters.coarsen(factor);
    this.outcomes.coarsen(factor);
  }

  private autoscale(autoscaler: Autoscaler): void {
    const { now } = this.events;
    const decision = autoscaler.decide(this.observer.observe(this.fleet, this.outcomes.attempts, now));
    this.events.push(now + toNanoseconds(autoscaler.period), eventRank.autoscale, 0);
    if (decision === null) return;
    const scaling = { at: now, from: this.fleet.wanted, to: decision.replicas, because: decision.because };
    this.listeners.onScale?.(scaling, this);
    this.fleet.scaleTo(scaling.to, scaling.because, now);
  }

  /** Carries out what was planned, within the limits of the policy that has decided it. */
  private carryOut(number: number): void {
    const { by, because, isInstant } = this.planned.get(number)!;
    const { policy } = this.config;
    const [least, most] = policy.kind === "fixed" ? [0, Infinity] : limitsOf(policy);
    const { wanted } = this.fleet;
    this.fleet.scaleTo(Math.min(most, Math.max(least, wanted + by)), because, this.events.now, isInstant);
  }
}

/** Names a request alike in every run on the same traffic. */
export const requestKey = (origin: number, turn: number): string => `${origin}/${turn}`;

/** Sums up to an instant. */
export interface Reading {
  /** GPU time paid for, in all states. */
  readonly paid_s: number;
  /** Of it, what was paid for replicas that were not ready, and for kept nodes. */
  readonly unready_s: number;
  readonly busy_s: number;
  /** Running requests over time. */
  readonly running_s: number;
  /** Requests in the system over time: the sum of the time they have spent there. */
  readonly inSystem_s: number;
  /** Requests that have failed for good. */
  readonly failed: number;
  readonly outputTokens: number;
  readonly queriedTokens: number;
  readonly hitTokens: number;
}
