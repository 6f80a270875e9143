import type { Autoscaler, ReplicaObservation } from "../autoscaler/autoscaler.ts";
import { createHpa } from "../autoscaler/hpa/hpa.ts";
import { Meters } from "../replica/meters.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import { RequestTable } from "../replica/request-table.ts";
import { EventQueue } from "../sim/event-queue.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import { checkConfig, checkRequest } from "./check-config.ts";
import type { FleetConfig, RequestRecord } from "./config.ts";
import { eventRank, Fleet } from "./fleet.ts";
import { Outcomes } from "./outcomes.ts";
import type { Run } from "./run.ts";
import { summarise } from "./summary.ts";
import { coarseningFor, SHORTEST_WINDOW } from "./window.ts";

/**
 * Runs a fleet on its traffic, from the first arrival until the last request has left.
 *
 * @param onRequest told of each request when it leaves, in that order
 * @throws InputError if the configuration contradicts itself, or with the number of the first request that is malformed
 */
export const simulate = (config: FleetConfig, onRequest?: (record: RequestRecord) => void): Run => {
  const simulation = new Simulation(config, onRequest);
  for (const request of config.requests) simulation.feed(request);
  return simulation.finish();
};

/**
 * A simulation that is given its requests one by one, so that they need not all be in memory.
 *
 * Event by event on one clock, in the order that EventQueue defines. The result depends on the configuration alone: same
 * configuration, same bytes, stepwise or not.
 */
export class Simulation {
  readonly #config: Omit<FleetConfig, "requests">;
  readonly #events = new EventQueue();
  readonly #context: ReplicaContext;
  readonly #outcomes: Outcomes;
  readonly #fleet: Fleet;
  readonly #autoscaler: Autoscaler | null;
  #fed = 0;
  #next: Request | null = null;

  /** @throws InputError if the configuration contradicts itself */
  constructor(config: Omit<FleetConfig, "requests">, onRequest?: (record: RequestRecord) => void) {
    checkConfig(config);
    const { policy } = config;
    this.#config = config;
    this.#context = {
      config: config.replica,
      stepTime: config.stepTime,
      table: new RequestTable(),
      meters: new Meters(SHORTEST_WINDOW),
      isStepwise: config.isStepwise ?? false,
      nextArrivalAt: 0,
    };
    this.#outcomes = new Outcomes(SHORTEST_WINDOW, onRequest);
    const initialReplicas = policy.kind === "fixed" ? policy.replicas : (policy.initial_replicas ?? policy.min_replicas);
    this.#autoscaler = policy.kind === "fixed" ? null : createHpa(policy, initialReplicas);
    this.#fleet = new Fleet(this.#context, this.#outcomes, config.coldStart, initialReplicas, this.#events, config.concurrencyLimit);
    if (this.#autoscaler !== null) this.#events.push(0, eventRank.autoscale, 0);
  }

  /**
   * Simulates up to and including the arrival of a request, which may not come before the one given last.
   *
   * @throws InputError where it is malformed
   */
  feed(request: Request): void {
    checkRequest(request, this.#fed, this.#events.now);
    this.#fed += 1;
    this.#next = request;
    this.#context.nextArrivalAt = request.arrivedAt;
    this.#events.push(request.arrivedAt, eventRank.arrival, 0);
    while (this.#next !== null) this.#processNext();
  }

  /** Simulates until every request has left, and sums up. */
  finish(): Run {
    this.#context.nextArrivalAt = Infinity;
    while ((this.#outcomes.departed < this.#outcomes.arrived || this.#fleet.expected > 0) && this.#events.length > 0) this.#processNext();
    const endedAt = this.#events.now;
    this.#fleet.close(endedAt);
    return summarise({
      config: this.#config,
      outcomes: this.#outcomes,
      fleet: this.#fleet,
      meters: this.#context.meters,
      endedAt,
    });
  }

  #processNext(): void {
    const events = this.#events;
    events.pop();
    const { now, sequence } = events;
    switch (events.rank) {
      case eventRank.phase:
        this.#fleet.finishPhase(sequence, now);
        break;
      case eventRank.dispatch:
        this.#fleet.dispatch(now);
        break;
      case eventRank.arrival: {
        const request = this.#next!;
        this.#next = null;
        this.#coverArrival();
        this.#fleet.arrive(this.#outcomes.arrived === request.id ? request : { ...request, id: this.#outcomes.arrived });
        break;
      }
      case eventRank.followUp:
        this.#coverArrival();
        this.#fleet.followUp(sequence, now);
        break;
      case eventRank.step:
        this.#fleet.step(sequence, now);
        break;
      case eventRank.autoscale:
        this.#autoscale(this.#autoscaler!);
        break;
      default:
        throw new RangeError(`no event has rank ${events.rank}`);
    }
  }

  /** Makes the timeline's windows long enough for an arrival now. */
  #coverArrival(): void {
    const factor = coarseningFor(this.#events.now, this.#context.meters.window);
    if (factor === 1) return;
    this.#context.meters.coarsen(factor);
    this.#outcomes.coarsen(factor);
  }

  #autoscale(autoscaler: Autoscaler): void {
    const { now } = this.#events;
    const decision = autoscaler.decide({
      now: toSeconds(now),
      current: this.#fleet.wanted,
      replicas: observe(this.#fleet),
      requestsArrived: this.#outcomes.arrived,
    });
    if (decision !== null) this.#fleet.scaleTo(decision.replicas, decision.because, now);
    this.#events.push(now + toNanoseconds(autoscaler.period), eventRank.autoscale, 0);
  }
}

const observe = (fleet: Fleet): ReplicaObservation[] =>
  Array.from(fleet.replicas.values(), ({ id, life, scheduler }) => ({
    id,
    state: life.isReady ? "serving" : life.state === "provisioning" ? "pending" : "starting",
    isDraining: life.isDraining,
    metrics: life.isReady ? { requestsRunning: scheduler.runningCount, requestsWaiting: scheduler.waiting.length } : null,
  }));
