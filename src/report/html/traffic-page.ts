import { count, percent, plain, quantity, significant } from "../../format.ts";
import type { LengthSummary } from "../../traffic/describe.ts";
import {
  arrivalRows,
  type DescribedTraffic,
  LENGTH_HEADINGS,
  lengthRows,
  structureSentences,
  trafficSentence,
  windowInWords,
} from "../traffic-sentences.ts";
import { type Axis, linearTicks, valueAxis } from "./axes.ts";
import { type Charts, chartsFor, lineChart, type Series, type SvgDocument } from "./chart.ts";
import { html, type Html, items, table } from "./markup.ts";
import { pageHtml, type Section } from "./shell.ts";
import { timeUnit } from "./timeline-charts.ts";

/**
 * Traffic as one self-contained page: what it is in one sentence, its rate over time, the distributions of its lengths, and every number in a
 * table.
 *
 * @param document creates the SVG elements
 */
export const trafficHtml = (described: DescribedTraffic, document: SvgDocument): string => {
  const charts = chartsFor(document);
  const { description, notes } = described;
  const sections: readonly Section[] = [
    ["arrivals", "Arrivals", arrivalsSection(charts, described)],
    ["lengths", "Lengths", lengthsSection(charts, described)],
    [
      "common",
      "What requests have in common",
      html`<section aria-labelledby="common">
        <h2 id="common">What requests have in common</h2>
        ${items(structureSentences(description))}
      </section> `,
    ],
    ...(notes.length === 0
      ? []
      : [
          [
            "notes",
            "Notes",
            html`<section aria-labelledby="notes">
              <h2 id="notes">Notes</h2>
              ${items(notes)}
            </section> `,
          ] as const,
        ]),
  ];
  return pageHtml({ kicker: "Ballast traffic", caveats: [], title: trafficSentence(described), sections });
};

const arrivalsSection = (charts: Charts, { source, description }: DescribedTraffic): Html => {
  const { window, rates } = description.timeline;
  const { per, label } = timeUnit(rates.length * window);
  const end = (rates.length * window) / per;
  const points = [...rates, rates.at(-1) ?? 0].map((rate, i) => ({ x: (i * window) / per, y: rate }));
  const mean: Series = {
    name: "mean",
    points: [0, end].map((x) => ({ x, y: description.rate ?? 0 })),
  };
  const x: Axis = { label, isLog: false, format: plain, ticks: linearTicks(end).filter((tick) => tick <= end), domain: [0, end] };
  return html`<section aria-labelledby="arrivals">
    <h2 id="arrivals">Arrivals</h2>
    <p>${source}</p>
    <div class="figures">
      ${lineChart(charts, {
        title: "Requests arriving",
        caption: `Per second, in windows of ${windowInWords(window)}.`,
        description: `Requests per second over ${quantity(rates.length, "window")}: at most ${significant(Math.max(...rates))}, ${significant(description.rate ?? 0)} on average.`,
        x,
        y: valueAxis("requests/s", [0, ...rates], plain),
        series: [{ name: "arrivals", points }],
        references: [mean],
        isStepped: true,
      })}
      <div>
        ${table("Arrivals", [{ heading: "" }, { heading: "value", isNumber: true }, { heading: "what it is" }], arrivalRows(description))}
      </div>
    </div>
  </section> `;
};

const lengthsSection = (charts: Charts, { description }: DescribedTraffic): Html =>
  html`<section aria-labelledby="lengths">
    <h2 id="lengths">Lengths</h2>
    <div class="figures">
      ${distributionChart(charts, "Prompt tokens", description.promptTokens)}${distributionChart(
        charts,
        "Output tokens",
        description.outputTokens,
      )}
    </div>
    ${table("Lengths", [{ heading: "" }, ...LENGTH_HEADINGS.map((heading) => ({ heading, isNumber: true }))], lengthRows(description))}
  </section> `;

/** Short enough to stand beside one another. */
const thousands = (tokens: number): string => (tokens >= 1000 ? `${plain(tokens / 1000)}k` : plain(tokens));

const SHARE_AXIS: Axis = {
  label: "share of requests",
  isLog: false,
  format: percent,
  ticks: [0, 0.25, 0.5, 0.75, 1],
  domain: [0, 1],
};

/** Which share of the requests has at most so many tokens. */
const distributionChart = (charts: Charts, title: string, lengths: LengthSummary): Html => {
  const points = lengths.percentiles.map((tokens, i) => ({ x: tokens, y: i / 100 }));
  return lineChart(charts, {
    title,
    caption: "Share of the requests with at most so many.",
    description: `${title}: p50 ${count(lengths.p50)}, p90 ${count(lengths.p90)}, p99 ${count(lengths.p99)}, at most ${count(lengths.max)}.`,
    x: valueAxis("tokens", lengths.percentiles, thousands),
    y: SHARE_AXIS,
    series: [{ name: title, points }],
    isStepped: true,
  });
};
