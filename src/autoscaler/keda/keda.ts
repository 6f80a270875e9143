import type { Seconds } from "../../units.ts";
import type { Autoscaler, Decision, Observation } from "../autoscaler.ts";
import { decisionOf, passOver, SYNC_PERIOD, toMilli } from "../hpa/hpa.ts";
import type { MetricSource } from "../hpa/proposals.ts";
import { newHpaState } from "../hpa/reconcile.ts";
import { MetricReader, type FleetQuery } from "../metrics.ts";
import { parseQuery } from "../query.ts";
import { commonPeriod } from "../scrape.ts";
import { isBetween } from "../simple/cron.ts";
import { requestScale, type ExecutorState } from "./executor.ts";
import { fallbackMilli } from "./fallback.ts";
import { hpaOf, type KedaSpec, type Trigger } from "./spec.ts";

/**
 * A KEDA ScaledObject over a fleet: its HPA decides every 15 s from one replica on, its own loop polls the triggers and does the steps
 * to and from 0 (or idle). Where both are due the HPA comes first.
 *
 * @param startsAt what the simulated time 0 is, in seconds since 1970: for cron triggers
 * @throws InputError where a query is none that a fleet can answer
 */
export const createKeda = (spec: KedaSpec, initialReplicas: number, startsAt: Seconds = 0): Autoscaler =>
  new Keda(spec, initialReplicas, startsAt);

/** What a trigger shows; null is an error. */
interface Reading {
  readonly value: number | null;
  readonly isActive: boolean;
}

class Keda implements Autoscaler {
  readonly period: Seconds;
  readonly #spec: KedaSpec;
  readonly #startsAt: Seconds;
  readonly #reader: MetricReader;
  readonly #queries: readonly (FleetQuery | null)[];
  readonly #hpa: ReturnType<typeof hpaOf>;
  readonly #hpaState: ReturnType<typeof newHpaState>;
  readonly #executor: ExecutorState = { lastActiveAt: null, createdAt: 0 };
  /** Failures in a row of each trigger. */
  readonly #failures: number[];

  constructor(spec: KedaSpec, initialReplicas: number, startsAt: Seconds) {
    this.#spec = spec;
    this.#startsAt = startsAt;
    this.period = commonPeriod(SYNC_PERIOD, spec.pollingInterval);
    this.#queries = spec.triggers.map((trigger, i) => (trigger.type === "cron" ? null : parseQuery(trigger.query, `triggers[${i}].query`)));
    this.#reader = new MetricReader(this.#queries.filter((query) => query !== null));
    this.#hpa = hpaOf(spec);
    this.#hpaState = { ...newHpaState(), recommendations: [{ replicas: initialReplicas, at: 0 }] };
    this.#failures = spec.triggers.map(() => 0);
  }

  decide(observation: Observation): Decision | null {
    this.#reader.observe(observation);
    const { now } = observation;
    const byHpa = now % SYNC_PERIOD === 0 && this.#spec.paused === null ? this.#passOver(observation) : null;
    const current = byHpa?.replicas ?? observation.current;
    const byPoll = now % this.#spec.pollingInterval === 0 ? this.#poll(observation, current) : null;
    return byPoll ?? byHpa;
  }

  #passOver(observation: Observation): Decision | null {
    const source: MetricSource = {
      samples: () => "KEDA gives external metrics alone",
      values: (metric) => {
        const milli = this.#milliOf(this.#hpa.metrics.indexOf(metric), observation);
        return milli === null ? "the trigger failed" : [milli];
      },
    };
    const pass = passOver(this.#hpa, this.#hpaState, observation, source);
    return decisionOf(pass, observation.current, this.#hpa, {
      min: "minReplicaCount",
      max: "maxReplicaCount",
      metric: (metric) => triggerInWords(this.#spec.triggers[this.#hpa.metrics.indexOf(metric)]!),
    });
  }

  #poll(observation: Observation, current: number): Decision | null {
    const { now } = observation;
    const readings = this.#spec.triggers.map((trigger, i) => this.#read(trigger, i, now));
    const isFallenBack = this.#failures.some((count) => this.#spec.fallback !== null && count > this.#spec.fallback.failureThreshold);
    const isActive = isFallenBack || readings.some((reading) => reading.isActive);
    const poll = { isActive, hasError: readings.some(({ value }) => value === null) };
    const replicas = requestScale(this.#spec, this.#executor, poll, current, now);
    if (replicas === null || replicas === current) return null;
    const quiet =
      this.#executor.lastActiveAt === null ? "no trigger has been active" : `no trigger has been active for ${this.#spec.cooldownPeriod} s`;
    const because =
      this.#spec.paused !== null ? "paused" : isActive ? "a trigger is active" : replicas < current ? quiet : "minReplicaCount";
    return { replicas, because };
  }

  #read(trigger: Trigger, index: number, now: Seconds): Reading {
    if (trigger.type === "cron") {
      const isActive = isBetween(trigger.start, trigger.end, this.#startsAt + now);
      return { value: isActive ? trigger.desiredReplicas : 1, isActive };
    }
    const found = this.#reader.total(this.#queries[index]!);
    const value = found ?? (trigger.ignoreNullValues ? 0 : null);
    return { value, isActive: value !== null && value > trigger.activationThreshold };
  }

  /** What the HPA is given for a trigger; null where it failed and nothing stands in for it. */
  #milliOf(index: number, { now, current, replicas }: Observation): number | null {
    const trigger = this.#spec.triggers[index]!;
    const { value } = this.#read(trigger, index, now);
    this.#failures[index] = value === null ? this.#failures[index]! + 1 : 0;
    if (value !== null) return toMilli(value);
    const { fallback } = this.#spec;
    if (fallback === null || this.#failures[index] <= fallback.failureThreshold || trigger.type === "cron") return null;
    const ready = replicas.filter(({ state, isDraining }) => state === "serving" && !isDraining).length;
    return fallbackMilli(fallback, Math.trunc(trigger.threshold * 1000), current, trigger.metricType === "Value" ? ready : null);
  }
}

const triggerInWords = (trigger: Trigger): string =>
  trigger.type === "cron" ? `cron from ${trigger.start.text} to ${trigger.end.text}` : trigger.query;
