import type { FrontierPoint, Plan } from "../../plan/schema.ts";
import { gpuHours, list, plain, quantity, significant } from "../../format.ts";
import { type Axis, linearTicks, logTicks, spansDecades } from "./axes.ts";
import { axisMarks, type Charts, figure, leftMargin, Plot, PLOT_WIDTH, scaleOf, seriesColor } from "./chart.ts";
import { placeLabels } from "./frontier-labels.ts";
import { html, type Html } from "./markup.ts";

type Family = NonNullable<FrontierPoint["family"]>;

interface Shape {
  readonly family: Family;
  readonly name: string;
  readonly symbol: Plot.SymbolType;
  readonly glyph: string;
}

const SHAPES: readonly Shape[] = [
  { family: "fixed", name: "fixed", symbol: "square", glyph: "M3.5,2.5h7v7h-7z" },
  { family: "autoscaler", name: "autoscaler", symbol: "circle", glyph: "M7,6m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z" },
  { family: "pool", name: "another warm pool", symbol: "triangle", glyph: "M7,1l5,9h-10z" },
  { family: "today", name: "today", symbol: "diamond2", glyph: "M7,0.5l4.5,5.5l-4.5,5.5l-4.5,-5.5z" },
];

type Placed = FrontierPoint & { readonly tail: number; readonly family: Family };

const FAINT = 0.45;
/** At the ends of an axis, in shares of its values' span; below the shortest tail there is to be room for its label. */
const ROOM = 0.08;
const LABEL_ROOM = 0.2;
const HEIGHT = 320;
const MARGIN_TOP = 32;
const MARGIN_BOTTOM = 46;
const PLOT_HEIGHT = HEIGHT - MARGIN_TOP - MARGIN_BOTTOM;

/** Policies by cost and tail, the limit as a line; null-tailed ones have no place. Nothing where fewer than two have one. */
export const frontierChart = (charts: Charts, { frontier = [] }: Plan): Html => {
  const placed = frontier.flatMap(({ tail, family = "fixed", ...point }): Placed[] => (tail === null ? [] : [{ ...point, tail, family }]));
  if (placed.length < 2) return html``;
  const x = rangeAxis(
    "GPU-hours",
    placed.map(({ gpu_hours: hours }) => hours),
    (hours) => plain(hours, 3),
  );
  const y = rangeAxis("worst latency / limit", [1, ...placed.map(({ tail }) => tail)], (share) => plain(share, 3), LABEL_ROOM);
  const present = SHAPES.filter(({ family }) => placed.some((point) => point.family === family));
  const color = (family: Family): string => seriesColor(SHAPES.findIndex((shape) => shape.family === family));
  const titled = placed.filter(({ titles = [] }) => titles.length > 0);
  const missing = frontier.length - placed.length;
  return figure(
    charts,
    {
      title: "Policies by cost and tail",
      caption: `Left is cheaper, lower is faster; below the dashed line the latencies are within their limits. Hollow: an objective is missed or too close to call; faint: another is as good or better in cost, tail and churn. The grey line joins those that nothing cheaper beats in the tail.${missing === 0 ? "" : ` ${quantity(missing, "policy", "policies")} whose latency never comes ${missing === 1 ? "is" : "are"} left out.`}`,
      description: `${placed.length} policies from ${gpuHours(x.domain[0])} to ${gpuHours(x.domain[1])} GPU-hours. ${titled.map(({ name, titles = [], gpu_hours: hours, tail }) => `${list(titles)}: ${name}, ${gpuHours(hours)} GPU-hours at ${significant(tail)} of the limit`).join("; ")}.`,
    },
    {
      height: HEIGHT,
      marginLeft: leftMargin(y),
      marginTop: MARGIN_TOP,
      marginBottom: MARGIN_BOTTOM,
      x: scaleOf(x),
      y: scaleOf(y),
      marks: [
        ...axisMarks(x, y),
        Plot.ruleY([1], { stroke: "var(--bad)", strokeDasharray: "5 3" }),
        Plot.text([x.domain[1]], {
          x: (end: number) => end,
          y: () => 1,
          text: () => "limit",
          textAnchor: "end",
          dy: -8,
          fill: "var(--bad)",
          fontSize: 12,
        }),
        Plot.line(edgeOf(placed), { x: "gpu_hours", y: "tail", stroke: "currentColor", strokeOpacity: 0.3, strokeWidth: 1 }),
        ...present.map(({ family, symbol }) =>
          Plot.dot(
            placed.filter((point) => point.family === family),
            {
              x: "gpu_hours",
              y: "tail",
              symbol,
              r: 5,
              stroke: color(family),
              fill: ({ verdict }: Placed) => (verdict === "meets" ? color(family) : "var(--paper)"),
              strokeWidth: 1.75,
              opacity: ({ is_dominated: isDominated }: Placed) => (isDominated ? FAINT : 1),
            },
          ),
        ),
        Plot.dot(titled, { x: "gpu_hours", y: "tail", r: 9, stroke: "currentColor", strokeWidth: 1.25 }),
        ...labels(placed, x, y),
      ],
    },
    html`<ul class="legend">
      ${present.map(
        ({ family, name, glyph }) =>
          html`<li>
            ${{ html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><path d="${glyph}" fill="${color(family)}"/></svg>` }}${name}
          </li>`,
      )}
    </ul> `,
  );
};

/** What the best are the best in, beside their points. */
const labels = (placed: readonly Placed[], x: Axis, y: Axis): Plot.Markish[] => {
  const share = ({ domain: [low, high], isLog }: Axis, value: number): number =>
    isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const at = ({ gpu_hours: hours, tail }: { readonly gpu_hours: number; readonly tail: number }) => ({
    x: share(x, hours) * PLOT_WIDTH,
    y: (1 - share(y, tail)) * PLOT_HEIGHT,
  });
  const titled = placed.filter(({ titles = [] }) => titles.length > 0);
  const texts = titled.map((point) => ({ ...at(point), text: (point.titles ?? []).join(", ") }));
  const places = placeLabels(texts, placed.map(at), at({ gpu_hours: 0, tail: 1 }).y, { width: PLOT_WIDTH, height: PLOT_HEIGHT });
  return titled.map((point, i) => {
    const { anchor, dx, dy } = places[i]!;
    return Plot.text([point], {
      x: "gpu_hours",
      y: "tail",
      text: () => texts[i]!.text,
      textAnchor: anchor,
      dx,
      dy,
      fontSize: 12,
      fill: "currentColor",
      stroke: "var(--paper)",
      strokeWidth: 4,
    });
  });
};

/** Of those that meet the objectives, the ones that no cheaper one beats in the tail. */
const edgeOf = (placed: readonly Placed[]): Placed[] => {
  const edge: Placed[] = [];
  const meeting = placed.filter(({ verdict }) => verdict === "meets").sort((a, b) => a.gpu_hours - b.gpu_hours || a.tail - b.tail);
  for (const point of meeting) if (point.tail < (edge.at(-1)?.tail ?? Infinity)) edge.push(point);
  return edge;
};

/** An axis around its values, logarithmic where they span decades, with a little room at both ends. */
const rangeAxis = (label: string, values: readonly number[], format: Axis["format"], below = ROOM): Axis => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (spansDecades(values)) {
    const ticks = logTicks(least, most);
    return { label, isLog: true, format, ticks, domain: [ticks[0] ?? least, ticks.at(-1) ?? most] };
  }
  const span = Math.max(most - least, most / 100);
  const [low, high] = [Math.max(0, least - below * span), most + ROOM * span];
  const [, step = 1] = linearTicks(high - low);
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { label, isLog: false, format, ticks, domain: [low, high] };
};
