import * as Plot from "@observablehq/plot";
import { type Axis, labelWidth } from "./axes.ts";
import { changeKeys, changeMarks, topMargin, type Changes } from "./changes.ts";
import { escapeHtml, html, type Html } from "./markup.ts";

/**
 * What the charts need of a document: a page's own `document`, or one made by a DOM library in Node. It is only handed on to
 * Observable Plot, which creates its elements with it.
 */
export interface SvgDocument {
  createElementNS(namespace: string, name: string): unknown;
}

/** Draws charts into one document; each has ids of its own, counted from 1, so that the same report has the same bytes. */
export interface Charts {
  readonly document: SvgDocument;
  /** A number nobody had before. */
  next(): number;
}

export const chartsFor = (document: SvgDocument): Charts => {
  let drawn = 0;
  return { document, next: () => ++drawn };
};

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number | null }[];
}

export interface Frame {
  readonly title: string;
  /** One line under the title. */
  readonly caption: string;
  /** What the picture shows, for someone who does not see it. */
  readonly description: string;
}

const WIDTH = 460;
/** Pixels that an x axis has, whatever the labels on its left. */
export const PLOT_WIDTH = 350;
const FONT = 13;
const symbols = ["circle", "square", "triangle", "diamond", "plus", "times"] as const;
const dashes = ["none", "7 3", "2 3", "9 3 2 3", "12 4", "4 2"] as const;
const GLYPHS: Readonly<Record<(typeof symbols)[number], string>> = {
  circle: "M16,6m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
  square: "M12.5,2.5h7v7h-7z",
  triangle: "M16,1.5l4.5,8h-9z",
  diamond: "M16,0.5l4,5.5l-4,5.5l-4,-5.5z",
  plus: "M11,6h10M16,1v10",
  times: "M12,2l8,8M20,2l-8,8",
};

export const seriesColor = (index: number): string => `var(--series-${(index % symbols.length) + 1})`;

/** Entries for series by their place, so that a legend and its lines agree; a series without points has none. `isMarked` where points carry symbols. */
const legend = (series: readonly Series[], isMarked: boolean, references: readonly Series[], others: Html): Html =>
  series.length + references.length < 2 && others.html === ""
    ? html``
    : html`<ul class="legend">
        ${series.map(({ name, points }, i) => {
          if (points.length === 0) return html``;
          const glyph = isMarked ? `<path d="${GLYPHS[symbols[i % symbols.length] ?? "circle"]}" fill="none" stroke-width="1.5"/>` : "";
          const line = `<path d="M0,6H32" stroke-width="2" stroke-dasharray="${isMarked ? "none" : dashes[i % dashes.length]}"/>`;
          return html`<li>
            ${{ html: `<svg width="32" height="12" viewBox="0 0 32 12" aria-hidden="true" fill="none" stroke="${seriesColor(i)}">${line}${glyph}</svg>` }}${name}
          </li>`;
        })}${references.map(
          ({ name }) =>
            html`<li>
              ${{ html: `<svg width="32" height="12" viewBox="0 0 32 12" aria-hidden="true"><path d="M0,6H32" stroke="currentColor" stroke-width="1.5" stroke-dasharray="3 3"/></svg>` }}${name}
            </li>`,
        )}${others}
      </ul> `;

interface Drawn {
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
  readonly outerHTML: string;
}

/** A plot with its name and description for screen readers, without Plot's own style, its coordinates rounded to 1/100 pixel. */
export const figure = (charts: Charts, frame: Frame, options: Plot.PlotOptions, key: Html = html``): Html => {
  const id = `figure-${charts.next()}`;
  const drawn: Drawn = Plot.plot({
    width: WIDTH,
    height: 280,
    marginLeft: 64,
    marginRight: 18,
    marginTop: 28,
    marginBottom: 46,
    ...options,
    className: "plot",
    document: charts.document,
  });
  for (const style of drawn.querySelectorAll("style")) style.remove();
  for (const name of ["width", "height"]) drawn.removeAttribute(name);
  drawn.setAttribute("font-size", String(FONT));
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-labelledby", `${id}-title ${id}-description`);
  const svg = drawn.outerHTML
    .replace(
      />/,
      `><title id="${id}-title">${escapeHtml(frame.title)}</title><desc id="${id}-description">${escapeHtml(frame.description)}</desc>`,
    )
    // Plot names the groups inside after their marks, which is no name for a reader: the picture as a whole has one.
    .replaceAll(" aria-label=", " data-mark=")
    .replace(/<[^>]+>/g, (tag) => tag.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))));
  return html`<figure>
    <figcaption><strong>${frame.title}</strong><span>${frame.caption}</span></figcaption>
    ${key}${{ html: svg }}
  </figure> `;
};

/** The scale of an axis without its marks: those come from `axisMarks`. */
export const scaleOf = ({ isLog, domain }: Axis): Plot.ScaleOptions => ({
  type: isLog ? "log" : "linear",
  domain: [...domain],
  axis: null,
});

/** Ticks with their labels and grid lines. Labels are given as text, since Plot leaves out most of those of a logarithmic axis. */
export const axisMarks = (x: Axis, y: Axis): Plot.Markish[] => [
  Plot.gridY([...y.ticks]),
  Plot.axisX([...x.ticks], { text: (tick: number) => x.format(tick), label: x.label, fontSize: FONT }),
  Plot.axisY([...y.ticks], { text: (tick: number) => y.format(tick), label: y.label, fontSize: FONT }),
];

/** Room on the left for the widest label. */
export const leftMargin = ({ ticks, format }: Axis): number => Math.max(40, ...ticks.map((tick) => labelWidth(format(tick)) + 14));

export interface LineChart extends Frame {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Grey dashed lines that series are held against: a roof, a limit. */
  readonly references?: readonly Series[];
  /** Values hold until the next: no symbols, lines told apart by their dashes. */
  readonly isStepped?: boolean;
  readonly changes?: Changes | undefined;
}

/** Lines over a common x, each with a colour and a symbol or a dash of its own. */
export const lineChart = (charts: Charts, { x, y, series, references = [], isStepped = false, changes, ...frame }: LineChart): Html => {
  const marks: Plot.Markish[] = [
    ...axisMarks(x, y),
    ...changeMarks(changes),
    ...(y.isLog ? [] : [Plot.ruleY([0])]),
    ...references.map(({ points }) =>
      Plot.line([...points], { x: "x", y: "y", stroke: "currentColor", strokeDasharray: "3 3", strokeWidth: 1.25 }),
    ),
    ...series.flatMap(({ points }, i) => [
      Plot.line([...points], {
        x: "x",
        y: "y",
        stroke: seriesColor(i),
        strokeWidth: isStepped ? 1.5 : 2,
        ...(isStepped ? { curve: "step-after", strokeDasharray: dashes[i % dashes.length] } : {}),
      }),
      ...(isStepped
        ? []
        : [
            Plot.dot([...points], {
              x: "x",
              y: "y",
              stroke: seriesColor(i),
              fill: "var(--paper)",
              symbol: symbols[i % symbols.length] ?? "circle",
              r: 4,
              strokeWidth: 1.5,
            }),
          ]),
    ]),
  ];
  return figure(
    charts,
    frame,
    { marginLeft: leftMargin(y), marginTop: topMargin(changes), x: scaleOf(x), y: scaleOf(y), marks },
    legend(series, !isStepped, references, changeKeys(changes)),
  );
};

export { Plot };
