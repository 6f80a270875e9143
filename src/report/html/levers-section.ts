import type { Gap, Levers, Outcome } from "../../plan/levers/schema.ts";
import { change } from "../../format.ts";
import {
  effectOf,
  gapInWords,
  LEVER_NAMES,
  type LeverRow,
  leverRows,
  leversBasis,
  leverSentences,
  referenceSentence,
  worthSentence,
} from "../levers-sentences.ts";
import { type Axis, labelWidth } from "./axes.ts";
import { type Charts, figure, Plot, scaleOf, seriesColor } from "./chart.ts";
import { html, type Html, items, table } from "./markup.ts";

/** Pixels of a lever. */
const ROW = 30;

interface Bar {
  readonly name: string;
  /** Of the reference's GPU-hours. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly gap: Gap;
  readonly effect: LeverRow["effect"];
}

const barOf = (name: string, outcome: Outcome | null, levers: Levers): Bar[] => {
  if (outcome === null || outcome.kind === "misses") return [];
  const { change: gap } = outcome;
  const share = (hours: number): number => hours / levers.reference.gpu_hours;
  return [
    {
      name,
      share: share(gap.gpu_hours),
      low: share(gap.low ?? gap.gpu_hours),
      high: share(gap.high ?? gap.gpu_hours),
      gap,
      effect: effectOf(gap, levers),
    },
  ];
};

const barsOf = (levers: Levers): Bar[] => [
  ...levers.levers.flatMap((each) => (each.kind === "pulled" ? barOf(LEVER_NAMES[each.lever], each.alone, levers) : [])),
  ...barOf("those that save", levers.saving?.outcome ?? null, levers),
  ...barOf("all together", levers.together, levers),
];

const EFFECTS = [
  { effect: "saves", name: "surely saves", color: seriesColor(2) },
  { effect: "costs", name: "surely costs", color: seriesColor(1) },
  { effect: "open", name: "neither for sure", color: "var(--faint)" },
] as const;

const colorOf = (bar: Bar): string => EFFECTS.find(({ effect }) => effect === bar.effect)!.color;

/** Of the span, free on either side. */
const MARGIN = 0.04;
/** As many labels as have room. */
const MOST_TICKS = 6;
const STEPS: readonly number[] = [0.01, 0.1, 1, 10].flatMap((power) => [1, 2, 2.5, 5].map((factor) => factor * power));

/** An axis that holds 0 and all values. */
const shareAxis = (values: readonly number[]): Axis => {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = Math.max(most - least, 0.01);
  const step = STEPS.find((each) => span / each < MOST_TICKS) ?? span;
  const [from, to] = [Math.ceil(least / step - 1e-9), Math.floor(most / step + 1e-9)];
  return {
    label: "change of GPU-hours",
    isLog: false,
    domain: [least - MARGIN * span, most + MARGIN * span],
    ticks: Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12))),
    format: change,
  };
};

/** What each lever changes of the GPU-hours, a bar each with its interval: left of 0 it saves. */
export const leversChart = (charts: Charts, levers: Levers): Html => {
  const bars = barsOf(levers);
  if (bars.length === 0) return html``;
  const x = shareAxis(bars.flatMap(({ low, high }) => [low, high]));
  const names = bars.map(({ name }) => name);
  const [best] = bars.toSorted((a, b) => a.share - b.share);
  return figure(
    charts,
    {
      title: "Change of GPU-hours, lever by lever",
      caption: "Against nothing pulled, at equal objectives, with the 95 % interval. Left of 0 it saves.",
      description: `${bars.map((bar) => `${bar.name} ${gapInWords(bar.gap, levers)}`).join("; ")}. The lowest is ${best?.name ?? "none"}.`,
    },
    {
      height: 74 + ROW * bars.length,
      marginLeft: Math.max(...names.map(labelWidth)) + 14,
      marginRight: 28,
      x: scaleOf(x),
      y: { type: "band", domain: names, axis: null, padding: 0.35 },
      marks: [
        Plot.axisX([...x.ticks], { text: (tick: number) => x.format(tick), label: x.label, fontSize: 13 }),
        Plot.gridX([...x.ticks]),
        Plot.text(bars, { text: "name", y: "name", frameAnchor: "left", textAnchor: "end", dx: -8, fontSize: 13 }),
        Plot.rect(bars, { x1: 0, x2: "share", y: "name", fill: colorOf, fillOpacity: 0.55 }),
        Plot.ruleX([0], { stroke: "currentColor", strokeWidth: 1.5 }),
        Plot.link(bars, { x1: "low", x2: "high", y1: "name", y2: "name", stroke: "currentColor", strokeWidth: 1.5 }),
        Plot.tickX(bars, { x: "low", y: "name", stroke: "currentColor", strokeWidth: 1.5, insetTop: 4, insetBottom: 4 }),
        Plot.tickX(bars, { x: "high", y: "name", stroke: "currentColor", strokeWidth: 1.5, insetTop: 4, insetBottom: 4 }),
        Plot.dot(bars, { x: "share", y: "name", fill: "currentColor", r: 3 }),
      ],
    },
    key(bars),
  );
};

const key = (bars: readonly Bar[]): Html =>
  html`<ul class="legend">
    ${EFFECTS.filter(({ color }) => bars.some((bar) => colorOf(bar) === color)).map(
      ({ name, color }) =>
        html`<li>
          ${{ html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><rect width="14" height="12" fill="${color}" fill-opacity="0.55"/></svg>` }}${name}
        </li>`,
    )}
  </ul> `;

const CLASSES = { saves: "good", costs: "bad", open: "faint" } as const;

const cellsOf = ({ name, gpuHours, change: words, effect, scaleEvents, tail, allBut }: LeverRow): (string | Html)[] => [
  name,
  gpuHours,
  html`<span class="${CLASSES[effect]}">${words}</span>`,
  scaleEvents,
  tail,
  allBut,
];

/** The levers of a plan. */
export const leversSection = (charts: Charts, levers: Levers): Html =>
  html`<section aria-labelledby="levers">
    <h2 id="levers">What each lever is worth</h2>
    <p>${worthSentence(levers)}</p>
    <p>${referenceSentence(levers)}</p>
    <div class="figures">${leversChart(charts, levers)}</div>
    ${table(
      "Each lever by itself, and all at once, each at its cheapest setting that meets the objectives",
      [
        { heading: "lever" },
        ...["GPU-hours", "change (95 %)", "scale events", "worst latency / limit", "all but it"].map((heading) => ({
          heading,
          isNumber: true,
        })),
      ],
      leverRows(levers).map(cellsOf),
    )}${items([...leverSentences(levers), ...levers.notes])}
    <p class="faint">${leversBasis(levers)}</p>
  </section> `;
