import type { Validation } from "../validation/schema.ts";
import { inputLines } from "./inputs.ts";
import { block, bullets, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";
import { validationCaveatOrNull, validationRow, validationSentence } from "./validation-sentences.ts";

/** Readings of the gauges that a terminal shows. */
const MOST_READINGS = 12;

/** A validation for a terminal: the outcome in its first sentence, then every figure measured and simulated. */
export const validationText = (validation: Validation, style: Style = PLAIN): string => {
  const caveat = validationCaveatOrNull(validation);
  const figures = table(
    [left("figure"), left(""), right("measured"), right("simulated"), right("error")],
    validation.rows.map(validationRow),
    style,
    "    ",
  );
  return text([
    ...wrap(validationSentence(validation)).map(style.strong),
    ...(caveat === null ? [] : wrap(caveat, "  ")),
    ...block("Measured and simulated", figures, style),
    ...block("Running and waiting", gaugeLines(validation, style), style),
    ...block("Inputs", inputLines(validation.inputs), style),
    ...block("Notes", bullets(validation.notes), style),
    ...block("Not modelled", bullets(validation.not_modelled), style),
  ]);
};

const gaugeLines = ({ gauges }: Validation, style: Style): string[] => {
  if (gauges === null) return [];
  const every = Math.ceil(gauges.at_s.length / MOST_READINGS);
  const shown = gauges.at_s.map((_, i) => i).filter((i) => i % every === every - 1);
  return table(
    [right("at s"), right("running"), right("simulated"), right("waiting"), right("simulated")],
    shown.map((i) =>
      [
        gauges.at_s[i],
        gauges.running.measured[i],
        gauges.running.simulated[i],
        gauges.waiting.measured[i],
        gauges.waiting.simulated[i],
      ].map((value) => `${value ?? "–"}`),
    ),
    style,
    "    ",
  );
};
