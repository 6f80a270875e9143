import type { Experiment } from "../experiments/experiment.ts";
import type { ComparisonResult, ExperimentResult, RegimeResult } from "../experiments/schema.ts";
import { NONE, significant } from "../format.ts";
import { groupBy } from "../stats/group-by.ts";
import {
  claimedText,
  estimateText,
  experimentSentence,
  numberText,
  seedsSentence,
  settingName,
  TONES,
  unitOf,
} from "./experiment-sentences.ts";
import { inputLines } from "./inputs.ts";
import { block, bullets, type Cell, type Column, left, PLAIN, right, type Style, table, text, WIDTH, wrap } from "./layout.ts";

/** An experiment for a terminal: the verdict first, then its claim, and for every regime what was measured and what decided. */
export const experimentText = (result: ExperimentResult, style: Style = PLAIN): string =>
  text([
    ...wrap(result.heading).map(style.bad),
    "",
    ...wrap(experimentSentence(result)).map(style.strong),
    ...block("Verdicts", verdictLines(result, style), style),
    ...block("Claim", wrap(result.claim, "    "), style),
    ...block("Scenario", [...wrap(result.scenario, "    "), ...wrap(seedsSentence(result), "    ")], style),
    ...result.settings.flatMap((setting) => [
      ...block(`On ${settingName(setting)}`, wrap(setting.traffic, "    "), style),
      ...setting.regimes.flatMap((regime) => regimeLines(result, regime, style)),
    ]),
    ...block("Published, and beside it here", referenceLines(result, style), style),
    ...block("Caveats", bullets(result.caveats), style),
    ...block("Inputs", inputLines(result.inputs), style),
    ...block("Not modelled", bullets(result.not_modelled), style),
  ]);

/** A regime a line, and a column for each kind of requests. */
const verdictLines = ({ settings }: ExperimentResult, style: Style): string[] =>
  table(
    [left("regime"), ...settings.map((setting) => left(settingName(setting)))],
    settings[0]!.regimes.map(({ name }, i): Cell[] => [
      name,
      ...settings.map(({ regimes }): Cell => ({ text: regimes[i]!.verdict, tone: TONES[regimes[i]!.verdict] })),
    ]),
    style,
    "    ",
  );

const regimeLines = (result: ExperimentResult, regime: RegimeResult, style: Style): string[] => [
  "",
  `    ${style.strong(regime.name)}: ${style[TONES[regime.verdict]](regime.verdict)}`,
  ...armLines(result, regime, style),
  "",
  ...table(
    [left("what decides"), right("found"), left("95 % interval"), left("claimed"), left("")],
    regime.comparisons.map((comparison) => comparisonRow(result, comparison)),
    style,
    "      ",
  ),
];

/** Arms by measures, in as many tables as the width asks for. */
const armLines = ({ measures }: ExperimentResult, { arms }: RegimeResult, style: Style): string[] => {
  const columns = measures.map(({ key, name, unit }) => ({
    column: right(name),
    cells: arms.map((arm) => estimateText(arm.measures[key] ?? null, unit)),
  }));
  const first = Math.max(3, ...arms.map(({ name }) => name.length));
  const groups: { column: Column; cells: string[] }[][] = [[]];
  let room = WIDTH - 6 - first;
  for (const entry of columns) {
    const width = 2 + Math.max(entry.column.heading.length, ...entry.cells.map((cell) => cell.length));
    if (width > room && groups.at(-1)!.length > 0) {
      groups.push([]);
      room = WIDTH - 6 - first;
    }
    groups.at(-1)!.push(entry);
    room -= width;
  }
  return groups.flatMap((group, i) => [
    ...(i === 0 ? [] : [""]),
    ...table(
      [left("arm"), ...group.map(({ column }) => column)],
      arms.map(({ name }, arm) => [name, ...group.map(({ cells }) => cells[arm]!)]),
      style,
      "      ",
    ),
  ]);
};

const comparisonRow = (result: ExperimentResult, comparison: ComparisonResult): Cell[] => {
  const { name, estimate, decides, verdict } = comparison;
  const unit = unitOf(comparison, result);
  const isKnown = estimate !== null && estimate.low !== null && estimate.high !== null;
  return [
    name,
    estimate === null ? NONE : numberText(estimate.mean, unit),
    isKnown
      ? `${significant(estimate.low! * (unit === "share" ? 100 : 1))} … ${significant(estimate.high! * (unit === "share" ? 100 : 1))}`
      : NONE,
    decides ? claimedText(comparison, unit) : "",
    decides ? { text: verdict, tone: TONES[verdict] } : { text: "shown only", tone: "faint" },
  ];
};

/** A table for each source, under its name. */
const referenceLines = ({ references }: ExperimentResult, style: Style): string[] =>
  [...groupBy(references, ({ source }) => source)].flatMap(([source, of]) => [
    ...wrap(source, "    "),
    ...table(
      [left("what"), right("theirs"), right("drawn"), right("trace")],
      of.map(({ what, theirs, unit, ours }) => [
        what,
        numberText(theirs, unit),
        ...(["synthetic", "trace"] as const).map((setting) => {
          const own = ours.find((entry) => entry.setting === setting);
          return own === undefined ? "" : estimateText(own.estimate, unit);
        }),
      ]),
      style,
      "      ",
    ),
  ]);

/** Every experiment with its claim. */
export const experimentList = (experiments: readonly Experiment[], style: Style = PLAIN): string =>
  text([
    style.strong("Claims about autoscaling that can be put to the test: ballast experiment <name>"),
    ...experiments.flatMap(({ name, claim }) => ["", `  ${style.strong(name)}`, ...wrap(claim, "    ")]),
  ]);
