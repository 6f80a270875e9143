import type { Seconds } from "../../units.ts";
import type { Autoscaler, Observation } from "../autoscaler.ts";
import { MetricReader } from "../metrics.ts";
import { Decider, TICK, type WindowedMetric } from "./decider.ts";
import { applyScale, nextActivity, type Revision } from "./scale-to-zero.ts";
import { deciderSpec, metricTarget, panicWindow, type KpaSpec } from "./spec.ts";
import { WindowAverage } from "./window-average.ts";

/** Replicas are scraped this often. */
const SCRAPE_PERIOD: Seconds = 1;

/**
 * Knative's Pod Autoscaler over a fleet: scrapes every second, evaluates every two, and applies what comes of it.
 *
 * Concurrency is what runs and waits on the servers and at the activator. Every replica is scraped, where Knative takes a sample of
 * large revisions; a revision is taken up at each evaluation, where Knative does it when something changed; a first request at 0 is
 * noticed within a second.
 *
 * @param initialReplicas ready at time 0
 */
export const createKpa = (spec: KpaSpec, initialReplicas: number): Autoscaler => new Kpa(spec, initialReplicas);

class Kpa implements Autoscaler {
  readonly period = SCRAPE_PERIOD;
  readonly #spec: KpaSpec;
  readonly #decider: Decider;
  readonly #stable: WindowAverage;
  readonly #panic: WindowAverage;
  readonly #reader = new MetricReader();
  #requests: { readonly at: Seconds; readonly count: number } | null = null;
  #revision: Revision;
  #desired = -1;
  #excessBurstCapacity: number;

  constructor(spec: KpaSpec, initialReplicas: number) {
    this.#spec = spec;
    this.#decider = new Decider(deciderSpec(spec), initialReplicas, 0);
    this.#stable = new WindowAverage(spec.window, spec.aggregation);
    this.#panic = new WindowAverage(panicWindow(spec), spec.aggregation);
    this.#excessBurstCapacity = Math.trunc(spec.initialScale * metricTarget(spec).total - spec.targetBurstCapacity);
    this.#revision = {
      activity: { state: initialReplicas > 0 ? "active" : "inactive", since: 0 },
      isInitialised: initialReplicas >= Math.max(spec.minScale, spec.initialScale),
      isReachable: true,
      proxiedSince: initialReplicas > 0 ? null : 0,
    };
  }

  decide(observation: Observation): ReturnType<Autoscaler["decide"]> {
    const { now, current } = observation;
    const value = this.#scrape(observation);
    if (value !== null) {
      this.#stable.record(now, value);
      this.#panic.record(now, value);
    }
    const isPoked = this.#desired === 0 && value !== null && value > 0;
    if (now % TICK !== 0 && !isPoked) return null;

    const ready = observation.replicas.filter(({ state, isDraining }) => state === "serving" && !isDraining).length;
    const stable = this.#stable.averageOrNull(now);
    const panic = this.#panic.averageOrNull(now);
    const metric: WindowedMetric | null = stable === null ? null : { stable, panic: panic ?? 0 };
    const scale = this.#decider.scale(now, ready, metric);
    if (scale !== null) {
      this.#desired = scale.desired;
      this.#excessBurstCapacity = scale.excessBurstCapacity;
    }
    const { replicas } = this.#apply(ready, now);
    if (replicas === null || replicas === current) return null;
    return { replicas, because: this.#inWords(metric, replicas) };
  }

  /** The metric summed over all replicas in this second. */
  #scrape(observation: Observation): number | null {
    this.#reader.observe(observation);
    if (this.#spec.metric === "rps") {
      const count = observation.requestsArrived;
      if (count === undefined) return null;
      const before = this.#requests;
      this.#requests = { at: observation.now, count };
      return before === null ? null : (count - before.count) / (observation.now - before.at);
    }
    const inServers = this.#reader.total({ aggregate: "sum", metric: "requests_in_flight" });
    const queued = observation.requestsQueued ?? 0;
    // Nothing to scrape and nobody at the activator is no sample; a fleet of none with an empty activator has no load.
    return inServers === null && queued === 0 && observation.current > 0 ? null : (inServers ?? 0) + queued;
  }

  #apply(ready: number, now: Seconds): ReturnType<typeof applyScale> {
    const spec = this.#spec;
    const applied = applyScale(spec, this.#desired, this.#revision, now);
    const activity = nextActivity(spec, this.#revision, applied.wanted, ready, now);
    const isProxied = activity.state === "inactive" || applied.wanted <= 0 || this.#excessBurstCapacity < 0;
    this.#revision = {
      activity,
      isInitialised: this.#revision.isInitialised || ready >= Math.max(spec.minScale, spec.initialScale),
      isReachable: true,
      proxiedSince: isProxied ? (this.#revision.proxiedSince ?? now) : null,
    };
    return applied;
  }

  #inWords(metric: WindowedMetric | null, replicas: number): string {
    const spec = this.#spec;
    const { target } = metricTarget(spec);
    const mode = this.#decider.panicSince === null ? "" : `, in panic over ${panicWindow(spec)} s at ${metric?.panic ?? 0}`;
    const limits =
      this.#desired === replicas
        ? ""
        : replicas === spec.minScale
          ? `, min-scale ${spec.minScale}`
          : replicas === spec.maxScale
            ? `, max-scale ${spec.maxScale}`
            : ", on the way to 0";
    return `${spec.metric} over ${spec.window} s is ${metric?.stable ?? 0}, target ${target} a replica${mode}: ${this.#desired} wanted${limits}`;
  }
}
