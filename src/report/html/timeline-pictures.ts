import type { Run } from "../../fleet/run.ts";
import { limit, plain } from "../../format.ts";
import type { ObjectiveResult } from "../../plan/schema.ts";

type Timeline = Run["timeline"];
export type Values = readonly (number | null)[];

/** Of a group of windows that are drawn as one. */
export const worst = (values: readonly number[]): number => Math.max(...values);
export const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
export const last = (values: readonly number[]): number => values.at(-1) ?? 0;

/** One line of a picture. */
export interface Quantity {
  /** In a picture with others. */
  readonly name: string;
  /** Title and caption of a picture of its own. */
  readonly title: string;
  readonly caption: string;
  readonly of: (run: Run) => Values | undefined;
  /** Values that the axis shows in any case. */
  readonly always?: readonly number[];
  /** The latency that an objective may be on: `ttft.p99`. */
  readonly latency?: string;
}

export interface Picture {
  /** Title and caption of all its quantities together; the windows' length is added. */
  readonly title: string;
  readonly caption: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly quantities: readonly Quantity[];
  /** How windows are put together: by default the worst of them, since that is what a reader looks for. */
  readonly together?: (values: readonly number[]) => number;
}

/** An objective as the plan states it. */
export type Objective = Pick<ObjectiveResult, "objective" | "limit">;

/** Of all requests: one on some of them only is no limit of what is drawn. */
export const limitOrNull = ({ latency }: Quantity, objectives: readonly Objective[]): number | null =>
  latency === undefined ? null : (objectives.find(({ objective }) => objective.startsWith(`${latency}<=`))?.limit ?? null);

/** A picture of one quantity. */
const alone = (quantity: Quantity, rest: Pick<Picture, "unit" | "format" | "together">): Picture => ({
  title: quantity.title,
  caption: quantity.caption,
  quantities: [quantity],
  ...rest,
});

const sumsOf = (values: readonly number[]): number[] => {
  let sum = 0;
  return values.map((value) => (sum += value));
};

const SECONDS_PER_HOUR = 3600;
/** A share of one, with digits enough for the ticks of an axis that ends far below 1. */
const share = (value: number): string => `${plain(100 * value, 3)} %`;
const timeline = (of: (timeline: Timeline) => Values | undefined) => (run: Run) => of(run.timeline);

export const ARRIVING: Picture = alone(
  {
    name: "arrivals",
    title: "Requests arriving",
    caption: "Per second",
    of: ({ timeline: { arrivals, window_s }, ended_at_s }) =>
      arrivals.map((count, i) => count / Math.min(window_s, Math.max(1e-9, ended_at_s - i * window_s))),
    always: [0, 1],
  },
  { unit: "requests/s", format: plain },
);
/** Where the states are not drawn on each other. */
export const REPLICAS: Picture = {
  title: "Replicas",
  caption: "Those that take requests, and those that start: paid for, and not serving yet",
  unit: "replicas",
  format: plain,
  quantities: [
    {
      name: "ready",
      title: "Replicas ready",
      caption: "Those that take requests",
      of: timeline(({ replicas_ready }) => replicas_ready),
      always: [0, 1],
    },
    {
      name: "starting",
      title: "Replicas starting",
      caption: "Paid for, and not serving yet",
      of: timeline(({ replicas_starting }) => replicas_starting),
      always: [0, 1],
    },
  ],
  together: average,
};

export const PICTURES: readonly Picture[] = [
  {
    title: "Queue and running batch",
    caption: "Requests that wait, and requests in running batches, of all replicas",
    unit: "requests",
    format: plain,
    quantities: [
      {
        name: "waiting",
        title: "Requests waiting",
        caption: "Those that are in no running batch, on the replicas and in front of them",
        of: timeline(({ queued }) => queued),
        always: [0, 1],
      },
      {
        name: "running",
        title: "Requests in running batches",
        caption: "Those that are computed together, of all replicas",
        of: timeline(({ running }) => running),
        always: [0, 1],
      },
    ],
  },
  {
    title: "Time to first token",
    caption: "Of the requests that arrived in each window",
    unit: "TTFT",
    format: limit,
    quantities: [
      {
        name: "p99",
        title: "Time to first token, 99th percentile",
        caption: "99 of 100 requests that arrived in a window waited no longer",
        of: timeline(({ ttft_p99_s }) => ttft_p99_s),
        latency: "ttft.p99",
      },
      {
        name: "p50",
        title: "Time to first token, median",
        caption: "Half of the requests that arrived in a window waited no longer",
        of: timeline(({ ttft_p50_s }) => ttft_p50_s),
        latency: "ttft.p50",
      },
    ],
  },
  {
    title: "Time per output token",
    caption: "Of the requests that arrived in each window",
    unit: "TPOT",
    format: limit,
    quantities: [
      {
        name: "p99",
        title: "Time per output token, 99th percentile",
        caption: "99 of 100 requests that arrived in a window took no longer for each token after the first",
        of: timeline(({ tpot_p99_s }) => tpot_p99_s),
        always: [0],
        latency: "tpot.p99",
      },
      {
        name: "p50",
        title: "Time per output token, median",
        caption: "Half of the requests that arrived in a window took no longer for each token after the first",
        of: timeline(({ tpot_p50_s }) => tpot_p50_s),
        always: [0],
        latency: "tpot.p50",
      },
    ],
  },
  {
    title: "Busy and useful",
    caption: "Busy: share of ready time in which a step ran. Useful: tokens computed, of those at the best batch",
    unit: "share",
    format: share,
    quantities: [
      {
        name: "busy",
        title: "Busy share of ready time",
        caption: "The time in which a step ran",
        of: timeline(({ busy_share }) => busy_share),
        always: [0, 1],
      },
      {
        name: "useful",
        title: "Useful share of peak tokens",
        caption: "Tokens computed, of those at the best batch",
        of: timeline(({ useful_share }) => useful_share),
        always: [0],
      },
    ],
    together: average,
  },
  alone(
    {
      name: "KV blocks in use",
      title: "KV blocks in use",
      caption: "Of all blocks of ready replicas",
      of: timeline(({ kv_use }) => kv_use),
      always: [0],
    },
    {
      unit: "share",
      format: share,
      together: average,
    },
  ),
  alone(
    {
      name: "prefix cache hits",
      title: "Found in the prefix cache",
      caption: "Of all prompt tokens looked for",
      of: (run) => ((run.prefix_cache?.hit_tokens ?? 0) > 0 ? run.timeline.hit_rate : undefined),
      always: [0],
    },
    {
      unit: "share",
      format: share,
      together: average,
    },
  ),
  alone(
    {
      name: "GPU-hours",
      title: "GPU-hours paid",
      caption: "So far, in all states",
      of: ({ timeline: { paid_gpu_s } }) => paid_gpu_s && sumsOf(paid_gpu_s).map((paid) => paid / SECONDS_PER_HOUR),
      always: [0],
    },
    {
      unit: "GPU-hours",
      format: plain,
      together: last,
    },
  ),
];
