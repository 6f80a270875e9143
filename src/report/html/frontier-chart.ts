import type { FrontierPoint, Plan } from "../../plan/schema.ts";
import { gpuHours, list, plain, quantity, significant } from "../../format.ts";
import { type Axis, labelWidth, linearTicks, logTicks, spansDecades } from "./axes.ts";
import { axisMarks, type Charts, figure, leftMargin, Plot, scaleOf, seriesColor } from "./chart.ts";
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
/** Points nearer to each other than this, in pixels down the picture, do not both have room for a label on one side. */
const LABEL = 15;
const HEIGHT = 320;

/** Policies by cost and tail, the limit as a line; null-tailed ones have no place. Nothing where fewer than two have one. */
export const frontierChart = (charts: Charts, { frontier = [] }: Plan): Html => {
  const placed = frontier.flatMap(({ tail, family = "fixed", ...point }): Placed[] => (tail === null ? [] : [{ ...point, tail, family }]));
  if (placed.length < 2) return html``;
  const x = rangeAxis(
    "GPU-hours",
    placed.map(({ gpu_hours: hours }) => hours),
    (hours) => plain(hours, 3),
  );
  const y = rangeAxis("worst latency / limit", [1, ...placed.map(({ tail }) => tail)], (share) => plain(share, 3));
  const present = SHAPES.filter(({ family }) => placed.some((point) => point.family === family));
  const color = (family: Family): string => seriesColor(SHAPES.findIndex((shape) => shape.family === family));
  const edge = [...placed].filter(({ is_dominated: isDominated }) => !isDominated).sort((a, b) => a.gpu_hours - b.gpu_hours);
  const titled = placed.filter(({ titles = [] }) => titles.length > 0);
  const missing = frontier.length - placed.length;
  return figure(
    charts,
    {
      title: "Policies by cost and tail",
      caption: `Left is cheaper, lower is faster; below the line the latencies are within their limits. Hollow: an objective is missed; faint: another is as good or better in cost, tail and churn.${missing === 0 ? "" : ` ${quantity(missing, "policy", "policies")} whose latency never comes ${missing === 1 ? "is" : "are"} left out.`}`,
      description: `${placed.length} policies from ${gpuHours(x.domain[0])} to ${gpuHours(x.domain[1])} GPU-hours. ${titled.map(({ name, titles = [], gpu_hours: hours, tail }) => `${list(titles)}: ${name}, ${gpuHours(hours)} GPU-hours at ${significant(tail, 2)} of the limit`).join("; ")}.`,
    },
    {
      height: HEIGHT,
      marginLeft: leftMargin(y),
      marginTop: 32,
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
        Plot.line(edge, { x: "gpu_hours", y: "tail", stroke: "currentColor", strokeOpacity: 0.3, strokeWidth: 1 }),
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
        ...labels(titled, x, y),
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

/** What the best are the best in, above or below their points, where they do not lie on each other. */
const labels = (titled: readonly Placed[], x: Axis, y: Axis): Plot.Markish[] => {
  const share = ({ domain: [low, high], isLog }: Axis, value: number): number =>
    isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const taken: { left: number; right: number; at: number }[] = [];
  return [...titled]
    .sort((a, b) => a.gpu_hours - b.gpu_hours)
    .map((point) => {
      const text = (point.titles ?? []).join(", ");
      const across = share(x, point.gpu_hours);
      const down = (1 - share(y, point.tail)) * (HEIGHT - 78);
      const anchor = across < 0.35 ? "start" : across > 0.65 ? "end" : "middle";
      const width = labelWidth(text) * 0.92;
      const center = across * 350;
      const left = anchor === "start" ? center - 6 : anchor === "end" ? center + 6 - width : center - width / 2;
      const isFree = (at: number): boolean =>
        !taken.some((other) => Math.abs(other.at - at) < LABEL && left < other.right && left + width > other.left);
      const dy =
        [-14, 16, -29, 31, -44, 46].find((offset) => isFree(down + offset) && down + offset > -20 && down + offset < HEIGHT - 78) ?? -14;
      taken.push({ left, right: left + width, at: down + dy });
      return Plot.text([point], {
        x: "gpu_hours",
        y: "tail",
        text: () => text,
        textAnchor: anchor,
        dx: anchor === "start" ? -6 : anchor === "end" ? 6 : 0,
        dy,
        fontSize: 12,
        fill: "currentColor",
        stroke: "var(--paper)",
        strokeWidth: 4,
      });
    });
};

/** An axis around its values, logarithmic where they span decades, with a little room at both ends. */
const rangeAxis = (label: string, values: readonly number[], format: Axis["format"]): Axis => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (spansDecades(values)) {
    const ticks = logTicks(least, most);
    return { label, isLog: true, format, ticks, domain: [ticks[0] ?? least, ticks.at(-1) ?? most] };
  }
  const room = Math.max(most - least, most / 100) * 0.08;
  const [low, high] = [Math.max(0, least - room), most + room];
  const [, step = 1] = linearTicks(high - low);
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { label, isLog: false, format, ticks, domain: [low, high] };
};
