import type { DeviceModel } from "../../calibration/device-model.ts";
import { change, count, duration, limit, percent, plain, significant } from "../../format.ts";
import { compositeName } from "../device-model-sentences.ts";
import { worstFirst } from "../held-out-rows.ts";
import { decodeFigures, prefillFigures, quotedContext, type StepFigure } from "../step-figures.ts";
import { sizeAxis, valueAxis } from "./axes.ts";
import { axisMarks, type Charts, figure, type Frame, leftMargin, lineChart, Plot, PLOT_WIDTH, scaleOf, seriesColor } from "./chart.ts";
import { html, type Html } from "./markup.ts";

/** Step time and tokens per second by batch, and prefill time by prompt: the step curve at round sizes. */
export const stepCharts = (charts: Charts, model: DeviceModel): Html => {
  const decode = decodeFigures(model);
  const prefill = prefillFigures(model);
  const chart = (
    frame: Frame,
    figures: readonly StepFigure[],
    label: string,
    y: (figure: StepFigure) => number,
    yLabel: string,
    format: (value: number) => string,
  ) => {
    if (figures.length < 2) return html``;
    const values = figures.map(y);
    return lineChart(charts, {
      ...frame,
      x: sizeAxis(
        label,
        figures.map(({ size }) => size),
        count,
        PLOT_WIDTH,
      ),
      y: valueAxis(yLabel, values, format),
      series: [{ name: model.model, points: figures.map((figure) => ({ x: figure.size, y: y(figure) })) }],
    });
  };
  const context = count(quotedContext(model.step));
  const ends = (figures: readonly StepFigure[], say: (figure: StepFigure) => string): string => {
    const [first, last] = [figures[0], figures.at(-1)];
    return first === undefined || last === undefined
      ? ""
      : `From ${say(first)} at ${count(first.size)} to ${say(last)} at ${count(last.size)}.`;
  };
  const seconds = ({ seconds }: StepFigure) => seconds;
  const rate = ({ tokensPerSecond }: StepFigure) => tokensPerSecond;
  const time = (figure: StepFigure) => duration(figure.seconds);
  const tokens = (figure: StepFigure) => `${significant(figure.tokensPerSecond)} tokens/s`;
  return html`${chart({ title: "Decode: time of a step by batch", caption: `Every sequence has ${context} tokens of context.`, description: ends(decode, time) }, decode, "sequences", seconds, "time", limit)}${chart(
    { title: "Decode: tokens per second by batch", caption: "All sequences together.", description: ends(decode, tokens) },
    decode,
    "sequences",
    rate,
    "tokens/s",
    plain,
  )}${chart({ title: "Prefill: time of one prompt by its length", caption: "In one step, from an empty cache.", description: ends(prefill, time) }, prefill, "tokens", seconds, "time", limit)}`;
};

/** Predicted against measured on steps that the fit did not see; the line is where both agree. */
export const heldOutChart = (charts: Charts, model: DeviceModel): Html => {
  const { error } = model.step;
  if (error.kind !== "checked") return html``;
  const [worst] = worstFirst(error.points);
  const both = error.points.flatMap(({ predicted_s, measured_s }) => [predicted_s, measured_s]);
  const predicted = valueAxis("predicted", both, limit);
  const measured = { ...predicted, label: "measured" };
  return figure(
    charts,
    {
      title: "Predicted against measured",
      caption: `Whole steps that the fit did not see; the dashed line is where both agree. Furthest off: ${compositeName(worst!.id)}, ${change(worst!.off)}.`,
      description: `${error.points.length} points; median error ${percent(error.median_abs)}, 90th percentile ${percent(error.p90_abs)}.`,
    },
    {
      marginLeft: leftMargin(predicted),
      x: scaleOf(measured),
      y: scaleOf(predicted),
      marks: [
        ...axisMarks(measured, predicted),
        Plot.gridX([...measured.ticks]),
        Plot.line(
          predicted.domain.map((value) => ({ x: value, y: value })),
          { x: "x", y: "y", stroke: "currentColor", strokeDasharray: "3 3" },
        ),
        Plot.dot([...error.points], {
          x: "measured_s",
          y: "predicted_s",
          stroke: seriesColor(0),
          fill: "var(--paper)",
          r: 4,
          strokeWidth: 1.5,
        }),
      ],
    },
  );
};
