import type { DeviceModel } from "../../calibration/device-model.ts";
import { loadSeconds } from "../../calibration/load.ts";
import type { ComparedDevice, Pair, Row, Verdict } from "../../compare/schema.ts";
import { change, count, duration, limit, size } from "../../format.ts";
import { decodeFigures, prefillFigures, quotedContext } from "../step-figures.ts";
import { groupBy } from "../../stats/group-by.ts";
import { VERDICTS } from "../compare-sentences.ts";
import { type Axis, labelWidth, sizeAxis, valueAxis } from "./axes.ts";
import { type Charts, figure, type Frame, lineChart, Plot, PLOT_WIDTH, scaleOf, type Series, seriesColor } from "./chart.ts";
import { html, type Html } from "./markup.ts";

/** Devices with their curves, in the order of their labels; null where a device has none. */
export interface Curves {
  readonly devices: readonly ComparedDevice[];
  readonly deviceModels: readonly (DeviceModel | null)[];
}

type Point = Series["points"][number];

/** One line a device; a device without the curve keeps its colour free. */
const seriesOf = ({ devices, deviceModels }: Curves, points: (model: DeviceModel) => Point[]): Series[] =>
  devices.map(({ label, device }, i) => {
    const model = deviceModels[i] ?? null;
    return { name: `${label} ${device}`, points: model === null ? [] : points(model) };
  });

const curveChart = (charts: Charts, frame: Frame, x: (values: readonly number[]) => Axis, series: readonly Series[]): Html => {
  const points = series.flatMap((line) => line.points);
  if (points.length < 2) return html``;
  return lineChart(charts, {
    ...frame,
    x: x(points.map((point) => point.x)),
    y: valueAxis(
      "time",
      points.map(({ y }) => y ?? 0),
      limit,
    ),
    series,
  });
};

const bySize = (label: string, format: (value: number) => string) => (values: readonly number[]) =>
  sizeAxis(label, values, format, PLOT_WIDTH);

/** Decode by batch, prefill by tokens, weights by bytes: the step and the load curve of all devices, one picture each. */
export const curveCharts = (charts: Charts, curves: Curves): Html => {
  const contexts = [...new Set(curves.deviceModels.flatMap((model) => (model === null ? [] : [quotedContext(model.step)])))];
  const all = (what: string): string =>
    `${what}, one line for each of ${curves.devices.map(({ label, device }) => `${label} ${device}`).join(", ")}.`;
  return html`${curveChart(
    charts,
    {
      title: "Decode: time of a step by batch",
      caption: `Every sequence has ${contexts.map(count).join(" or ")} tokens of context.`,
      description: all("Time of a decode step by sequences"),
    },
    bySize("sequences", count),
    seriesOf(curves, (model) => decodeFigures(model).map(({ size: x, seconds: y }) => ({ x, y }))),
  )}${curveChart(
    charts,
    {
      title: "Prefill: time of one prompt by its length",
      caption: "In one step, from an empty cache.",
      description: all("Time of a prefill step by tokens"),
    },
    bySize("tokens", count),
    seriesOf(curves, (model) => prefillFigures(model).map(({ size: x, seconds: y }) => ({ x, y }))),
  )}${curveChart(
    charts,
    {
      title: "Load: time to bring weights to the GPU",
      caption: "By the best way to upload, from the page's memory; between the sizes that were measured.",
      description: all("Time to upload by bytes"),
    },
    bySize("bytes", size),
    seriesOf(curves, ({ load }) => sizesWithin(load.valid_bytes).map((x) => ({ x, y: loadSeconds(load, x) }))),
  )}${warmUpChart(charts, curves)}`;
};

/** The measured ends and every fourfold between them. */
const sizesWithin = ([least, most]: readonly [number, number]): number[] => {
  const sizes: number[] = [];
  for (let bytes = least; bytes < most; bytes *= 4) sizes.push(bytes);
  return [...sizes, most];
};

/** Seconds that have passed by the end of each phase: a line that is flat costs nothing. */
const warmUpChart = (charts: Charts, { devices, deviceModels }: Curves): Html => {
  const bars = devices.flatMap(({ label }, i) => {
    let from = 0;
    return (deviceModels[i]?.warm_up.phases ?? []).map(({ name, seconds }) => {
      const bar = { label, name, x1: from, x2: from + seconds, color: i };
      from += seconds;
      return bar;
    });
  });
  if (bars.length === 0) return html``;
  const names = [...new Set(bars.map(({ name }) => name))];
  const totals = devices.map(
    ({ label }) => `${label} ${duration(Math.max(0, ...bars.filter((bar) => bar.label === label).map(({ x2 }) => x2)))}`,
  );
  return figure(
    charts,
    {
      title: "Warm-up, phase by phase",
      caption: `From starting the process to steady state, weights not included: ${totals.join(", ")}.`,
      description: `Phases ${names.join(", ")}, one row a phase and one bar a device. In all: ${totals.join(", ")}.`,
    },
    {
      marginLeft: 132,
      height: 60 + names.length * (12 * devices.length + 16),
      x: { label: "since the start", tickFormat: limit, nice: true, ticks: 4 },
      y: { domain: devices.map(({ label }) => label), axis: null, padding: 0.15 },
      fy: { domain: names, label: null, padding: 0.2 },
      marks: [
        Plot.gridX({ ticks: 4 }),
        Plot.axisFy({ anchor: "left", fontSize: 13, label: null }),
        Plot.barX(bars, {
          fy: "name",
          y: "label",
          x1: "x1",
          x2: "x2",
          fill: ({ color }: (typeof bars)[number]) => seriesColor(color),
          insetRight: -1.5,
        }),
      ],
    },
    devices.length < 2 ? html`` : legend(devices),
  );
};

const legend = (devices: readonly ComparedDevice[]): Html =>
  html`<ul class="legend">
    ${devices.map(
      ({ label, device }, i) =>
        html`<li>
          ${{ html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><rect width="14" height="12" fill="${seriesColor(i)}"/></svg>` }}${label}
          ${device}
        </li>`,
    )}
  </ul> `;

const INK: Readonly<Record<Verdict, string>> = {
  SLOWER: "var(--bad)",
  FASTER: "var(--good)",
  UNSURE: "var(--faint)",
  SAME: "var(--ink)",
};
/** A form for each verdict besides its colour. */
const FORMS: Readonly<Record<Verdict, Plot.SymbolType>> = { SLOWER: "triangle", FASTER: "diamond2", UNSURE: "circle", SAME: "square" };

/** Beyond this factor a dot stands at the edge: one wild row is not to press all others together. */
const WIDEST = 4;
/** Of the intervals' ends, how many the picture has to hold; the rest are cut off at its edge. */
const HELD = 0.8;
/** Pixels of a row, and rows that a family's name takes. */
const ROW = 5;
const NAME = 4;

type ShownRow = Row & { readonly ratio: NonNullable<Row["ratio"]> };

/** Families one under another, in each the rows from the fastest to the slowest; `at` counts rows from the top. */
const placed = (
  rows: readonly Row[],
): { readonly points: (ShownRow & { at: number })[]; readonly names: { name: string; at: number }[]; readonly end: number } => {
  const points: (ShownRow & { at: number })[] = [];
  const names: { name: string; at: number }[] = [];
  let next = 1;
  for (const [name, members] of groupBy(rows, ({ family }) => family)) {
    const shown = members
      .flatMap((row) => (row.ratio === null ? [] : [{ ...row, ratio: row.ratio }]))
      .sort((a, b) => a.ratio.estimate - b.ratio.estimate);
    if (shown.length === 0) continue;
    const height = Math.max(NAME, shown.length);
    const first = next + (height - shown.length) / 2;
    points.push(...shown.map((row, i) => ({ ...row, at: first + i })));
    names.push({ name, at: next + (height - 1) / 2 });
    next += height + 2;
  }
  return { points, names, end: next - 1 };
};

/** How far the picture reaches on each side, as a factor. */
const reachOf = (points: readonly ShownRow[], margin: number): number => {
  const ends = points.flatMap(({ ratio: { low, high } }) => [high, 1 / low]).sort((a, b) => a - b);
  const held = ends[Math.floor(HELD * (ends.length - 1))] ?? 1;
  return Math.min(
    WIDEST,
    1.02 * Math.max(1 + 2 * margin, held, ...points.map(({ ratio: { estimate } }) => Math.max(estimate, 1 / estimate))),
  );
};

/** Ratios of all rows with their intervals, family by family. */
export const ratioChart = (charts: Charts, { base, other, rows, margins }: Pair): Html => {
  const { points, names, end } = placed(rows);
  if (points.length === 0) return html``;
  const marginOf = ({ sampling }: Pick<Row, "sampling">): number => margins.find((margin) => margin.sampling === sampling)?.margin ?? 0;
  const margin = Math.min(...margins.map((each) => each.margin));
  const reach = reachOf(points, margin);
  const within = (ratio: number): number => Math.min(reach, Math.max(1 / reach, ratio));
  const dots = points.map(({ ratio, verdict, at }) => ({
    at,
    verdict,
    x: within(ratio.estimate),
    low: within(ratio.low),
    high: within(ratio.high),
  }));
  const x: Axis = {
    label: `time of ${other} over ${base}`,
    isLog: true,
    domain: [1 / reach, reach],
    ticks: ratioTicks(reach),
    format: (ratio) => (ratio === 1 ? "same" : change(ratio - 1)),
  };
  const verdicts = VERDICTS.filter((verdict) => dots.some((dot) => dot.verdict === verdict));
  const estimates = points.map(({ ratio }) => ratio.estimate - 1);
  return figure(
    charts,
    {
      title: `${other} against ${base}: every row`,
      caption: "Ratio of medians with its 95 % interval; the grey band is what counts as the same.",
      description: `${points.length} rows by family, from ${change(Math.min(...estimates))} to ${change(Math.max(...estimates))}: ${verdicts.map((verdict) => `${dots.filter((dot) => dot.verdict === verdict).length} ${verdict}`).join(", ")}.`,
    },
    {
      height: 74 + ROW * end,
      marginLeft: Math.max(...names.map(({ name }) => labelWidth(name))) + 12,
      x: scaleOf(x),
      y: { domain: [end, 0], axis: null },
      marks: [
        Plot.axisX([...x.ticks], { text: (tick: number) => x.format(tick), label: x.label, fontSize: 13 }),
        Plot.gridX([...x.ticks]),
        Plot.text(names, { text: "name", y: "at", frameAnchor: "left", textAnchor: "end", dx: -8, fontSize: 12 }),
        Plot.ruleX([1], { stroke: "currentColor" }),
        Plot.rect(points, {
          x1: (row: ShownRow) => within(1 / (1 + marginOf(row))),
          x2: (row: ShownRow) => within(1 + marginOf(row)),
          y1: ({ at }: { readonly at: number }) => at - 0.5,
          y2: ({ at }: { readonly at: number }) => at + 0.5,
          fill: "currentColor",
          fillOpacity: 0.1,
        }),
        Plot.link(dots, {
          x1: "low",
          x2: "high",
          y1: "at",
          y2: "at",
          stroke: ({ verdict }: Pick<Row, "verdict">) => INK[verdict],
          strokeOpacity: 0.6,
        }),
        ...verdicts.map((verdict) =>
          Plot.dot(
            dots.filter((dot) => dot.verdict === verdict),
            { x: "x", y: "at", fill: INK[verdict], symbol: FORMS[verdict], r: 2.5 },
          ),
        ),
      ],
    },
    html`<ul class="legend">
      ${verdicts.map(
        (verdict) =>
          html`<li>
            ${{ html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><path d="${GLYPHS[verdict]}" fill="${INK[verdict]}"/></svg>` }}${verdict}
          </li>`,
      )}
    </ul> `,
  );
};

const GLYPHS: Readonly<Record<Verdict, string>> = {
  SLOWER: "M7,1l5,9h-10z",
  FASTER: "M7,0.5l4.5,5.5l-4.5,5.5l-4.5,-5.5z",
  UNSURE: "M7,6m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
  SAME: "M3.5,2.5h7v7h-7z",
};

/** Steps that fit: both ways from the same. */
const ratioTicks = (reach: number): number[] => {
  const steps = reach > 2.5 ? [2, 4] : reach > 1.6 ? [1.5, 2] : reach > 1.25 ? [1.2, 1.5] : reach > 1.12 ? [1.1, 1.2] : [1.05, 1.1];
  const slower = steps.filter((step) => step <= reach);
  return [...slower.map((step) => 1 / step).reverse(), 1, ...slower];
};
