import { InputError } from "../errors.ts";
import { together } from "../traffic/prometheus/counters.ts";
import { placeOf, type PrometheusFile, type PrometheusTexts } from "../traffic/prometheus/files.ts";
import { histogramOf, type Histogram } from "../traffic/prometheus/histogram.ts";
import type { Matrix } from "../traffic/prometheus/matrix.ts";
import { matrixOrNull } from "../traffic/prometheus/read.ts";
import type { Seconds } from "../units.ts";
import { FLEET_LATENCIES, type FleetLatency } from "./fleet-schema.ts";

/** What a Prometheus saw of a fleet at one scrape. */
export interface FleetReading {
  /** In seconds since 1970. */
  readonly at: Seconds;
  /** Servers that export metrics: ready ones, and those that drain. */
  readonly replicas: number;
  /** Of all servers together; null where one of them was not scraped. */
  readonly running: number | null;
  readonly waiting: number | null;
}

/** What a Prometheus saw of a fleet, beside its traffic. */
export interface ObservedFleet {
  readonly folder: string;
  /** In order of time, at least two. */
  readonly readings: readonly FleetReading[];
  readonly step: Seconds;
  /** Those that are there. */
  readonly latencies: ReadonlyMap<FleetLatency, Histogram>;
  /** Output tokens as they came; null where that is not known. */
  readonly generated: Gained | null;
}

/** What counters gained, from each time to the next. */
export interface Gained {
  /** In seconds since 1970. */
  readonly begins: Seconds;
  readonly step: Seconds;
  readonly bySteps: readonly number[];
}

/** What they gained between two times that they cover; inside a step evenly. */
export const gainedBetween = ({ begins, step, bySteps }: Gained, from: Seconds, to: Seconds): number =>
  bySteps.reduce((sum, gained, i) => {
    const inside = Math.min(to, begins + (i + 1) * step) - Math.max(from, begins + i * step);
    return inside > 0 ? sum + gained * (inside / step) : sum;
  }, 0);

/**
 * Reads what a fleet did from saved range queries. A server is there from its first sample to its last: a scrape that failed in between does not take it away.
 *
 * @throws InputError where running.json or waiting.json is not there, no latency is, or a file is malformed
 */
export const readObservedFleet = (files: PrometheusTexts): ObservedFleet => {
  const needed = (name: PrometheusFile): Matrix => {
    const matrix = matrixOrNull(files, name);
    if (matrix !== null) return matrix;
    throw new InputError(placeOf(files.folder, name), "is not there", NEXT_STEP);
  };
  const [running, waiting] = [needed("running"), needed("waiting")];
  const latencies = new Map(
    FLEET_LATENCIES.flatMap((metric) => {
      const matrix = matrixOrNull(files, metric);
      return matrix === null ? [] : [[metric, histogramOf(matrix)] as const];
    }),
  );
  if (latencies.size === 0) {
    throw new InputError(files.folder, `expected one of ${FLEET_LATENCIES.map((name) => `${name}.json`).join(", ")}, got none`, NEXT_STEP);
  }
  const generated = matrixOrNull(files, "generated");
  return {
    folder: files.folder,
    readings: readingsOf(running, waiting),
    step: running.step,
    latencies,
    generated:
      generated === null
        ? null
        : {
            begins: generated.start,
            step: generated.step,
            bySteps: together(
              generated,
              generated.series.map((series) => ({ leader: series, counted: series })),
            ).bySteps,
          },
  };
};

const NEXT_STEP = "`ballast traffic queries --fleet` prints the commands that save what is needed.";

const readingsOf = (running: Matrix, waiting: Matrix): FleetReading[] => {
  const replicas = Array<number>(running.times).fill(0);
  for (const { at } of running.series) for (let i = at[0]!; i <= at.at(-1)!; i += 1) replicas[i]! += 1;
  const total = (matrix: Matrix): (number | null)[] => {
    const sums = replicas.map(() => 0);
    const samples = replicas.map(() => 0);
    // The grids of two files may begin at different times.
    const shift = Math.floor((matrix.start - running.start) / running.step + 0.5);
    for (const { at, values } of matrix.series) {
      for (const [i, place] of at.entries()) {
        if (sums[place + shift] === undefined) continue;
        sums[place + shift]! += values[i]!;
        samples[place + shift]! += 1;
      }
    }
    return sums.map((sum, i) => (samples[i] === replicas[i] ? sum : null));
  };
  const [runs, waits] = [total(running), total(waiting)];
  return replicas.map((count, i) => ({
    at: running.start + i * running.step,
    replicas: count,
    running: runs[i]!,
    waiting: waits[i]!,
  }));
};
