import type { Profile } from "../../profile/schema.ts";
import { arithmeticRate, arithmeticTick, count, duration, limit, percent } from "../../format.ts";
import { leastTime, type Roofs, roofsOf } from "../../profile/roofline.ts";
import { type KernelFigure, kernelFigures } from "../kernel-figures.ts";
import { kernelGrids } from "../kernel-grid.ts";
import { warmUpFigureOrNull } from "../profile-figures.ts";
import { sizeAxis, valueAxis } from "./axes.ts";
import { type Charts, figure, lineChart, Plot, PLOT_WIDTH, type Series, seriesColor } from "./chart.ts";
import { html, type Html } from "./markup.ts";

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
const rising = (values: readonly number[]): number[] => distinct(values).sort((a, b) => a - b);

/** The phases of the warm-up one under another, each from where the one before it ended. */
export const warmUpChart = (charts: Charts, profile: Profile): Html => {
  const warmUp = warmUpFigureOrNull(profile);
  if (warmUp === null) return html``;
  let elapsed = 0;
  const bars = warmUp.phases.map(({ name, seconds }) => {
    const from = elapsed;
    elapsed += seconds;
    return { name, seconds, from, to: elapsed };
  });
  // A label that would run out of the picture on the right stands on the left of its bar.
  const isLate = ({ to }: (typeof bars)[number]): boolean => to > 0.75 * elapsed;
  const label = { y: "name", text: ({ seconds }: (typeof bars)[number]) => duration(seconds), fontSize: 13 } as const;
  return figure(
    charts,
    {
      title: "Warm-up, phase by phase",
      caption: `${duration(warmUp.total)} from starting the browser to steady state, weights not included.`,
      description: `In order: ${warmUp.phases.map(({ name, seconds }) => `${name} ${duration(seconds)}`).join(", ")}.`,
    },
    {
      marginLeft: 132,
      x: { label: "since the start", tickFormat: limit, nice: true, ticks: 4 },
      y: { domain: bars.map(({ name }) => name), label: null, padding: 0.3 },
      marks: [
        Plot.gridX({ ticks: 4 }),
        Plot.barX(bars, { y: "name", x1: "from", x2: "to", fill: seriesColor(0), insetRight: -1.5 }),
        Plot.text(
          bars.filter((bar) => !isLate(bar)),
          { ...label, x: "to", dx: 6, textAnchor: "start" },
        ),
        Plot.text(bars.filter(isLate), { ...label, x: "from", dx: -6, textAnchor: "end" }),
      ],
    },
  );
};

/** What the two roofs allow at each point of a chart: the lower of arithmetic and of memory times the operations a byte carries. */
const roofLine = (figures: readonly KernelFigure[], roofs: Roofs, across: string): Series[] => {
  const points = figures.flatMap(({ measurement }) => {
    const least = leastTime(measurement, roofs);
    return least === null ? [] : [{ x: measurement.shape[across] ?? 0, y: measurement.operations / least }];
  });
  if (points.length === 0) return [];
  return [
    { name: "roof", points: rising(points.map(({ x }) => x)).map((x) => ({ x, y: points.find((point) => point.x === x)?.y ?? null })) },
  ];
};

/** Matmul rate by tokens, one picture for each n × k and element type, one line for each variant, under the roof. */
export const matmulCharts = (charts: Charts, profile: Profile): Html[] => {
  const all = kernelFigures(profile);
  const roofs = roofsOf(profile);
  const matmuls = all.filter(({ measurement: { family } }) => family === "matmul");
  const layerOf = ({ measurement: { shape, dtype, cache } }: KernelFigure): string => `${shape["n"]} × ${shape["k"]}, ${dtype}, ${cache}`;
  const tokensOf = ({ measurement: { shape } }: KernelFigure): number => shape["m"] ?? 1;
  const layers = distinct(matmuls.map(layerOf)).map((layer) => {
    const own = matmuls.filter((figure) => layerOf(figure) === layer);
    return { layer, own, references: roofLine(own, roofs, "m") };
  });
  const rates = [
    ...matmuls.map(({ rate }) => rate),
    ...layers.flatMap(({ references }) => references.flatMap(({ points }) => points.flatMap(({ y }) => (y === null ? [] : [y])))),
  ];
  return layers.map(({ layer, own, references }) => {
    // All variants of the element type, so that each has one colour in every picture.
    const variants = distinct(
      matmuls.filter(({ measurement: { dtype } }) => dtype === own[0]?.measurement.dtype).map(({ measurement: { variant } }) => variant),
    ).sort();
    const best = own.toSorted((a, b) => b.rate - a.rate)[0];
    return lineChart(charts, {
      title: `Matmul, n × k = ${layer}`,
      caption: "Arithmetic rate by tokens; the same scale in every picture.",
      description: `Arithmetic rate of a linear layer with ${layer} weights by tokens, one line for each of ${variants.join(", ")}.${best === undefined ? "" : ` The best is ${best.measurement.variant} with ${arithmeticRate(best.rate)} at ${count(tokensOf(best))} tokens.`}`,
      x: sizeAxis("tokens (m)", matmuls.map(tokensOf), count, PLOT_WIDTH),
      y: valueAxis("rate", rates, arithmeticTick),
      series: variants.map((variant) => ({
        name: variant.replace("matmul/", ""),
        points: own
          .filter(({ measurement }) => measurement.variant === variant)
          .map((figure) => ({ x: tokensOf(figure), y: figure.rate }))
          .sort((a, b) => a.x - b.x),
      })),
      references,
    });
  });
};

/** Time of the fastest attention by the size across (chunk, sequences), one line for each context. */
export const attentionCharts = (charts: Charts, figures: readonly KernelFigure[]): Html[] =>
  kernelGrids(figures.filter(({ measurement: { family } }) => family.startsWith("attention")))
    .filter(({ columns }) => columns.length > 1)
    .map((grid) => {
      const times = grid.rows.flatMap(({ cells }) => cells.flatMap((cell) => (cell === undefined ? [] : [cell.seconds])));
      return lineChart(charts, {
        title: `${grid.family}, ${grid.dtype}, ${grid.cache}`,
        caption: `Time of one run of the fastest variant${grid.constant === "" ? "" : `; ${grid.constant}`}.`,
        description: `Time of ${grid.family} by ${grid.across}${grid.down === "" ? "" : `, one line for each ${grid.down}`}: from ${duration(Math.min(...times))} to ${duration(Math.max(...times))}.`,
        x: sizeAxis(grid.across, grid.columns, count, PLOT_WIDTH),
        y: valueAxis("time", times, limit),
        series: grid.rows.map(({ name, cells }) => ({
          name: name === "" ? grid.family : `${grid.down} ${name}`,
          points: cells.flatMap((cell, i) => (cell === undefined ? [] : [{ x: grid.columns[i] ?? 0, y: cell.seconds }])),
        })),
      });
    });

/** What the median is known to. */
export const intervalText = ({ noise, isBelowClock }: KernelFigure): string => (isBelowClock ? "below the clock" : `±${percent(noise)}`);
