import { fastestPeerOrNull, raceRatioOrNull } from "../peers-ratios.ts";
import { type PeerTable, TUNED } from "../peers-schema.ts";
import { ratioText } from "../peers-sentences.ts";
import { type Axis, labelWidth, logTicks } from "./axes.ts";
import { type Charts, figure, Plot, scaleOf, seriesColor } from "./chart.ts";
import { html, type Html } from "./markup.ts";

/** Pixels of a shape. */
const ROW = 17;
/** The axis reaches at least so far down, so that the line at 1 is seen where every ratio is above it. */
const NEAR = 0.8;

const SYMBOLS = ["circle", "square", "triangle", "diamond2"] as const;
const GLYPHS = [
  "M7,6m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
  "M3.5,2.5h7v7h-7z",
  "M7,1l5,9h-10z",
  "M7,0.5l4.5,5.5l-4.5,5.5l-4.5,-5.5z",
] as const;

interface Dot {
  readonly id: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Place of the fastest peer among the libraries. */
  readonly peer: number;
}

/** The fastest peer's time over Ballast's at every shape, with its interval, on a logarithmic axis with a line at 1. */
export const peersChart = (charts: Charts, { races, libraries }: PeerTable): Html => {
  const dots = races.flatMap((race): Dot[] => {
    const ratio = raceRatioOrNull(race, TUNED);
    const fastest = fastestPeerOrNull(race)?.name;
    return ratio === null ? [] : [{ id: race.id, ...ratio, peer: libraries.findIndex(({ name }) => name === fastest) }];
  });
  const [worst] = dots.toSorted((a, b) => a.estimate - b.estimate);
  if (worst === undefined) return html``;
  const least = Math.min(NEAR, ...dots.map(({ low }) => low));
  const all = logTicks(least, Math.max(1, ...dots.map(({ high }) => high)));
  const ticks = all.filter((tick) => tick >= least);
  const x: Axis = {
    label: "fastest peer's time over Ballast's",
    isLog: true,
    domain: [least, ticks.at(-1) ?? 10],
    ticks,
    format: (ratio) => `${ratio}×`,
  };
  const shapes = dots.map(({ id }) => id);
  const present = libraries.map(({ name }, peer) => ({ name, peer })).filter(({ peer }) => dots.some((dot) => dot.peer === peer));
  return figure(
    charts,
    {
      title: "The fastest peer's time beside Ballast's, tuned",
      caption: "Right of 1 Ballast is faster. Median over the rounds with its 95 % interval; the mark says which peer is the fastest.",
      description: `${dots.length} shapes, ratios from ${ratioText(worst)} at ${worst.id} to ${Math.max(...dots.map(({ estimate }) => estimate)).toFixed(2)}.`,
    },
    {
      height: 74 + ROW * shapes.length,
      marginLeft: Math.max(...shapes.map(labelWidth)) + 24,
      x: scaleOf(x),
      y: { type: "point", domain: shapes, axis: null, padding: 0.5 },
      marks: [
        Plot.axisX([...ticks], { text: (tick: number) => x.format(tick), label: x.label, fontSize: 13 }),
        Plot.gridX([...ticks]),
        Plot.text(dots, { text: "id", y: "id", frameAnchor: "left", textAnchor: "end", dx: -8, fontSize: 12 }),
        Plot.ruleX([1], { stroke: "currentColor", strokeWidth: 1.5 }),
        Plot.link(dots, { x1: "low", x2: "high", y1: "id", y2: "id", stroke: ({ peer }: Dot) => seriesColor(peer), strokeWidth: 1.5 }),
        ...present.map(({ peer }) =>
          Plot.dot(
            dots.filter((dot) => dot.peer === peer),
            { x: "estimate", y: "id", fill: seriesColor(peer), symbol: SYMBOLS[peer % SYMBOLS.length] ?? "circle", r: 3.5 },
          ),
        ),
      ],
    },
    html`<ul class="legend">
      ${present.map(
        ({ name, peer }) =>
          html`<li>
            ${{ html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><path d="${GLYPHS[peer % GLYPHS.length] ?? ""}" fill="${seriesColor(peer)}"/></svg>` }}${name}
          </li>`,
      )}
    </ul> `,
  );
};
