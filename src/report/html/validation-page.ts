import { count, plain } from "../../format.ts";
import type { Validation } from "../../validation/schema.ts";
import { validationCaveatOrNull, validationRow, validationSentence } from "../validation-sentences.ts";
import { linearTicks, valueAxis, type Axis } from "./axes.ts";
import { type Charts, chartsFor, lineChart, type Series, type SvgDocument } from "./chart.ts";
import { facts, html, type Html, items, table } from "./markup.ts";
import { pageHtml, type Section } from "./shell.ts";

/**
 * A validation as one self-contained page: every figure measured and simulated, and the engine's gauges over time.
 *
 * @param document creates the SVG elements
 */
export const validationHtml = (validation: Validation, document: SvgDocument): string => {
  const caveat = validationCaveatOrNull(validation);
  const sections: readonly Section[] = [
    ["figures", "Figures", figuresSection(validation)],
    ...(validation.gauges === null ? [] : [["gauges", "Over time", gaugesSection(chartsFor(document), validation.gauges)] as const]),
    ["inputs", "What it rests on", inputsSection(validation)],
  ];
  return pageHtml({
    kicker: `Ballast validation of ${validation.run}`,
    caveats: caveat === null ? [] : [caveat],
    title: validationSentence(validation),
    sections,
  });
};

const figuresSection = ({ rows, requests }: Validation): Html =>
  html`<section aria-labelledby="figures">
    <h2 id="figures">Measured and simulated</h2>
    ${table(
      `${count(requests)} requests, each with its own prompt and output, when they were queued`,
      [
        { heading: "figure" },
        { heading: "" },
        { heading: "measured", isNumber: true },
        { heading: "simulated", isNumber: true },
        { heading: "error", isNumber: true },
      ],
      rows.map(validationRow),
    )}
  </section> `;

const gaugesSection = (charts: Charts, { at_s, running, waiting }: NonNullable<Validation["gauges"]>): Html => {
  const end = Math.max(...at_s);
  const x: Axis = {
    label: "seconds",
    isLog: false,
    format: plain,
    ticks: linearTicks(end).filter((tick) => tick <= end),
    domain: [0, end],
  };
  const seriesOf = (name: string, values: readonly number[]): Series => ({
    name,
    points: at_s.map((at, i) => ({ x: at, y: values[i] ?? 0 })),
  });
  const chart = (title: string, { measured, simulated }: typeof running): Html =>
    lineChart(charts, {
      title,
      caption: "As the engine's log says, and as simulated at the same instants.",
      description: `${title} over ${plain(end)} s: at most ${Math.max(...measured)} measured, ${Math.max(...simulated)} simulated.`,
      x,
      y: valueAxis("requests", [0, ...measured, ...simulated], plain),
      series: [seriesOf("measured", measured), seriesOf("simulated", simulated)],
    });
  return html`<section aria-labelledby="gauges">
    <h2 id="gauges">Over time</h2>
    <div class="figures">${chart("Requests running", running)}${chart("Requests waiting", waiting)}</div>
  </section> `;
};

const inputsSection = ({ inputs, notes, not_modelled: notModelled }: Validation): Html =>
  html`<section aria-labelledby="inputs">
    <h2 id="inputs">What it rests on</h2>
    ${facts(inputs.map(({ name, value, origin, source }) => [name, value, `${origin}: ${source}`] as const))}
    ${notes.length === 0 ? html`` : items(notes)}
    <h3>Not modelled</h3>
    ${items(notModelled)}
  </section> `;
