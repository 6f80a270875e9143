import { duration, limit } from "../../format.ts";
import type { Profile } from "../../profile/schema.ts";
import { overheadFigures, type StartFigure, startFigures } from "../warm-up-figures.ts";
import {
  missingStarts,
  overheadColumns,
  overheadRows,
  savingSentenceOrNull,
  START_NOTE,
  START_TITLE,
  startColumns,
  startName,
  startRows,
} from "../warm-up-text.ts";
import { logTicks, valueAxis } from "./axes.ts";
import { type Charts, lineChart, type Series } from "./chart.ts";
import { html, type Html, part, table } from "./markup.ts";

/** Getting ready: the runs after each kind of start as a picture, starts and overhead as tables. */

/** Wall-clock time of each run after the first start of each kind, the very first run included. */
export const approachChart = (charts: Charts, profile: Profile): Html => {
  const figures = startFigures(profile).filter(({ fresh }) => fresh !== "nothing");
  if (figures.length === 0) return html``;
  const series = figures.map((figure): Series => ({ name: startName(figure), points: runsOf(figure).map((y, i) => ({ x: i + 1, y })) }));
  const times = figures.flatMap(runsOf);
  const most = Math.max(...figures.map((figure) => runsOf(figure).length));
  const ticks = logTicks(Math.min(...times), Math.max(...times));
  return lineChart(charts, {
    title: "Runs of a decoder layer until it is steady",
    caption: "Wall clock, one line for the first start of each kind; the browser's polling is in it.",
    description: figures
      .map(
        (figure) =>
          `${startName(figure)}: first run ${duration(figure.first)}, steady ${duration(figure.steady)} after ${figure.runsUntilSteady} runs.`,
      )
      .join(" "),
    x: { ...valueAxis("run", [most], String), isLog: false },
    y: { label: "time of a run", isLog: true, ticks, domain: [ticks[0]!, ticks.at(-1)!], format: limit },
    series,
    isStepped: true,
  });
};

/** Times of zero have no place on a logarithmic axis. */
const runsOf = ({ starts: [start] }: StartFigure): number[] =>
  start === undefined ? [] : [start.first_dispatch_s, ...start.dispatches_s].filter((time) => time > 0);

const numbers = (headings: readonly string[]) => headings.map((heading, i) => ({ heading, isNumber: i > 0 }));

/** Every kind of start and every overhead in tables; nothing where neither was measured. */
export const warmUpTables = (profile: Profile): Html => {
  const starts = startFigures(profile);
  const overheads = overheadFigures(profile);
  const saving = savingSentenceOrNull(starts);
  return html`${
    starts.length === 0
      ? html``
      : html`${table(START_TITLE, numbers(startColumns(starts)), startRows(starts))}
          <p>${START_NOTE}${saving === null ? "" : ` ${saving}`}</p>`
  }${part("Starts that are missing", missingStarts(profile))}${
    overheads.length === 0
      ? html``
      : table("What launching costs, by the slope over many", numbers(overheadColumns), overheadRows(overheads))
  }`;
};
