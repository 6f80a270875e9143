import type { DeviceModel } from "../calibration/device-model.ts";
import type { Profile } from "../profile/schema.ts";
import {
  engineCaveat,
  errorSentence,
  loadSentence,
  memorySentence,
  validSentence,
  warmUpSentence,
  warmUpTotal,
} from "./device-model-sentences.ts";
import { energySentenceOrNull } from "./energy.ts";
import { count, duration, tokenRate } from "../format.ts";
import { heldOutRows } from "./held-out-rows.ts";
import { block, bullets, type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";
import { notAGpuOrNull } from "./not-a-gpu.ts";
import { decodeFigures, prefillFigures, quotedContext, type StepFigure, weightLoad } from "./step-figures.ts";

const stepRows = (what: string, figures: readonly StepFigure[]): Cell[][] =>
  figures.map(({ size, seconds, tokensPerSecond }) => [what, count(size), duration(seconds), tokenRate(tokensPerSecond)]);

/** How many held-out points a terminal shows: the worst. */
const MOST_POINTS = 8;

/**
 * The calibration of one language model on one device: three curves, each with its range and its error.
 *
 * @param profile the one it was fitted to, for what only that knows: the energy of a token
 */
export const deviceModelText = (model: DeviceModel, style: Style = PLAIN, profile?: Profile): string => {
  const notAGpu = notAGpuOrNull(model);
  const energy = profile === undefined ? null : energySentenceOrNull(profile, model);
  const labelled = (name: string, value: string, rest: string): string[] =>
    wrap(rest, " ".repeat(26), undefined, `  ${name.padEnd(10)}  ${value.padStart(9)}   `);
  const { error } = model.step;
  return text([
    ...(notAGpu === null ? [] : [...wrap(notAGpu).map(style.bad), ""]),
    style.strong(
      `${model.model} on ${model.device}, ${model.dtype}, ${model.condition === "engine" ? model.engine : `${model.condition} condition`}`,
    ),
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
        ...wrap(energy ?? "", "    "),
      ],
      style,
    ),
    ...block(
      "Furthest from what was measured",
      error.kind === "not-checked" ? [] : table(heldOutRows.columns, heldOutRows.of(error.points, MOST_POINTS), style, "    "),
      style,
    ),
    ...block("Notes", bullets(model.notes), style),
  ]);
};
