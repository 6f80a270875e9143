import type { DeviceModel } from "../../calibration/device-model.ts";
import type { Profile } from "../../profile/schema.ts";
import {
  compositeName,
  engineCaveat,
  errorSentence,
  loadSentence,
  memorySentence,
  validSentence,
  warmUpSentence,
  warmUpTotal,
} from "../device-model-sentences.ts";
import { change, count, duration, significant, size } from "../../format.ts";
import { energySentenceOrNull } from "../energy.ts";
import { decodeFigures, prefillFigures, weightLoad } from "../step-figures.ts";
import type { Charts } from "./chart.ts";
import { details, facts, html, type Html, part, table } from "./markup.ts";
import { heldOutChart, stepCharts } from "./step-charts.ts";

const stepTable = (model: DeviceModel): Html =>
  table(
    "Steps",
    [
      { heading: "step" },
      { heading: "size", isNumber: true },
      { heading: "time", isNumber: true },
      { heading: "tokens/s", isNumber: true },
    ],
    [
      ...decodeFigures(model).map((figure) => ["decode, sequences", figure] as const),
      ...prefillFigures(model).map((figure) => ["prefill, tokens", figure] as const),
    ].map(([what, figure]) => [what, count(figure.size), duration(figure.seconds), significant(figure.tokensPerSecond)]),
  );

const heldOutTable = ({ step: { error } }: DeviceModel): Html =>
  error.kind === "not-checked"
    ? html``
    : details(
        "Every predicted and measured step",
        table(
          "Composite steps",
          [
            { heading: "step" },
            { heading: "predicted", isNumber: true },
            { heading: "measured", isNumber: true },
            { heading: "off", isNumber: true },
          ],
          error.points.map(({ id, predicted_s, measured_s }) => [
            compositeName(id),
            duration(predicted_s),
            duration(measured_s),
            change((predicted_s - measured_s) / measured_s),
          ]),
        ),
      );

/** One language model on the device: three curves, each with its range and its error. */
export const deviceModelSection = (charts: Charts, model: DeviceModel, profile?: Profile): Html => {
  const energy = profile === undefined ? null : energySentenceOrNull(profile, model);
  return html`<section aria-labelledby="curves">
    <h2 id="curves">${model.model} on ${model.device}</h2>
    <p class="caveat">${engineCaveat(model)}</p>
    ${facts([
      ["Load", duration(weightLoad(model).seconds), `${loadSentence(model)}. Error: ${errorSentence(model.load.error)}.`],
      ["Warm-up", duration(warmUpTotal(model)), `${warmUpSentence(model)}. Error: ${errorSentence(model.warm_up.error)}.`],
      ["Memory", size(model.memory.bytes), `${memorySentence(model)}.`],
    ])}
    <p>${validSentence(model)} Step error: ${errorSentence(model.step.error)}.</p>
    ${energy === null ? null : html`<p>${energy}</p>`}
    <div class="figures">${stepCharts(charts, model)}${heldOutChart(charts, model)}</div>
    ${details("Steps in numbers", stepTable(model))}${heldOutTable(model)} ${part("Notes on the curves", model.notes)}
  </section> `;
};
