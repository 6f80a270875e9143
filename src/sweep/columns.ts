import type { Latency, Run } from "../fleet/run.ts";

/** A figure of a run: a number, or null where the run has none. */
type Figure = (run: Run) => number | null;

const PERCENTILES = ["mean", "p50", "p90", "p95", "p99", "max"] as const;

const latency = (name: string, of: (run: Run) => Latency): [string, Figure][] =>
  PERCENTILES.map((percentile) => [`${name}_${percentile}_s`, (run) => of(run)?.[percentile] ?? null]);

const STATES = ["arrived", "finished", "rejected", "timed_out", "cut_off", "lost", "deferred", "queued", "running"] as const;

const figures: readonly (readonly [string, Figure])[] = [
  ...STATES.map((state): [string, Figure] => [state, ({ requests }) => requests[state]]),
  ...latency("ttft", (run) => run.latency.ttft_s),
  ...latency("tpot", (run) => run.latency.tpot_s),
  ...latency("end_to_end", (run) => run.latency.end_to_end_s),
  ["gpu_hours", (run) => run.gpu_hours],
  ["utilization", (run) => run.utilization],
  ["mean_batch", (run) => run.mean_batch],
  ["scale_events", (run) => run.scale_events.length],
  ["preemptions", (run) => run.preemptions],
  ["prompt_tokens", (run) => run.tokens.prompt],
  ["output_tokens", (run) => run.tokens.output],
  ["ended_at_s", (run) => run.ended_at_s],
];

/** The main figures of a run, by the names of the table's columns: seconds where a name ends in `_s`, shares, hours and counts. */
export type Figures = Readonly<Record<string, number | null>>;

/** Columns that each row has behind the varied fields: `run` is the address of its file in the store. */
export const RUN_COLUMNS: readonly string[] = ["seed", ...figures.map(([name]) => name), "run"];

export const figuresOf = (run: Run): Figures => Object.fromEntries(figures.map(([name, of]) => [name, of(run)]));
