import { InputError } from "../../errors.ts";
import { placeOf, type PrometheusFile, type PrometheusTexts } from "./files.ts";
import { histogramOf, type Histogram } from "./histogram.ts";
import { parseMatrix, type Matrix } from "./matrix.ts";
import { arrivalsOfCounter, arrivalsOfRate, type ArrivalCounts } from "./rates.ts";

/** Traffic as a Prometheus saw it. */
export interface PrometheusTraffic {
  readonly arrivals: ArrivalCounts;
  /** Null where there is no such file. */
  readonly prompts: Histogram | null;
  readonly outputs: Histogram | null;
  /** What had to be taken for granted, as sentences. */
  readonly notes: readonly string[];
}

/** What no metric has. */
export const PROMETHEUS_NOTE =
  "Prometheus has counts, not requests: how long a request's prompt is and how long its answer is are drawn apart, all hours have the lengths of the whole range, and what prompts have in common, sessions and priorities are not there.";

/** The matrix of one of a folder's files; null where it is not there. @throws InputError where it is malformed */
export const matrixOrNull = ({ folder, texts }: PrometheusTexts, name: PrometheusFile): Matrix | null => {
  const text = texts.get(name);
  return text === undefined ? null : parseMatrix(text, placeOf(folder, name));
};

/**
 * Reads arrivals and lengths from saved range queries.
 *
 * @throws InputError where neither requests.json nor rate.json is there, both are, one is malformed, or no request arrived
 */
export const readPrometheus = (files: PrometheusTexts): PrometheusTraffic => {
  const matrix = (name: PrometheusFile): Matrix | null => matrixOrNull(files, name);
  const [counter, rate, running, waiting, prompts, outputs] = [
    matrix("requests"),
    matrix("rate"),
    matrix("running"),
    matrix("waiting"),
    matrix("prompt_tokens"),
    matrix("generation_tokens"),
  ];
  if ((counter === null) === (rate === null)) {
    throw new InputError(
      files.folder,
      `expected requests.json or rate.json, got ${counter === null ? "neither" : "both"}`,
      counter === null ? "`ballast traffic queries` prints the commands that save them." : "Take one of them away.",
    );
  }
  const inFlight = running === null || waiting === null ? [] : [running, waiting];
  const arrivals = counter === null ? arrivalsOfRate(rate!) : arrivalsOfCounter(counter, inFlight);
  if (arrivals.counts.every((count) => count === 0)) {
    throw new InputError(
      placeOf(files.folder, counter === null ? "rate" : "requests"),
      "expected requests in the range, got none",
      "Choose a range in which requests were served.",
    );
  }
  const read = [counter, rate, prompts, outputs].filter((one) => one !== null);
  return {
    arrivals,
    prompts: prompts === null ? null : histogramOf(prompts),
    outputs: outputs === null ? null : histogramOf(outputs),
    notes: [
      ...arrivals.notes,
      ...read.flatMap(({ place, warnings }) => warnings.map((warning) => `Prometheus warned in ${place}: ${warning}`)),
    ],
  };
};
