import { wayName } from "../../calibration/load.ts";
import { bandwidth, bandwidthTick, count, duration, NONE, size } from "../../format.ts";
import { rankUploadsOrNull } from "../../profile/best-upload.ts";
import type { Profile } from "../../profile/schema.ts";
import { type PipelineFigure, pipelineFigures, uploadFigures } from "../upload-figures.ts";
import { bestWaySentenceOrNull, deviceMemorySentenceOrNull, pipelineSentence, STAGE_NAMES, wayRow } from "../upload-text.ts";
import { sizeAxis, valueAxis } from "./axes.ts";
import { type Charts, figure, lineChart, Plot, PLOT_WIDTH, type Series, seriesColor } from "./chart.ts";
import { details, html, table, type Html } from "./markup.ts";

/** Bringing weights to the GPU: pictures by size and by stage, every way compared, every number. */

const rising = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** First and repeated upload rates by size: for each method and size the chunk that did best. */
const rateCharts = (charts: Charts, profile: Profile): Html[] => {
  const figures = uploadFigures(profile);
  if (figures.length === 0) return [];
  const methods = [...new Set(figures.map(({ method }) => method))].sort();
  const rates = figures.flatMap(({ first, repeated }) => [first, ...(repeated === null ? [] : [repeated])]);
  const chart = (kind: "first" | "repeated", title: string, caption: string): Html => {
    const measured = figures.flatMap((own) => (own[kind] === null ? [] : [{ ...own, rate: own[kind] }]));
    const series = methods.map((method): Series => {
      const own = measured.filter((figure) => figure.method === method);
      return {
        name: method,
        points: rising(own.map(({ bytes }) => bytes)).map((bytes) => ({
          x: bytes,
          y: Math.max(...own.filter((figure) => figure.bytes === bytes).map(({ rate }) => rate)),
        })),
      };
    });
    const best = measured.toSorted((a, b) => b.rate - a.rate)[0];
    return lineChart(charts, {
      title,
      caption,
      description: `Upload rate by size, one line for each of ${methods.join(", ")}.${best === undefined ? "" : ` The fastest is ${best.method} at ${size(best.bytes)} with ${bandwidth(best.rate)}.`}`,
      x: sizeAxis(
        "bytes uploaded",
        figures.map(({ bytes }) => bytes),
        size,
        PLOT_WIDTH,
      ),
      y: valueAxis("rate", rates, bandwidthTick),
      series,
    });
  };
  return [
    chart("first", "Upload into fresh buffers", "What a cold start pays; the best chunk size of each method."),
    chart("repeated", "Upload again into the same buffers", "The best chunk size of each method."),
  ];
};

/** Rate of each stage alone, and of all of them at once. */
const pipelineChart = (charts: Charts, { measurement, stages, streamed }: PipelineFigure): Html => {
  const bars = [
    ...stages.map(({ stage, rate }) => ({ name: stage as string, rate, isWhole: false })),
    { name: "streamed", rate: streamed.rate, isWhole: true },
  ];
  const most = Math.max(...bars.map(({ rate }) => rate));
  return figure(
    charts,
    {
      title: "From disk to GPU, stage by stage",
      caption: `${size(measurement.bytes)}, ${wayName(measurement)}: each stage alone, then streamed through all of them.`,
      description: `Rates: ${bars.map(({ name, rate }) => `${name} ${bandwidth(rate)}`).join(", ")}.`,
    },
    {
      marginLeft: 96,
      x: { label: "rate", tickFormat: bandwidthTick, domain: [0, 1.3 * most], ticks: 4 },
      y: { domain: bars.map(({ name }) => name), label: null, padding: 0.3 },
      marks: [
        Plot.gridX({ ticks: 4 }),
        Plot.barX(bars, { y: "name", x: "rate", fill: ({ isWhole }: (typeof bars)[number]) => seriesColor(isWhole ? 1 : 0) }),
        Plot.text(bars, {
          y: "name",
          x: "rate",
          text: ({ rate }: (typeof bars)[number]) => bandwidth(rate),
          dx: 6,
          textAnchor: "start",
          fontSize: 13,
        }),
      ],
    },
  );
};

/** Pictures to stand beside that of the warm-up. */
export const uploadCharts = (charts: Charts, profile: Profile): Html =>
  html`${rateCharts(charts, profile)}${pipelineFigures(profile)
    .slice(0, 1)
    .map((pipeline) => pipelineChart(charts, pipeline))}`;

const wayTable = (profile: Profile): Html => {
  const ranking = rankUploadsOrNull(profile.measurements);
  if (ranking === null) return html``;
  return table(
    `Ways to upload, compared at ${size(ranking.bytes)}, the best first`,
    [
      { heading: "method" },
      { heading: "chunk", isNumber: true },
      { heading: "into fresh buffers", isNumber: true },
      { heading: "95 % interval", isNumber: true },
      { heading: "again", isNumber: true },
      { heading: "of the fastest", isNumber: true },
    ],
    ranking.ways.map(wayRow),
  );
};

const pipelineTable = ({ measurement, stages, streamed }: PipelineFigure): Html =>
  table(
    `From disk to GPU, ${size(measurement.bytes)}, ${wayName(measurement)}`,
    [{ heading: "stage" }, { heading: "alone", isNumber: true }, { heading: "rate", isNumber: true }],
    [
      ...stages.map(({ stage, seconds, rate }) => [STAGE_NAMES[stage], duration(seconds), bandwidth(rate)]),
      ["page cache to GPU, streamed", duration(streamed.seconds), bandwidth(streamed.rate)],
    ],
  );

const everyUpload = (profile: Profile): Html =>
  table(
    "Uploads",
    [
      { heading: "bytes", isNumber: true },
      { heading: "method" },
      { heading: "chunk", isNumber: true },
      { heading: "into fresh buffers", isNumber: true },
      { heading: "again", isNumber: true },
      { heading: "samples", isNumber: true },
    ],
    uploadFigures(profile).map(({ bytes, method, chunk, first, repeated, samples }) => [
      size(bytes),
      method,
      size(chunk),
      bandwidth(first),
      repeated === null ? NONE : bandwidth(repeated),
      count(samples),
    ]),
  );

/** The words and tables that go with the pictures. */
export const uploadTables = (profile: Profile): Html => {
  const sentences = [bestWaySentenceOrNull(profile), deviceMemorySentenceOrNull(profile)].filter((text) => text !== null);
  return html`${sentences.map((text) => html`<p>${text}</p> `)}${wayTable(profile)}${pipelineFigures(profile).map(
    (pipeline) =>
      html`${pipelineTable(pipeline)}
        <p>${pipelineSentence(pipeline)}</p> `,
  )}${details("Every upload", everyUpload(profile))}`;
};
