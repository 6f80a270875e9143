import type { DeviceModel } from "../../calibration/device-model.ts";
import type { Comparison, Pair } from "../../compare/schema.ts";
import { duration } from "../../format.ts";
import {
  changeText,
  countsOf,
  deviceText,
  figureNotes,
  figureRatioOrNull,
  figureText,
  isBetterOrNull,
  marginSentences,
  pairSentence,
  ratioText,
  reasonText,
  unsureText,
  VERDICTS,
} from "../compare-sentences.ts";
import { type Charts, chartsFor, type SvgDocument } from "./chart.ts";
import { curveCharts, ratioChart } from "./compare-charts.ts";
import { details, html, type Html, items, part, table } from "./markup.ts";
import { pageHtml, type Section } from "./shell.ts";

/**
 * A comparison as one self-contained page: what makes the devices incomparable, the figures a person looks for, the three curves of all
 * devices in one picture each, and every pair's rows with their verdicts.
 *
 * @param deviceModels in the devices' order; null where a device has no curves
 * @param document creates the SVG elements
 */
export const comparisonHtml = (comparison: Comparison, deviceModels: readonly (DeviceModel | null)[], document: SvgDocument): string => {
  const charts = chartsFor(document);
  const { devices, caveats, pairs } = comparison;
  const sections: readonly Section[] = [
    ["figures", "Figures", figuresSection(comparison)],
    ["curves", "Curves", curvesSection(charts, comparison, deviceModels)],
    ...pairs.map((pair): Section => [`pair-${pair.other}`, `${pair.other} against ${pair.base}`, pairSection(charts, pair)]),
  ];
  return pageHtml({ kicker: "Ballast comparison", caveats, title: headline(comparison, devices.length), sections });
};

/** Where two are compared, what came of it; else how many. */
const headline = ({ devices, pairs }: Comparison, count: number): string => {
  const [pair] = pairs;
  if (pair === undefined || count !== 2) return `${count} devices side by side, ${devices[0]?.device ?? "none"} the baseline`;
  const [slower = 0, faster = 0, unsure = 0, same = 0] = countsOf(pair.rows).map((counted) => counted.count);
  return `Of ${pair.rows.length} measurements ${pair.other} is slower in ${slower}, faster in ${faster} and the same in ${same}; ${unsure} are unsure`;
};

const figuresSection = (comparison: Comparison): Html => {
  const { devices, figures, model } = comparison;
  const [base] = devices;
  return html`<section aria-labelledby="figures">
    <h2 id="figures">Figures</h2>
    ${items(devices.map((device) => `${device.label}: ${deviceText(device)} (${device.source})`))}
    ${table(
      `Of ${model}; ${base?.label ?? "A"} is the baseline`,
      [
        { heading: "" },
        ...devices.flatMap(({ label }, i) => [
          { heading: label, isNumber: true },
          ...(i === 0 ? [] : [{ heading: `${label}/${base?.label ?? ""}`, isNumber: true }]),
        ]),
      ],
      figures.map((figure) => [
        figure.name,
        ...devices.flatMap((_, i): (string | Html)[] => {
          const value = figureText(figure.unit, figure.values[i]);
          if (i === 0) return [value];
          const isBetter = isBetterOrNull(figure, i);
          const ratio = ratioText(figureRatioOrNull(figure, i));
          return [value, isBetter === null ? ratio : html`<span class="${isBetter ? "good" : "bad"}">${ratio}</span>`];
        }),
      ]),
    )}
    ${details("What the figures are", items(figureNotes(comparison)))}
  </section> `;
};

const curvesSection = (charts: Charts, { devices, model }: Comparison, deviceModels: readonly (DeviceModel | null)[]): Html =>
  html`<section aria-labelledby="curves">
    <h2 id="curves">Curves of ${model}</h2>
    <div class="figures">${curveCharts(charts, { devices, deviceModels })}</div>
  </section> `;

const pairSection = (charts: Charts, pair: Pair): Html => {
  const { base, other, rows, families, only_base, only_other } = pair;
  const sorted = VERDICTS.flatMap((verdict) =>
    rows.filter((row) => row.verdict === verdict).sort((a, b) => (b.ratio?.estimate ?? 0) - (a.ratio?.estimate ?? 0)),
  );
  const differing = sorted.filter(({ verdict }) => verdict === "SLOWER" || verdict === "FASTER");
  const unsure = unsureText(rows);
  const rowTable = (caption: string, shown: typeof rows): Html =>
    table(
      caption,
      [
        { heading: "measurement" },
        { heading: "verdict" },
        { heading: "change in time (95 % interval)", isNumber: true },
        { heading: base, isNumber: true },
        { heading: other, isNumber: true },
        { heading: "samples", isNumber: true },
      ],
      shown.map((row) => [
        row.id,
        row.verdict === "SLOWER" || row.verdict === "FASTER"
          ? html`<span class="${row.verdict === "SLOWER" ? "bad" : "good"}">${row.verdict}</span>`
          : row.reason === null
            ? row.verdict
            : `${row.verdict}: ${reasonText(row.reason)}`,
        changeText(row),
        duration(row.base_s),
        duration(row.other_s),
        row.samples.join(" · "),
      ]),
    );
  return html`<section aria-labelledby="pair-${other}">
    <h2 id="pair-${other}">${pairSentence(pair)}</h2>
    <p>${marginSentences(pair).join(" ")}${unsure === "" ? "" : ` UNSURE: ${unsure}.`}</p>
    <div class="figures">
      ${ratioChart(charts, pair)}
      <div>
        ${table(
          `Time of ${other} over ${base} by family, geometric mean`,
          [{ heading: "family" }, { heading: "rows", isNumber: true }, { heading: "change in time", isNumber: true }],
          families.map(({ family, rows: count, ratio }) => [family, String(count), changeText({ ratio })]),
        )}
      </div>
    </div>
    ${differing.length === 0 ? html`<p>No row is SLOWER or FASTER.</p> ` : rowTable("Rows that differ", differing)}
    ${details("All rows", rowTable("All rows", sorted))}
    ${part(`Only ${base} measured`, only_base)}${part(`Only ${other} measured`, only_other)}
  </section> `;
};
