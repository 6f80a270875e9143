import type { Run } from "../../fleet/run.ts";
import { limit, plain } from "../../format.ts";
import { type Axis, linearTicks, valueAxis } from "./axes.ts";
import type { Changes } from "./changes.ts";
import { type Charts, lineChart, type Series } from "./chart.ts";
import { html, type Html } from "./markup.ts";
import { stackChart } from "./stack-chart.ts";
import {
  ARRIVING,
  average,
  last,
  limitOrNull,
  type Objective,
  type Picture,
  PICTURES,
  type Quantity,
  REPLICAS,
  type Values,
  worst,
} from "./timeline-pictures.ts";

/** About two pixels each. */
const MOST_POINTS = 175;

/** Minutes or hours where the run is long enough for them. */
export const timeUnit = (end: number): { per: number; label: string } =>
  end >= 7200 ? { per: 3600, label: "time (h)" } : end >= 240 ? { per: 60, label: "time (min)" } : { per: 1, label: "time (s)" };

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

/** States from the bottom up: what serves first. Idle shares the colour of busy, since both are ready. */
const LAYERS = [
  ["busy", "ready, busy", "var(--series-1)", 0.85],
  ["idle", "ready, idle", "var(--series-1)", 0.35],
  ["draining", "draining", "var(--series-4)", 0.85],
  ["warming", "warming", "var(--series-6)", 0.85],
  ["loading", "loading", "var(--series-2)", 0.95],
  ["provisioning", "provisioning", "var(--series-2)", 0.4],
  ["asleep", "asleep", "var(--faint)", 0.5],
  ["failed", "failed", "var(--series-3)", 0.85],
] as const;

const replicaChart = (charts: Charts, run: Run, x: Axis, per: number, isOnly: boolean): Html => {
  const { replicas, window_s } = run.timeline;
  if (replicas === undefined) return html``;
  const layers = LAYERS.map(([state, name, color, opacity]) => {
    const points = stepped(replicas[state] ?? [], window_s, per, average);
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

/** A line of a picture, and what it is a line of. */
interface Drawn {
  readonly quantity: Quantity;
  readonly series: Series;
}

/**
 * What happened over time. Of one run each picture has its quantities side by side and its scale events marked; of several, on the same
 * traffic, there is a picture for each quantity, with a line for each policy. A picture has the limits of what is drawn in it.
 */
export const timelineCharts = (charts: Charts, runs: readonly Run[], objectives: readonly Objective[]): Html => {
  const [first] = runs;
  if (first === undefined) return html``;
  const isOnly = runs.length === 1;
  const { per, label } = timeUnit(Math.max(...runs.map(({ ended_at_s }) => ended_at_s)));
  const lastX = Math.max(...runs.map(({ timeline: { arrivals, window_s } }) => (arrivals.length * window_s) / per));
  const x: Axis = { label, isLog: false, format: plain, ticks: linearTicks(lastX).filter((tick) => tick <= lastX), domain: [0, lastX] };
  const changes = isOnly ? changesOf(first, per) : undefined;
  const group = groupOf(first.timeline.arrivals);
  const window = limit(first.timeline.window_s);
  const windowsOf = (together: Picture["together"] = worst): string =>
    together === last
      ? ""
      : `; ${together === worst && group > 1 ? `the largest of every ${group} windows of ${window}` : `in windows of ${limit(first.timeline.window_s * group)}`}`;
  const draw = (picture: Picture, lines: readonly Drawn[]): Html => {
    const drawn = lines.filter(({ series }) => yValues([series]).length > 0);
    const quantities = [...new Set(drawn.map(({ quantity }) => quantity))];
    const [only] = quantities;
    if (only === undefined) return html``;
    const { title, caption } = quantities.length === 1 ? only : picture;
    const limits = quantities.flatMap((quantity) => {
      const most = limitOrNull(quantity, objectives);
      return most === null ? [] : [{ name: quantities.length === 1 ? "limit" : `limit of ${quantity.name}`, most }];
    });
    const series = lines.map((line) => line.series);
    const { unit, format, together } = picture;
    return lineChart(charts, {
      title,
      caption: `${caption}${windowsOf(together)}${limits.map(({ name, most }) => `; the ${name} is ${limit(most)}`).join("")}.`,
      description: `${title} over time: ${inWords(series, format)}.`,
      x,
      y: valueAxis(
        unit,
        [...quantities.flatMap(({ always = [] }) => always), ...yValues(series), ...limits.map(({ most }) => most)],
        format,
      ),
      series: series.filter(({ points }) => points.length > 0),
      references: limits.map(({ name, most }) => ({ name, points: [0, lastX].map((at) => ({ x: at, y: most })) })),
      isStepped: true,
      changes,
    });
  };
  const lineOf = (run: Run, quantity: Quantity, together: Picture["together"] = worst): Drawn => ({
    quantity,
    series: {
      name: isOnly ? quantity.name : run.policy,
      points: stepped(quantity.of(run) ?? [], run.timeline.window_s, per, together),
    },
  });
  const drawAll = (picture: Picture): Html[] => {
    const linesOf = (quantity: Quantity): Drawn[] => runs.map((run) => lineOf(run, quantity, picture.together));
    return isOnly
      ? [draw(picture, picture.quantities.flatMap(linesOf))]
      : picture.quantities.map((quantity) => draw(picture, linesOf(quantity)));
  };
  const hasStates = first.timeline.replicas !== undefined;
  const arriving = ARRIVING.quantities.map((quantity) => lineOf(first, quantity));
  return html`${draw(ARRIVING, arriving)}${isOnly && hasStates ? [] : drawAll(REPLICAS)}${runs.map((run) =>
    isOnly || run.scale_events.length > 0 ? replicaChart(charts, run, x, per, isOnly) : html``,
  )}${PICTURES.flatMap(drawAll)}`;
};
