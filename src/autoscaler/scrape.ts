import { InputError } from "../errors.ts";
import type { Seconds } from "../units.ts";
import type { Autoscaler, Observation, ReplicaObservation, ServerMetrics } from "./autoscaler.ts";

/** The way of a metric from the server to the autoscaler. */
export interface ScrapeSettings {
  /** Servers are scraped so often (Prometheus' `scrape_interval`). */
  readonly interval_s: Seconds;
  /** From a scrape until the autoscaler can read it: the adapter's own interval, relisting, caches. */
  readonly delay_s: Seconds;
}

interface Scrape {
  readonly at: Seconds;
  readonly metrics: ReadonlyMap<number, ServerMetrics>;
  readonly queued: number | undefined;
  readonly arrived: number | undefined;
}

/**
 * An autoscaler that sees metrics as late as they come: those of the newest scrape that has had time to arrive. What Kubernetes itself
 * knows, which replicas there are and whether they are ready, it sees at once.
 *
 * @throws InputError where the interval or the delay is no time
 */
export const scraped = (inner: Autoscaler, { interval_s: interval, delay_s: delay }: ScrapeSettings): Autoscaler => {
  if (!(interval > 0 && interval < Infinity)) {
    throw new InputError("scrape.interval_s", `expected seconds above 0, got ${interval}`, "Prometheus' own default is 60.");
  }
  if (!(delay >= 0 && delay < Infinity)) {
    throw new InputError("scrape.delay_s", `expected seconds of 0 or more, got ${delay}`, "Give 0 for none.");
  }
  let scrapes: Scrape[] = [];
  return {
    period: commonPeriod(inner.period, interval),
    decide(observation) {
      const { now } = observation;
      if (isMultiple(now, interval)) scrapes.push(scrapeOf(observation));
      const arrived = scrapes.findLastIndex(({ at }) => at <= now - delay);
      scrapes = scrapes.slice(Math.max(0, arrived));
      if (!isMultiple(now, inner.period)) return null;
      const seen = arrived < 0 ? null : (scrapes[0] ?? null);
      return inner.decide(asSeen(observation, seen));
    },
  };
};

const scrapeOf = ({ now, replicas, requestsQueued, requestsArrived }: Observation): Scrape => ({
  at: now,
  metrics: new Map(replicas.flatMap(({ id, metrics }) => (metrics === null ? [] : [[id, metrics] as const]))),
  queued: requestsQueued,
  arrived: requestsArrived,
});

const asSeen = ({ now, current, replicas }: Observation, scrape: Scrape | null): Observation => ({
  now,
  current,
  replicas: replicas.map((replica): ReplicaObservation => ({ ...replica, metrics: scrape?.metrics.get(replica.id) ?? null })),
  ...(scrape?.queued === undefined ? {} : { requestsQueued: scrape.queued }),
  ...(scrape?.arrived === undefined ? {} : { requestsArrived: scrape.arrived }),
});

/** Times are compared in whole milliseconds. */
const milliseconds = (time: Seconds): number => Math.floor(time * 1000 + 0.5);

const isMultiple = (time: Seconds, period: Seconds): boolean => milliseconds(time) % milliseconds(period) === 0;

/** The longest period of which both are multiples. */
export const commonPeriod = (a: Seconds, b: Seconds): Seconds => {
  let [larger, smaller] = [milliseconds(a), milliseconds(b)];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger / 1000;
};
