import type { ServerMetric } from "../autoscaler/metrics.ts";
import { REQUEST_COUNTERS } from "../autoscaler/query.ts";
import { InputError } from "../errors.ts";
import { count, limit } from "../format.ts";
import { fileName, type PrometheusFile } from "../traffic/prometheus/files.ts";
import type { Seconds } from "../units.ts";

/** A range query whose answer is saved as a file. */
export interface RangeQuery {
  readonly file: PrometheusFile;
  readonly promql: string;
  readonly step: Seconds;
  /** What it is for, as a comment. */
  readonly what: string;
}

export interface QueryOptions {
  /** Label matchers that choose one model's servers: `model_name="chat",namespace="prod"`; none where it is empty. */
  readonly selector: string;
  /** Of Prometheus: how often it scrapes the servers. */
  readonly scrape: Seconds;
  readonly range: Seconds;
  /** Whether also what `validate --fleet` holds a simulation against is asked for. */
  readonly isFleet: boolean;
}

/** Prometheus refuses more samples of a series than this. */
const MOST_SAMPLES = 11_000;

/** Histograms are taken over the whole range: their samples need not be close. */
const HISTOGRAM_STEP: Seconds = 300;

const [FINISHED] = REQUEST_COUNTERS;
const RUNNING: ServerMetric = "vllm:num_requests_running";
const WAITING: ServerMetric = "vllm:num_requests_waiting";

/**
 * The range queries that traffic and validation are read from: each server's own counters and gauges as they were scraped, since a sum over servers
 * hides which of them began anew.
 *
 * @throws InputError where Prometheus would refuse so many samples
 */
export const rangeQueries = ({ selector, scrape, range, isFleet }: QueryOptions): RangeQuery[] => {
  const samples = Math.floor(range / scrape) + 1;
  if (samples > MOST_SAMPLES) {
    throw new InputError(
      "--hours",
      `expected at most ${count(MOST_SAMPLES)} samples of a series, which is what Prometheus gives, got ${count(samples)}`,
      `Ask for fewer hours, or for a sample every ${limit(Math.ceil(range / (MOST_SAMPLES - 1)))}: --scrape.`,
    );
  }
  const exact = (file: PrometheusFile, metric: string, what: string): RangeQuery => ({
    file,
    promql: selector === "" ? metric : `${metric}{${selector}}`,
    step: scrape,
    what,
  });
  const histogram = (file: PrometheusFile, metric: string, what: string): RangeQuery => ({
    file,
    promql: `{__name__=~"${metric}_(bucket|sum)"${selector === "" ? "" : `,${selector}`}}`,
    step: Math.min(range, Math.ceil(HISTOGRAM_STEP / scrape) * scrape),
    what,
  });
  return [
    exact("requests", FINISHED, "requests that have finished, by server"),
    exact("running", RUNNING, "requests in flight: with the counter they give arrivals, and how many servers there were"),
    exact("waiting", WAITING, "the others of them"),
    histogram("prompt_tokens", "vllm:request_prompt_tokens", "how long prompts are"),
    histogram("generation_tokens", "vllm:request_generation_tokens", "how long answers are"),
    ...(isFleet
      ? [
          histogram("ttft", "vllm:time_to_first_token_seconds", "time to first token"),
          histogram("tpot", "vllm:request_time_per_output_token_seconds", "time per output token, of each request"),
          histogram("itl", "vllm:inter_token_latency_seconds", "and of each token (older: vllm:time_per_output_token_seconds)"),
          histogram("e2e", "vllm:e2e_request_latency_seconds", "end to end"),
          exact("generated", "vllm:generation_tokens_total", "tokens given out"),
        ]
      : []),
  ];
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * A shell script that runs the queries and saves their answers.
 *
 * @param url of Prometheus, or of what answers as it does (Thanos, Mimir, VictoriaMetrics)
 * @param folder that the answers go to
 */
export const queryScript = (queries: readonly RangeQuery[], { range }: QueryOptions, url: string, folder: string): string =>
  [
    `URL=${quoted(url)}`,
    `END=$(date +%s)  # or the end of the hours that you want, in seconds since 1970`,
    `START=$((END - ${range}))  # ${limit(range)}`,
    `mkdir -p ${quoted(folder)}`,
    ...queries.flatMap(({ file, promql, step, what }) => [
      "",
      `# ${what}`,
      `curl -sS -G "$URL/api/v1/query_range" -d start=$START -d end=$END -d step=${step} --data-urlencode ${quoted(`query=${promql}`)} -o ${quoted(`${folder}/${fileName(file)}`)}`,
    ]),
    "",
  ].join("\n");
