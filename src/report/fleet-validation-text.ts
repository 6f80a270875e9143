import { percent } from "../format.ts";
import type { Objectives } from "../scenario/objectives.ts";
import type { FleetValidation } from "../validation/fleet-schema.ts";
import { burstinessSentenceOrNull, fleetDraws, fleetRow, fleetSentence, objectiveChecks } from "./fleet-validation-sentences.ts";
import { inputLines } from "./inputs.ts";
import { block, bullets, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";

/** Readings that a terminal shows. */
const MOST_READINGS = 12;

/** A fleet's validation for a terminal: the outcome, every figure observed and simulated, and what it says of the objectives. */
export const fleetValidationText = (validation: FleetValidation, objectives: Objectives, style: Style = PLAIN): string => {
  const { extrapolated_share: share } = validation;
  const bursts = burstinessSentenceOrNull(validation);
  const figures = table(
    [left("figure"), right("observed"), right("simulated"), right("range"), right("error"), right("range"), right("reproduced")],
    validation.rows.map((row) => fleetRow(row).map((cell, i) => (i === 6 && cell === "NO" ? { text: "no", tone: "bad" as const } : cell))),
    style,
    "    ",
  );
  return text([
    ...wrap(fleetSentence(validation)).map(style.strong),
    ...wrap(fleetDraws(validation), "  "),
    ...(share === 0
      ? []
      : wrap(`${percent(share)} of the steps lie outside the measured range of the step times: theirs are extrapolated.`, "  ")),
    ...(bursts === null ? [] : wrap(bursts, "  ")),
    ...block("Observed and simulated", figures, style),
    ...block(
      "Objectives",
      table(
        [left("objective"), left("")],
        objectiveChecks(validation, objectives).map((row) => [...row]),
        style,
        "    ",
      ),
      style,
    ),
    ...block("Over time, first draw", readingLines(validation, style), style),
    ...block("Inputs", inputLines(validation.inputs), style),
    ...block("Notes", bullets(validation.notes), style),
    ...block("Not modelled", bullets(validation.not_modelled), style),
  ]);
};

const readingLines = ({ over_time: { at_s, replicas, running, waiting } }: FleetValidation, style: Style): string[] => {
  const every = Math.ceil(at_s.length / MOST_READINGS);
  const shown = at_s.map((_, i) => i).filter((i) => i % every === every - 1);
  return table(
    [right("at s"), right("replicas"), right("simulated"), right("running"), right("simulated"), right("waiting"), right("simulated")],
    shown.map((i) =>
      [
        at_s[i],
        replicas.observed[i],
        replicas.simulated[i],
        running.observed[i],
        running.simulated[i],
        waiting.observed[i],
        waiting.simulated[i],
      ].map((value) => `${value ?? "–"}`),
    ),
    style,
    "    ",
  );
};
