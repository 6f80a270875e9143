import type { Run } from "../../fleet/run.ts";
import { limit, percent, plain } from "../../format.ts";
import { type Axis, linearTicks, valueAxis } from "./axes.ts";
import type { Changes } from "./changes.ts";
import { type Charts, lineChart, type Series } from "./chart.ts";
import { html, type Html } from "./markup.ts";
import { stackChart } from "./stack-chart.ts";

/** About two pixels each. */
const MOST_POINTS = 175;

/** Minutes or hours where the run is long enough for them. */
export const timeUnit = (end: number): { per: number; label: string } =>
  end >= 7200 ? { per: 3600, label: "time (h)" } : end >= 240 ? { per: 60, label: "time (min)" } : { per: 1, label: "time (s)" };

type Timeline = Run["timeline"];
type Values = readonly (number | null)[];

/** Of a group of windows that are drawn as one. */
const worst = (values: readonly number[]): number => Math.max(...values);
const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const last = (values: readonly number[]): number => values.at(-1) ?? 0;

/** A window's values as steps; those of long timelines are put together by groups. */
const stepped = (values: Values, window: number, per: number, together: (values: readonly number[]) => number): Series["points"] => {
  const group = groupOf(values);
  const points: { x: number; y: number | null }[] = [];
  for (let i = 0; i < values.length; i += group) {
    const present = values.slice(i, i + group).filter((value) => value !== null);
    points.push({ x: (i * window) / per, y: present.length === 0 ? null : together(present) });
  }
  const end = points.at(-1);
  return end === undefined ? [] : [...points, { x: (values.length * window) / per, y: end.y }];
};

const groupOf = (values: Values): number => Math.ceil(values.length / MOST_POINTS);

/** One line of a picture. */
interface Quantity {
  /** In a picture with others, and the title of a picture of its own. */
  readonly name: string;
  readonly title: string;
  readonly of: (run: Run) => Values | undefined;
}

interface Picture {
  readonly title: string;
  /** What stands under it; the windows' length is added. */
  readonly caption: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly quantities: readonly Quantity[];
  /** How windows are put together: by default the worst of them, since that is what a reader looks for. */
  readonly together?: (values: readonly number[]) => number;
  /** Values that the axis shows in any case. */
  readonly always?: readonly number[];
  readonly limit?: number | null;
}

const sumsOf = (values: readonly number[]): number[] => {
  let sum = 0;
  return values.map((value) => (sum += value));
};

const SECONDS_PER_HOUR = 3600;
const timeline = (of: (timeline: Timeline) => Values | undefined) => (run: Run) => of(run.timeline);

const ARRIVALS: Quantity = {
  name: "arrivals",
  title: "Requests arriving",
  of: ({ timeline: { arrivals, window_s }, ended_at_s }) =>
    arrivals.map((count, i) => count / Math.min(window_s, Math.max(1e-9, ended_at_s - i * window_s))),
};
const ARRIVING: Picture = {
  title: "Requests arriving",
  caption: "Per second",
  unit: "requests/s",
  format: plain,
  quantities: [ARRIVALS],
  always: [0, 1],
};
/** Where the states are not drawn on each other. */
const REPLICAS: Picture = {
  title: "Replicas",
  caption: "Those that take requests, and those that start: paid for, and not serving yet",
  unit: "replicas",
  format: plain,
  quantities: [
    { name: "ready", title: "Replicas ready", of: timeline(({ replicas_ready }) => replicas_ready) },
    { name: "starting", title: "Replicas starting", of: timeline(({ replicas_starting }) => replicas_starting) },
  ],
  together: average,
  always: [0, 1],
};

const pictures = (ttftLimit: number | null): readonly Picture[] => [
  {
    title: "Queue and running batch",
    caption: "Requests that wait, and requests in running batches, of all replicas",
    unit: "requests",
    format: plain,
    quantities: [
      { name: "waiting", title: "Requests waiting", of: timeline(({ queued }) => queued) },
      { name: "running", title: "Requests in running batches", of: timeline(({ running }) => running) },
    ],
    always: [0, 1],
  },
  {
    title: "Time to first token",
    caption: "Of the requests that arrived in each window",
    unit: "TTFT",
    format: limit,
    quantities: [
      { name: "p99", title: "Time to first token, 99th percentile", of: timeline(({ ttft_p99_s }) => ttft_p99_s) },
      { name: "p50", title: "Time to first token, median", of: timeline(({ ttft_p50_s }) => ttft_p50_s) },
    ],
    limit: ttftLimit,
  },
  {
    title: "Time per output token",
    caption: "Of the requests that arrived in each window",
    unit: "TPOT",
    format: limit,
    quantities: [
      { name: "p99", title: "Time per output token, 99th percentile", of: timeline(({ tpot_p99_s }) => tpot_p99_s) },
      { name: "p50", title: "Time per output token, median", of: timeline(({ tpot_p50_s }) => tpot_p50_s) },
    ],
    always: [0],
  },
  {
    title: "Busy and useful",
    caption: "Busy: share of ready time in which a step ran. Useful: tokens computed, of those at the best batch",
    unit: "share",
    format: percent,
    quantities: [
      { name: "busy", title: "Busy share of ready time", of: timeline(({ busy_share }) => busy_share) },
      { name: "useful", title: "Useful share of peak tokens", of: timeline(({ useful_share }) => useful_share) },
    ],
    together: average,
    always: [0, 1],
  },
  {
    title: "KV cache",
    caption: "Blocks in use on ready replicas, and prompt tokens found in the prefix cache",
    unit: "share",
    format: percent,
    quantities: [
      { name: "KV blocks in use", title: "KV blocks in use", of: timeline(({ kv_use }) => kv_use) },
      {
        name: "prefix cache hits",
        title: "Found in the prefix cache",
        of: (run) => ((run.prefix_cache?.hit_tokens ?? 0) > 0 ? run.timeline.hit_rate : undefined),
      },
    ],
    together: average,
    always: [0, 1],
  },
  {
    title: "GPU-hours paid",
    caption: "So far, in all states",
    unit: "GPU-hours",
    format: plain,
    quantities: [
      {
        name: "GPU-hours",
        title: "GPU-hours paid",
        of: ({ timeline: { paid_gpu_s } }) => paid_gpu_s && sumsOf(paid_gpu_s).map((paid) => paid / SECONDS_PER_HOUR),
      },
    ],
    together: last,
    always: [0],
  },
];

/** States from the bottom up: what serves first. Idle shares the colour of busy, since both are ready. */
const LAYERS = [
  ["busy", "ready, busy", "var(--series-1)", 0.85],
  ["idle", "ready, idle", "var(--series-1)", 0.35],
  ["draining", "draining", "var(--series-4)", 0.85],
  ["warming", "warming", "var(--series-6)", 0.85],
  ["loading", "loading", "var(--series-2)", 0.95],
  ["provisioning", "provisioning", "var(--series-2)", 0.4],
  ["asleep", "asleep", "var(--faint)", 0.5],
] as const;

const replicaChart = (charts: Charts, run: Run, x: Axis, per: number, isOnly: boolean): Html => {
  const { replicas, window_s } = run.timeline;
  if (replicas === undefined) return html``;
  const layers = LAYERS.map(([state, name, color, opacity]) => {
    const points = stepped(replicas[state], window_s, per, average);
    return { name, color, opacity, at: points.map((point) => point.x), values: points.slice(0, -1).map(({ y }) => y ?? 0) };
  }).filter(({ values }) => values.some((value) => value > 0));
  const at = layers[0]?.at ?? [];
  const totals = at.map((_, i) => layers.reduce((sum, { values }) => sum + (values[i] ?? 0), 0));
  return stackChart(charts, {
    title: isOnly ? "Replicas by state" : `Replicas by state: ${run.policy}`,
    caption: `Average in windows of ${limit(window_s * groupOf(replicas.busy))}.`,
    description: `Replicas by state over time, stacked: ${layers.map(({ name, values }) => `${name} at most ${plain(Math.max(...values), 3)}`).join(", ")}.`,
    x,
    y: valueAxis("replicas", [0, 1, ...totals], plain),
    at,
    layers,
    changes: changesOf(run, per),
  });
};

const changesOf = ({ scale_events: events }: Run, per: number): Changes | undefined => {
  const at = (isUp: boolean): number[] => events.filter(({ from, to }) => to > from === isUp).map(({ at_s }) => at_s / per);
  return events.length === 0 ? undefined : { ups: at(true), downs: at(false) };
};

const yValues = (all: readonly Series[]): number[] => all.flatMap(({ points }) => points.flatMap(({ y }) => (y === null ? [] : [y])));
const inWords = (all: readonly Series[], format: (value: number) => string): string =>
  all
    .filter(({ points }) => points.some(({ y }) => y !== null))
    .map((series) => `${series.name} from ${format(Math.min(...yValues([series])))} to ${format(Math.max(...yValues([series])))}`)
    .join("; ");

/**
 * What happened over time. Of one run each picture has its quantities side by side and its scale events marked; of several, on the same
 * traffic, there is a picture for each quantity, with a line for each policy.
 */
export const timelineCharts = (charts: Charts, runs: readonly Run[], ttftLimit: number | null): Html => {
  const [first] = runs;
  if (first === undefined) return html``;
  const isOnly = runs.length === 1;
  const { per, label } = timeUnit(Math.max(...runs.map(({ ended_at_s }) => ended_at_s)));
  const lastX = Math.max(...runs.map(({ timeline: { arrivals, window_s } }) => (arrivals.length * window_s) / per));
  const x: Axis = { label, isLog: false, format: plain, ticks: linearTicks(lastX).filter((tick) => tick <= lastX), domain: [0, lastX] };
  const changes = isOnly ? changesOf(first, per) : undefined;
  const group = groupOf(first.timeline.arrivals);
  const window = limit(first.timeline.window_s);
  const seriesOf = (run: Run, name: string, { of }: Quantity, together: (values: readonly number[]) => number): Series => ({
    name,
    points: stepped(of(run) ?? [], run.timeline.window_s, per, together),
  });
  const draw = (picture: Picture, title: string, series: readonly Series[]): Html => {
    const found = yValues(series);
    if (found.length === 0) return html``;
    const { caption, unit, format, always = [], limit: most = null, together = worst } = picture;
    const windows =
      together === last
        ? ""
        : `; ${together === worst && group > 1 ? `the largest of every ${group} windows of ${window}` : `in windows of ${limit(first.timeline.window_s * group)}`}`;
    return lineChart(charts, {
      title,
      caption: `${caption}${windows}${most === null ? "" : `; the limit is ${limit(most)}`}.`,
      description: `${title} over time: ${inWords(series, format)}.`,
      x,
      y: valueAxis(unit, [...always, ...found, ...(most === null ? [] : [most])], format),
      series: series.filter(({ points }) => points.length > 0),
      references: most === null ? [] : [{ name: "limit", points: [0, lastX].map((at) => ({ x: at, y: most })) }],
      isStepped: true,
      changes,
    });
  };
  const drawAll = (picture: Picture): Html[] => {
    const { quantities, title, together = worst } = picture;
    const seriesBy = (quantity: Quantity): Series[] =>
      runs.map((run) => seriesOf(run, isOnly ? quantity.name : run.policy, quantity, together));
    return isOnly
      ? [draw(picture, title, quantities.flatMap(seriesBy))]
      : quantities.map((quantity) => draw(picture, quantity.title, seriesBy(quantity)));
  };
  const hasStates = first.timeline.replicas !== undefined;
  const arrivals = seriesOf(first, "arrivals", ARRIVALS, worst);
  return html`${draw(ARRIVING, ARRIVING.title, [arrivals])}${isOnly && hasStates ? [] : drawAll(REPLICAS)}${runs.map((run) =>
    isOnly || run.scale_events.length > 0 ? replicaChart(charts, run, x, per, isOnly) : html``,
  )}${pictures(ttftLimit).flatMap(drawAll)}`;
};
