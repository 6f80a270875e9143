import type { Run } from "../../fleet/run.ts";
import { count, duration, limit, plain } from "../../format.ts";
import { type Axis, linearTicks, valueAxis } from "./axes.ts";
import { type Charts, lineChart, type Series } from "./chart.ts";
import { html, type Html } from "./markup.ts";

/** About two pixels each. */
const MOST_POINTS = 175;

/** Minutes or hours where the run is long enough for them. */
export const timeUnit = (end: number): { per: number; label: string } =>
  end >= 7200 ? { per: 3600, label: "time (h)" } : end >= 240 ? { per: 60, label: "time (min)" } : { per: 1, label: "time (s)" };

/**
 * A window's values as steps; long timelines are thinned by the largest value in each group of windows, since it is the worst that a reader
 * looks for.
 */
const stepped = (values: readonly (number | null)[], window: number, per: number): Series["points"] => {
  const group = Math.ceil(values.length / MOST_POINTS);
  const points: { x: number; y: number | null }[] = [];
  for (let i = 0; i < values.length; i += group) {
    const present = values.slice(i, i + group).filter((value) => value !== null);
    points.push({ x: (i * window) / per, y: present.length === 0 ? null : Math.max(...present) });
  }
  const last = points.at(-1);
  return last === undefined ? [] : [...points, { x: (values.length * window) / per, y: last.y }];
};

/** What happened over time: arrivals, replicas, the queue and the tail, one line for each policy on the same traffic. */
export const timelineCharts = (charts: Charts, runs: readonly Run[], ttftLimit: number | null): Html => {
  const [first] = runs;
  if (first === undefined) return html``;
  const { per, label } = timeUnit(Math.max(...runs.map(({ ended_at_s }) => ended_at_s)));
  const series = (of: (timeline: Run["timeline"]) => readonly (number | null)[]): Series[] =>
    runs.map((run) => ({ name: run.policy, points: stepped(of(run.timeline), run.timeline.window_s, per) }));
  const values = (all: readonly Series[]): number[] => all.flatMap(({ points }) => points.flatMap(({ y }) => (y === null ? [] : [y])));
  const linear = (label: string, all: readonly Series[]): Axis => valueAxis(label, [0, 1, ...values(all)], plain);
  const group = Math.ceil(first.timeline.arrivals.length / MOST_POINTS);
  const window = limit(first.timeline.window_s);
  const thinned = group === 1 ? "" : `; the largest of every ${group} windows`;
  const arrivals: Series[] = [
    {
      name: "arrivals",
      points: stepped(
        first.timeline.arrivals.map((arrived) => arrived / first.timeline.window_s),
        first.timeline.window_s,
        per,
      ),
    },
  ];
  const ready = series(({ replicas_ready }) => replicas_ready);
  const starting = series(({ replicas_starting }) => replicas_starting);
  const queued = series(({ queued }) => queued);
  const ttft = series(({ ttft_p99_s }) => ttft_p99_s);
  const tails = [...values(ttft), ...(ttftLimit === null ? [] : [ttftLimit])];
  const largest = (all: readonly Series[]): string =>
    all.map(({ name, points }) => `${name}: at most ${plain(Math.max(0, ...points.map(({ y }) => y ?? 0)), 3)}`).join("; ");
  const lastX = Math.max(...ready.flatMap(({ points }) => points.map(({ x }) => x)));
  const axis: Axis = { label, isLog: false, format: plain, ticks: linearTicks(lastX).filter((tick) => tick <= lastX), domain: [0, lastX] };
  return html`${lineChart(charts, {
    title: "Requests arriving",
    caption: `Per second, in windows of ${window}${thinned}.`,
    description: `Arrivals per second over time; ${largest(arrivals)}.`,
    x: axis,
    y: linear("requests/s", arrivals),
    series: arrivals,
    isStepped: true,
  })}${lineChart(charts, {
    title: "Replicas ready",
    caption: `Average in each window${thinned}.`,
    description: `Ready replicas over time. ${largest(ready)}.`,
    x: axis,
    y: linear("replicas", ready),
    series: ready,
    isStepped: true,
  })}${
    values(starting).some((value) => value > 0)
      ? lineChart(charts, {
          title: "Replicas starting",
          caption: "Paid for, and not serving yet.",
          description: `Replicas that are starting, over time. ${largest(starting)}.`,
          x: axis,
          y: linear("replicas", starting),
          series: starting,
          isStepped: true,
        })
      : html``
  }${lineChart(charts, {
    title: "Requests waiting",
    caption: `In queues, average in each window${thinned}.`,
    description: `Queued requests over time. ${largest(queued)}.`,
    x: axis,
    y: linear("requests", queued),
    series: queued,
    isStepped: true,
  })}${
    tails.length === 0
      ? html``
      : lineChart(charts, {
          title: "Time to first token, 99th percentile",
          caption: `Of the requests that arrived in each window${ttftLimit === null ? "" : `; the limit is ${limit(ttftLimit)}`}.`,
          description: `TTFT p99 by window over ${count(first.timeline.arrivals.length)} windows: from ${duration(Math.min(...values(ttft)))} to ${duration(Math.max(...values(ttft)))}.`,
          x: axis,
          y: valueAxis("TTFT p99", tails, limit),
          series: ttft,
          references:
            ttftLimit === null
              ? []
              : [
                  {
                    name: "limit",
                    points: [
                      { x: 0, y: ttftLimit },
                      { x: lastX, y: ttftLimit },
                    ],
                  },
                ],
          isStepped: true,
        })
  }`;
};
