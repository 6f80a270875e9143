import type { Seconds } from "../units.ts";
import type { Observation, ServerMetrics } from "./autoscaler.ts";

/** The metrics that autoscalers of language-model servers can be told to follow, by the names under which they are exported. */
export const SERVER_METRICS = [
  "vllm:num_requests_running",
  "vllm:num_requests_waiting",
  /** Both together: Knative's concurrency, and what a server's own gateway sees. */
  "requests_in_flight",
  /** 0 to 1. */
  "vllm:kv_cache_usage_perc",
  /** Of GPU duty, 0 to 100. */
  "DCGM_FI_DEV_GPU_UTIL",
  /** Rate of the requests that a server was given, over a window. */
  "requests_per_second",
] as const;
export type ServerMetric = (typeof SERVER_METRICS)[number];

/** Also the requests that wait in front of the fleet, which no server knows of. */
export type FleetMetric = ServerMetric | "requests_queued";

/** A number for the whole fleet, as a Prometheus query would compute it: `sum(vllm:num_requests_waiting)`. */
export interface FleetQuery {
  readonly aggregate: "sum" | "avg" | "max" | "min" | "count";
  readonly metric: FleetMetric;
  /** Over which a rate is taken, as in `rate(…[1m])`; a minute by default. */
  readonly window?: Seconds;
}

/** Over which a rate is taken where nothing else is said. */
export const RATE_WINDOW: Seconds = 60;

interface Counts {
  readonly at: Seconds;
  readonly byReplica: ReadonlyMap<number, number>;
  readonly arrived: number | null;
}

/** Reads metrics from what an autoscaler observes; remembers the counters of the last while, so that it can give rates. */
export class MetricReader {
  readonly #counts: Counts[] = [];
  readonly #longest: Seconds;
  #latest: Observation | null = null;

  /** @param queries that it will be asked: counters are kept for the longest window of them */
  constructor(queries: readonly FleetQuery[] = []) {
    this.#longest = queries.reduce((longest, { window = RATE_WINDOW }) => Math.max(longest, window), RATE_WINDOW);
  }

  /** Takes an observation in. Give it every one: rates are taken between them. */
  observe(observation: Observation): void {
    this.#latest = observation;
    const byReplica = new Map<number, number>();
    for (const { id, metrics } of observation.replicas) {
      if (metrics?.requestsReceived !== undefined) byReplica.set(id, metrics.requestsReceived);
    }
    const counts = this.#counts;
    counts.push({ at: observation.now, byReplica, arrived: observation.requestsArrived ?? null });
    while (counts.length > 2 && counts[1]!.at <= observation.now - this.#longest) counts.shift();
  }

  /** The metric of every replica that exports it, draining ones included, by its number. */
  perReplica(metric: ServerMetric, window: Seconds = RATE_WINDOW): Map<number, number> {
    const values = new Map<number, number>();
    for (const { id, metrics } of this.#latest?.replicas ?? []) {
      const value = metrics === null ? null : metric === "requests_per_second" ? this.#rateOf(id, window) : gauge(metrics, metric);
      if (value !== null) values.set(id, value);
    }
    return values;
  }

  /** Null where nothing exports the metric: the query's result is empty. */
  total({ aggregate, metric, window }: FleetQuery): number | null {
    if (metric === "requests_queued") return this.#latest?.requestsQueued ?? null;
    const values = [...this.perReplica(metric, window).values()];
    if (values.length === 0) return null;
    const total = values.reduce((sum, value) => sum + value, 0);
    switch (aggregate) {
      case "sum":
        return total;
      case "avg":
        return total / values.length;
      case "max":
        return values.reduce((highest, value) => Math.max(highest, value));
      case "min":
        return values.reduce((lowest, value) => Math.min(lowest, value));
      case "count":
        return values.length;
      default:
        return aggregate satisfies never;
    }
  }

  /** Requests that arrived at the fleet, per second over the last minute; null before there are two observations of that counter. */
  arrivalRate(): number | null {
    return this.#rate(({ arrived }) => arrived, RATE_WINDOW);
  }

  #rateOf(id: number, window: Seconds): number | null {
    return this.#rate(({ byReplica }) => byReplica.get(id) ?? null, window);
  }

  /** The increase of a counter from the first of the window's observations that has it to the last, per second. One that falls began anew at 0, as Prometheus' `rate` takes it. */
  #rate(counter: (counts: Counts) => number | null, window: Seconds): number | null {
    const last = this.#counts.at(-1);
    if (last === undefined) return null;
    const first = this.#counts.find((entry) => entry.at >= last.at - window && counter(entry) !== null);
    if (first === undefined || first === last) return null;
    if (counter(last) === null) return null;
    let increase = 0;
    let before = counter(first)!;
    for (const entry of this.#counts) {
      const value = entry.at > first.at ? counter(entry) : null;
      if (value === null) continue;
      increase += value >= before ? value - before : value;
      before = value;
    }
    return increase / (last.at - first.at);
  }
}

const gauge = (metrics: ServerMetrics, metric: Exclude<ServerMetric, "requests_per_second">): number | null => {
  switch (metric) {
    case "vllm:num_requests_running":
      return metrics.requestsRunning;
    case "vllm:num_requests_waiting":
      return metrics.requestsWaiting;
    case "requests_in_flight":
      return metrics.requestsRunning + metrics.requestsWaiting;
    case "vllm:kv_cache_usage_perc":
      return metrics.kvCacheUsage ?? null;
    case "DCGM_FI_DEV_GPU_UTIL":
      return metrics.gpuDuty === undefined ? null : metrics.gpuDuty * 100;
    default:
      return metric satisfies never;
  }
};
