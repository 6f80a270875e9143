import { NotModelledError, shown } from "../errors.ts";
import { RATE_WINDOW, SERVER_METRICS, type FleetMetric, type FleetQuery, type ServerMetric } from "./metrics.ts";

const FLEET_METRICS: readonly FleetMetric[] = [...SERVER_METRICS, "requests_queued"];

/** Names under which the same metric is known elsewhere: older vLLM, Prometheus adapters that allow no colon, other exporters. */
const ALIASES: Readonly<Record<string, FleetMetric>> = {
  "vllm:gpu_cache_usage_perc": "vllm:kv_cache_usage_perc",
  num_requests_running: "vllm:num_requests_running",
  num_requests_waiting: "vllm:num_requests_waiting",
  concurrency: "requests_in_flight",
  rps: "requests_per_second",
  dcgm_gpu_utilization: "DCGM_FI_DEV_GPU_UTIL",
};

/** Counters whose rate is requests per second. */
export const REQUEST_COUNTERS = ["vllm:request_success_total", "vllm:request_success", "vllm:e2e_request_latency_seconds_count"] as const;

/** The metric that a name means, or null where no server exports such a one. */
export const fleetMetricOrNull = (name: string): FleetMetric | null => {
  // Google's managed Prometheus gives `prometheus.googleapis.com|vllm:num_requests_waiting|gauge`.
  const bare = /^[\w.]+\|([^|]+)\|\w+$/u.exec(name)?.[1] ?? name;
  const spellings = [bare, bare.replace(/^vllm_/u, "vllm:")];
  for (const spelling of spellings) {
    if (Object.hasOwn(ALIASES, spelling)) return ALIASES[spelling]!;
    const found = FLEET_METRICS.find((metric) => metric === spelling);
    if (found !== undefined) return found;
  }
  return null;
};

export const isServerMetric = (metric: FleetMetric): metric is ServerMetric => metric !== "requests_queued";

const NAME = "[A-Za-z_:][A-Za-z0-9_:|.]*";
const SELECTOR = String.raw`(?:\{[^{}]*\})?`;
const BY = String.raw`(?:by\s*\([^()]*\)\s*)?`;
const AGGREGATE = new RegExp(String.raw`^(sum|avg|max|min|count)\s*${BY}\((.*?)\)\s*${BY}$`, "su");
const GAUGE = new RegExp(`^(${NAME})${SELECTOR}$`, "u");
const RATE = new RegExp(String.raw`^rate\s*\(\s*(${NAME})${SELECTOR}\[(\d+)([smh])\]\s*\)$`, "u");
const IN_FLIGHT = new RegExp(String.raw`^(${NAME})${SELECTOR}\s*\+\s*(${NAME})${SELECTOR}$`, "u");
const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** A query as Prometheus reads it, and `parseQuery` too. */
export const queryText = ({ aggregate, metric, window = RATE_WINDOW }: FleetQuery): string => {
  switch (metric) {
    case "requests_queued":
      return metric;
    case "requests_in_flight":
      return `${aggregate}(vllm:num_requests_running + vllm:num_requests_waiting)`;
    case "requests_per_second":
      return `${aggregate}(rate(vllm:request_success_total[${window % 60 === 0 ? `${window / 60}m` : `${window}s`}]))`;
    default:
      return `${aggregate}(${metric})`;
  }
};

/** Whether a query says how the values of several servers become one. */
export const isAggregate = (text: string): boolean => AGGREGATE.test(text.trim()) || fleetMetricOrNull(text.trim()) === "requests_queued";

/**
 * Reads a query over the whole fleet: an aggregate of one metric, as in PromQL.
 *
 * `sum`, `avg`, `max`, `min` or `count` of a metric's name, of `rate(counter[1m])` of vLLM's request counters, or of the two request
 * gauges added up; without an aggregate it is the sum, as Kubernetes adds up all series of an External metric. Selectors in braces are
 * taken to choose this fleet.
 *
 * @param place where it stands, for messages
 * @throws InputError where it is something else, or no server exports such a metric
 */
export const parseQuery = (text: string, place: string): FleetQuery => {
  const [, aggregate = "sum", inner = text] = AGGREGATE.exec(text.trim()) ?? [];
  return { aggregate: aggregate as FleetQuery["aggregate"], ...parseMetric(inner.trim(), text, place) };
};

const parseMetric = (inner: string, text: string, place: string): Omit<FleetQuery, "aggregate"> => {
  const [, counter, length, unit] = RATE.exec(inner) ?? [];
  if (counter !== undefined) {
    if (!REQUEST_COUNTERS.some((known) => known === counter)) throw unknownMetric(counter, place);
    const window = Number(length) * SECONDS[unit as keyof typeof SECONDS];
    return window === RATE_WINDOW ? { metric: "requests_per_second" } : { metric: "requests_per_second", window };
  }
  const [, name] = GAUGE.exec(inner) ?? [];
  if (name !== undefined) {
    const metric = fleetMetricOrNull(name);
    if (metric === null) throw unknownMetric(name, place);
    return { metric };
  }
  const [, first = "", second = ""] = IN_FLIGHT.exec(inner) ?? [];
  const summands = [fleetMetricOrNull(first), fleetMetricOrNull(second)];
  if (summands.includes("vllm:num_requests_running") && summands.includes("vllm:num_requests_waiting"))
    return { metric: "requests_in_flight" };
  throw new NotModelledError(
    place,
    `expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got ${JSON.stringify(text)}`,
    "Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
    `the query ${shown(text)}`,
  );
};

/** No server exports a metric of this name; `known` are those that would do. */
export const unknownMetric = (name: string, place: string, known: readonly FleetMetric[] = FLEET_METRICS): NotModelledError =>
  new NotModelledError(
    place,
    `expected a metric that the servers export, got ${JSON.stringify(name)}`,
    `There are: ${known.join(", ")}.`,
    name,
  );
