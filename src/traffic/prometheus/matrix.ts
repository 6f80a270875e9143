import { InputError } from "../../errors.ts";
import { parseJsonObject } from "../../json.ts";
import type { Seconds } from "../../units.ts";

/** One time series of a range query's result. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Where it stands in the file, for messages. */
  readonly place: string;
  /** Places in the matrix' times at which it has a sample, rising. */
  readonly at: readonly number[];
  /** One for each of them. */
  readonly values: readonly number[];
}

/** The answer to a range query: series whose samples lie on one grid of times. */
export interface Matrix {
  /** The file's name, for messages. */
  readonly place: string;
  /** The first time at which any series has a sample, in seconds since 1970. */
  readonly start: Seconds;
  readonly step: Seconds;
  /** Times from the first sample of any series to the last. */
  readonly times: number;
  readonly series: readonly Series[];
  /** What Prometheus, or what stands before it, warned of. */
  readonly warnings: readonly string[];
}

const ASK_AGAIN = "Ask again: `ballast traffic queries` prints the command.";

/**
 * Reads what `/api/v1/query_range` answered: `{"status": "success", "data": {"resultType": "matrix", "result": […]}}`.
 *
 * @param place the file's name, for messages
 * @throws InputError where it is an error's answer, of another kind, empty, of several models, or has a sample that is no number of 0 or more
 */
export const parseMatrix = (text: string, place: string): Matrix => {
  const answer = parseJsonObject(text, place, ASK_AGAIN);
  const result = resultOf(answer, place);
  const read = result.map((series, i) => sampledSeries(series, `${place}: data.result[${i}]`));
  checkLabels(
    read.map(({ labels }) => labels),
    place,
  );
  const start = read.reduce((first, { times }) => Math.min(first, times[0]!), Infinity);
  const last = read.reduce((latest, { times }) => Math.max(latest, times.at(-1)!), start);
  const step = stepOf(read.map(({ times }) => times));
  if (step === null) {
    throw new InputError(place, "expected samples at two times or more, got one", "Give the query a longer range, or a shorter step.");
  }
  return {
    place,
    start,
    step,
    times: Math.floor((last - start) / step + 0.5) + 1,
    series: read.map(({ labels, place: where, times, values }) => ({
      labels,
      place: where,
      at: times.map((time, i) => onGrid((time - start) / step, `${where}.values[${i}]`, step)),
      values,
    })),
    warnings: Array.isArray(answer["warnings"]) ? answer["warnings"].map(String) : [],
  };
};

const resultOf = (answer: Record<string, unknown>, place: string): readonly unknown[] => {
  const { status, errorType, error } = answer;
  if (status === "error") {
    throw new InputError(
      place,
      `expected the result of a query, got the error ${show(errorType)}: ${typeof error === "string" ? error : show(error)}`,
      "Mend the query, or the range, and ask again.",
    );
  }
  const data = typeof answer["data"] === "object" && answer["data"] !== null ? (answer["data"] as Record<string, unknown>) : {};
  const { resultType, result } = data;
  if (status !== "success" || resultType === undefined) {
    throw new InputError(place, `expected what /api/v1/query_range answers, got a JSON object without data.resultType`, ASK_AGAIN);
  }
  if (resultType !== "matrix" || !Array.isArray(result)) {
    throw new InputError(
      `${place}: data.resultType`,
      `expected "matrix", values over time, got ${show(resultType)}`,
      "Ask /api/v1/query_range, with start, end and step; /api/v1/query has the values of one instant.",
    );
  }
  if (result.length === 0) {
    throw new InputError(
      `${place}: data.result`,
      "expected at least one series, got none",
      "Check the metric's name, the selector, and that Prometheus kept the range; or take the file away where there is none.",
    );
  }
  return result;
};

interface Sampled {
  readonly labels: Readonly<Record<string, string>>;
  readonly place: string;
  readonly times: readonly Seconds[];
  readonly values: readonly number[];
}

const sampledSeries = (series: unknown, place: string): Sampled => {
  const { metric = {}, values, histograms } = (series ?? {}) as Record<string, unknown>;
  if (values === undefined && histograms !== undefined) {
    throw new InputError(
      place,
      "expected values, got a native histogram",
      "Have Prometheus keep the classic buckets too (always_scrape_classic_histograms), and ask for those.",
    );
  }
  if (!Array.isArray(values) || values.length === 0 || typeof metric !== "object" || metric === null) {
    throw new InputError(place, `expected metric and values, got ${show(series)}`, ASK_AGAIN);
  }
  const times: Seconds[] = [];
  const numbers: number[] = [];
  for (const [i, sample] of (values as readonly unknown[]).entries()) {
    const [time, text] = Array.isArray(sample) ? (sample as readonly unknown[]) : [];
    const value = typeof text === "string" && text.trim() !== "" ? Number(text) : NaN;
    if (typeof time !== "number" || !(value >= 0 && value < Infinity)) {
      throw new InputError(
        `${place}.values[${i}]`,
        `expected a time and a number of 0 or more, as text, got ${show(sample)}`,
        "Save the counter, the gauge or its rate itself: a division by 0 gives NaN and +Inf.",
      );
    }
    if (i > 0 && time <= times[i - 1]!) {
      throw new InputError(`${place}.values[${i}]`, `expected a later time than ${times[i - 1]}, got ${time}`, ASK_AGAIN);
    }
    times.push(time);
    numbers.push(value);
  }
  return { labels: metric as Record<string, string>, place, times, values: numbers };
};

/** Labels that name who collected a series, not whose it is: with two of them everything is there twice. */
const COLLECTORS = ["prometheus_replica", "__replica__"];

const checkLabels = (all: readonly Readonly<Record<string, string>>[], place: string): void => {
  const valuesOf = (label: string): string[] => [...new Set(all.flatMap((labels) => labels[label] ?? []))];
  const models = valuesOf("model_name");
  if (models.length > 1) {
    throw new InputError(
      place,
      `expected the series of one model, got those of ${models.length}: ${models.join(", ")}`,
      `Choose one in the query: --selector 'model_name="${models[0]}"'.`,
    );
  }
  const doubled = COLLECTORS.find((label) => valuesOf(label).length > 1);
  if (doubled !== undefined) {
    throw new InputError(
      place,
      `expected each series once, got those of ${valuesOf(doubled).length} Prometheus servers (${doubled})`,
      `Choose one in the query: --selector '${doubled}="${valuesOf(doubled)[0]}"'.`,
    );
  }
};

/** The shortest time between two samples of a series; null where none has two. */
const stepOf = (all: readonly (readonly Seconds[])[]): Seconds | null => {
  let step = Infinity;
  for (const times of all) for (let i = 1; i < times.length; i += 1) step = Math.min(step, times[i]! - times[i - 1]!);
  return step === Infinity ? null : step;
};

const onGrid = (place: number, where: string, step: Seconds): number => {
  const nearest = Math.floor(place + 0.5);
  if (Math.abs(place - nearest) < 0.01) return nearest;
  throw new InputError(where, `expected a time on the query's own grid, ${step} s apart, got one between two`, ASK_AGAIN);
};

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "none";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
