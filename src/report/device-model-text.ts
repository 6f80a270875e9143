import type { DeviceModel } from "../calibration/device-model.ts";
import {
  compositeName,
  engineCaveat,
  errorSentence,
  loadSentence,
  memorySentence,
  validSentence,
  warmUpSentence,
  warmUpTotal,
} from "./device-model-sentences.ts";
import { change, count, duration, tokenRate } from "../format.ts";
import { block, bullets, type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";
import { notAGpuOrNull } from "./not-a-gpu.ts";
import { decodeFigures, prefillFigures, quotedContext, type StepFigure, weightLoad } from "./step-figures.ts";

const stepRows = (what: string, figures: readonly StepFigure[]): Cell[][] =>
  figures.map(({ size, seconds, tokensPerSecond }) => [what, count(size), duration(seconds), tokenRate(tokensPerSecond)]);

/** How many held-out points a terminal shows: the worst. */
const MOST_POINTS = 8;

/** The calibration of one language model on one device: three curves, each with its range and its error. */
export const deviceModelText = (model: DeviceModel, style: Style = PLAIN): string => {
  const notAGpu = notAGpuOrNull(model);
  const labelled = (name: string, value: string, rest: string): string[] =>
    wrap(rest, " ".repeat(26), undefined, `  ${name.padEnd(10)}  ${value.padStart(9)}   `);
  const { error } = model.step;
  const worst =
    error.kind === "checked"
      ? error.points
          .map((point) => ({ ...point, off: (point.predicted_s - point.measured_s) / point.measured_s }))
          .sort((a, b) => Math.abs(b.off) - Math.abs(a.off))
          .slice(0, MOST_POINTS)
      : [];
  return text([
    ...(notAGpu === null ? [] : [...wrap(notAGpu).map(style.bad), ""]),
    style.strong(`${model.model} on ${model.device}, ${model.dtype}, ${model.condition} condition`),
    ...wrap(engineCaveat(model), "  "),
    "",
    ...labelled("load", duration(weightLoad(model).seconds), loadSentence(model)),
    ...labelled("", "", `error: ${errorSentence(model.load.error)}`),
    ...labelled("warm-up", duration(warmUpTotal(model)), warmUpSentence(model)),
    ...labelled("", "", `error: ${errorSentence(model.warm_up.error)}`),
    ...labelled("memory", "", memorySentence(model)),
    ...block(
      `Step, decode at ${count(quotedContext(model.step))} tokens of context and prefill of one prompt`,
      [
        ...table(
          [left("step"), right("size"), right("time"), right("rate")],
          [...stepRows("decode, sequences", decodeFigures(model)), ...stepRows("prefill, tokens", prefillFigures(model))],
          style,
          "    ",
        ),
        ...wrap(validSentence(model), "    "),
        ...wrap(`Error: ${errorSentence(error)}.`, "    "),
      ],
      style,
    ),
    ...block(
      "Furthest from what was measured",
      worst.length === 0
        ? []
        : table(
            [left("composite step"), right("predicted"), right("measured"), right("off")],
            worst.map(({ id, predicted_s, measured_s, off }): Cell[] => [
              compositeName(id),
              duration(predicted_s),
              duration(measured_s),
              change(off),
            ]),
            style,
            "    ",
          ),
      style,
    ),
    ...block("Notes", bullets(model.notes), style),
  ]);
};
