import { Meters } from "../replica/meters.ts";
import type { ReplicaContext } from "../replica/replica.ts";
import { RequestTable } from "../replica/request-table.ts";
import { EventQueue } from "../sim/event-queue.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { Autoscaler, ReplicaObservation } from "./autoscaler.ts";
import { checkConfig } from "./check-config.ts";
import type { FleetConfig, SimulationResult } from "./config.ts";
import { eventRank, Fleet } from "./fleet.ts";
import { createHpa } from "./hpa/hpa.ts";
import { requestRecords, summarise } from "./summary.ts";
import { windowFor } from "./window.ts";

/**
 * Runs a fleet on its traffic, from the first arrival until the last request has left.
 *
 * Event by event on one clock, in the order that EventQueue defines. The result depends on the configuration alone: same
 * configuration, same bytes, stepwise or not.
 *
 * @throws InputError if the configuration contradicts itself or can serve no request
 */
export const simulate = (config: FleetConfig): SimulationResult => {
  checkConfig(config);
  const { requests, policy } = config;
  const events = new EventQueue();
  const context: ReplicaContext = {
    config: config.replica,
    stepTime: config.stepTime,
    table: new RequestTable(requests),
    meters: new Meters(windowFor(requests.at(-1)?.arrivedAt ?? 0)),
    isStepwise: config.isStepwise ?? false,
  };
  const initialReplicas = policy.kind === "fixed" ? policy.replicas : (policy.initial_replicas ?? policy.min_replicas);
  const autoscaler = policy.kind === "fixed" ? null : createHpa(policy, initialReplicas);
  const fleet = new Fleet(context, config.coldStart, initialReplicas, events);

  if (requests[0] !== undefined) events.push(requests[0].arrivedAt, eventRank.arrival, 0);
  if (autoscaler !== null) events.push(0, eventRank.autoscale, 0);
  while (fleet.departed < requests.length && events.pop()) {
    const { now, sequence } = events;
    switch (events.rank) {
      case eventRank.phase:
        fleet.finishPhase(sequence, now);
        break;
      case eventRank.dispatch:
        fleet.dispatch(now);
        break;
      case eventRank.arrival: {
        fleet.arrive(sequence, now);
        const next = requests[sequence + 1];
        if (next !== undefined) events.push(next.arrivedAt, eventRank.arrival, sequence + 1);
        break;
      }
      case eventRank.step:
        fleet.step(sequence, now);
        break;
      case eventRank.autoscale:
        if (autoscaler !== null) autoscale(fleet, autoscaler, now, events);
        break;
      default:
        throw new RangeError(`no event has rank ${events.rank}`);
    }
  }
  fleet.close(events.now);

  const records = requestRecords(requests, context.table);
  return { run: summarise({ config, records, fleet, meters: context.meters, endedAt: events.now }), requests: records };
};

const autoscale = (fleet: Fleet, autoscaler: Autoscaler, now: Nanoseconds, events: EventQueue): void => {
  const decision = autoscaler.decide(toSeconds(now), fleet.wanted, observe(fleet));
  if (decision !== null) fleet.scaleTo(decision.replicas, decision.because, now);
  events.push(now + toNanoseconds(autoscaler.period), eventRank.autoscale, 0);
};

const observe = (fleet: Fleet): ReplicaObservation[] =>
  Array.from(fleet.replicas.values(), ({ id, life, scheduler }) => ({
    id,
    state: life.isReady ? "serving" : life.state === "provisioning" ? "pending" : "starting",
    isDraining: life.isDraining,
    requestsRunning: scheduler.runningCount,
    requestsWaiting: scheduler.waiting.length,
  }));
