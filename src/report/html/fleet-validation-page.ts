import { percent, plain } from "../../format.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import type { FleetValidation } from "../../validation/fleet-schema.ts";
import { burstinessSentenceOrNull, fleetDraws, fleetRow, fleetSentence, objectiveChecks } from "../fleet-validation-sentences.ts";
import { linearTicks, valueAxis, type Axis } from "./axes.ts";
import { type Charts, chartsFor, lineChart, type Series, type SvgDocument } from "./chart.ts";
import { facts, html, type Html, items, table } from "./markup.ts";
import { pageHtml } from "./shell.ts";

/**
 * A fleet's validation as one self-contained page: every figure observed and simulated, what it says of the objectives, and the fleet over time.
 *
 * @param document creates the SVG elements
 */
export const fleetValidationHtml = (validation: FleetValidation, objectives: Objectives, document: SvgDocument): string => {
  const { extrapolated_share: share, fleet } = validation;
  return pageHtml({
    kicker: `Ballast validation of the fleet in ${fleet}`,
    caveats:
      share === 0 ? [] : [`${percent(share)} of the steps lie outside the measured range of the step times: theirs are extrapolated.`],
    title: fleetSentence(validation),
    sections: [
      ["figures", "Figures", figuresSection(validation)],
      ["objectives", "Objectives", objectivesSection(objectiveChecks(validation, objectives))],
      ["time", "Over time", timeSection(chartsFor(document), validation.over_time)],
      ["inputs", "What it rests on", inputsSection(validation)],
    ],
  });
};

const figuresSection = (validation: FleetValidation): Html => {
  const bursts = burstinessSentenceOrNull(validation);
  const number = (heading: string) => ({ heading, isNumber: true });
  return html`<section aria-labelledby="figures">
    <h2 id="figures">Observed and simulated</h2>
    ${table(
      fleetDraws(validation),
      [
        { heading: "figure" },
        number("observed"),
        number("simulated"),
        number("range"),
        number("error"),
        number("range"),
        { heading: "reproduced" },
      ],
      validation.rows.map(fleetRow),
    )}
    ${bursts === null ? html`` : html`<p>${bursts}</p>`}
  </section> `;
};

const objectivesSection = (checks: readonly (readonly [string, string])[]): Html =>
  html`<section aria-labelledby="objectives">
    <h2 id="objectives">Objectives</h2>
    ${table(
      "An objective is reproduced where its percentile and the mean are",
      [{ heading: "objective" }, { heading: "outcome" }],
      checks.map((row) => [...row]),
    )}
  </section> `;

/** Readings that a chart shows. */
const MOST_POINTS = 200;

const timeSection = (charts: Charts, { at_s, replicas, running, waiting }: FleetValidation["over_time"]): Html => {
  const end = at_s.at(-1) ?? 0;
  const every = Math.ceil(at_s.length / MOST_POINTS);
  const which = every === 1 ? "" : `, every ${every}th`;
  const x: Axis = {
    label: "seconds",
    isLog: false,
    format: plain,
    ticks: linearTicks(end).filter((tick) => tick <= end),
    domain: [0, end],
  };
  const seriesOf = (name: string, values: readonly (number | null)[]): Series => ({
    name,
    points: at_s.flatMap((at, i) => (i % every > 0 || values[i] === null || values[i] === undefined ? [] : [{ x: at, y: values[i] }])),
  });
  const chart = (title: string, unit: string, { observed, simulated }: typeof running): Html => {
    const seen = observed.filter((value) => value !== null);
    return lineChart(charts, {
      title,
      caption: `As Prometheus scraped it, and as simulated at the same instants (first draw${which}).`,
      description: `${title} over ${plain(end)} s: at most ${plain(highest(seen))} observed, ${plain(highest(simulated))} simulated.`,
      x,
      y: valueAxis(unit, [0, highest(seen), highest(simulated)], plain),
      series: [seriesOf("observed", observed), seriesOf("simulated", simulated)],
    });
  };
  return html`<section aria-labelledby="time">
    <h2 id="time">Over time</h2>
    <div class="figures">
      ${chart("Replicas", "replicas", replicas)}${chart("Requests running", "requests", running)}${chart("Requests waiting", "requests", waiting)}
    </div>
  </section> `;
};

const highest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

const inputsSection = ({ inputs, notes, not_modelled: notModelled }: FleetValidation): Html =>
  html`<section aria-labelledby="inputs">
    <h2 id="inputs">What it rests on</h2>
    ${facts(inputs.map(({ name, value, origin, source }) => [name, value, `${origin}: ${source}`] as const))} ${items(notes)}
    <h3>Not modelled</h3>
    ${items(notModelled)}
  </section> `;
