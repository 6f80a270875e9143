import { InputError } from "../errors.ts";
import { SERVER_METRICS, type FleetMetric, type FleetQuery, type ServerMetric } from "./metrics.ts";

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
const REQUEST_COUNTERS = ["vllm:request_success_total", "vllm:request_success", "vllm:e2e_request_latency_seconds_count"];

/** The metric that a name means, or null where no server exports such a one. */
export const fleetMetricOrNull = (name: string): FleetMetric | null => {
  const known: readonly FleetMetric[] = [...SERVER_METRICS, "requests_queued"];
  const spellings = [name, name.replace(/^vllm_/u, "vllm:")];
  for (const spelling of spellings) {
    if (Object.hasOwn(ALIASES, spelling)) return ALIASES[spelling]!;
    const found = known.find((metric) => metric === spelling);
    if (found !== undefined) return found;
  }
  return null;
};

export const isServerMetric = (metric: FleetMetric): metric is ServerMetric => metric !== "requests_queued";

/** A query in its shortest form: what `parseQuery` reads back. */
export const queryText = ({ aggregate, metric }: FleetQuery): string => (metric === "requests_queued" ? metric : `${aggregate}(${metric})`);

const NAME = "[A-Za-z_:][A-Za-z0-9_:]*";
const SELECTOR = String.raw`(?:\{[^{}]*\})?`;
const FORM = new RegExp(
  String.raw`^(?:(sum|avg|max|min|count)\s*(?:by\s*\([^()]*\)\s*)?\(\s*)?(?:rate\s*\(\s*(${NAME})${SELECTOR}\[(\w+)\]\s*\)|(${NAME})${SELECTOR})\s*(\))?\s*(?:by\s*\([^()]*\))?$`,
  "u",
);

/**
 * Reads a query over the whole fleet: an aggregate of one metric, as in PromQL.
 *
 * `sum`, `avg`, `max`, `min` or `count` of a metric's name, or of `rate(counter[1m])` of vLLM's request counters; without an aggregate
 * it is the sum, as Kubernetes adds up all series of an External metric. Selectors in braces are taken to choose this fleet.
 *
 * @param place where it stands, for messages
 * @throws InputError where it is something else, or no server exports such a metric
 */
export const parseQuery = (text: string, place: string): FleetQuery => {
  const [, aggregate = "sum", counter, window, gauge, closing] = FORM.exec(text.trim()) ?? [];
  const name = counter ?? gauge;
  const isBalanced = /^(?:sum|avg|max|min|count)\b[^(]*\(/u.test(text.trim()) === (closing !== undefined);
  if (name === undefined || !isBalanced) {
    throw new InputError(
      place,
      `expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got ${JSON.stringify(text)}`,
      "Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
    );
  }
  if (counter !== undefined && window !== "1m" && window !== "60s") {
    throw new InputError(place, `expected a rate over 1m, got [${window}]`, "Rates are modelled over one minute: write [1m].");
  }
  const metric = counter !== undefined && REQUEST_COUNTERS.includes(counter) ? "requests_per_second" : fleetMetricOrNull(name);
  if (metric === null || (counter !== undefined && metric !== "requests_per_second")) throw unknownMetric(name, place);
  return { aggregate: aggregate as FleetQuery["aggregate"], metric };
};

/** No server exports a metric of this name. */
export const unknownMetric = (name: string, place: string): InputError =>
  new InputError(
    place,
    `expected a metric that the servers export, got ${JSON.stringify(name)}`,
    `There are: ${[...SERVER_METRICS, "requests_queued"].join(", ")}.`,
  );
