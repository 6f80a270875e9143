import type { FailedRow } from "../compare/fail-on.ts";
import type { Comparison, Pair, Row, Verdict } from "../compare/schema.ts";
import { duration, quantity } from "../format.ts";
import {
  changeText,
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
} from "./compare-sentences.ts";
import { block, bullets, type Cell, left, PLAIN, right, type Style, table, text, type Tone, wrap } from "./layout.ts";

/** Devices side by side: what makes them incomparable first, then the figures a person looks for, a column a device. */
export const figuresText = (comparison: Comparison, heading: string, style: Style = PLAIN): string =>
  text([style.strong(heading), ...figureLines(comparison, style)]);

/**
 * A whole comparison for a terminal: figures, then for each pair the count of verdicts, the mean ratio by family and the rows that are not SAME.
 *
 * @param isAll every row, the SAME and UNSURE ones included
 */
export const comparisonText = (comparison: Comparison, isAll: boolean, style: Style = PLAIN): string =>
  text([
    style.strong(`${quantity(comparison.devices.length, "device")} side by side, the first one the baseline`),
    ...figureLines(comparison, style),
    ...comparison.pairs.flatMap((pair) => pairLines(pair, isAll, style)),
  ]);

/** Devices beside the baseline that a terminal has room for; more go into a table of their own below. */
const MOST_BESIDE = 2;

const figureLines = (comparison: Comparison, style: Style): string[] => {
  const { devices, caveats, model } = comparison;
  const others = devices.map((_, i) => i).slice(1);
  const groups =
    others.length === 0
      ? [[]]
      : Array.from({ length: Math.ceil(others.length / MOST_BESIDE) }, (_, i) => others.slice(i * MOST_BESIDE, (i + 1) * MOST_BESIDE));
  return [
    ...caveats.flatMap((caveat) => wrap(caveat, "  ")).map(style.bad),
    ...devices.flatMap((device) => wrap(deviceText(device), "     ", undefined, `  ${device.label.padEnd(2)} `)),
    ...groups.flatMap((group) => block(`Of ${model}`, figureTable(comparison, group, style), style)),
    ...bullets(figureNotes(comparison)).map(style.faint),
  ];
};

const figureTable = ({ devices, figures }: Comparison, others: readonly number[], style: Style): string[] => {
  const base = devices[0]?.label ?? "";
  const labelled = others.map((i) => devices[i]?.label ?? "");
  return table(
    [left(""), right(base), ...labelled.flatMap((label) => [right(label), right(`${label}/${base}`)])],
    figures.map((figure): Cell[] => [
      figure.name,
      figureText(figure.unit, figure.values[0]),
      ...others.flatMap((i): Cell[] => {
        const isBetter = isBetterOrNull(figure, i);
        const ratio = ratioText(figureRatioOrNull(figure, i));
        return [figureText(figure.unit, figure.values[i]), isBetter === null ? ratio : { text: ratio, tone: isBetter ? "good" : "bad" }];
      }),
    ]),
    style,
    "    ",
  );
};

const TONES: Readonly<Partial<Record<Verdict, Tone>>> = { SLOWER: "bad", FASTER: "good", UNSURE: "faint" };

const pairLines = (pair: Pair, isAll: boolean, style: Style): string[] => {
  const { base, other, rows, families, only_base, only_other } = pair;
  const ofVerdict = (verdict: Verdict): Row[] =>
    rows.filter((row) => row.verdict === verdict).sort((a, b) => (b.ratio?.estimate ?? 0) - (a.ratio?.estimate ?? 0));
  const shown = VERDICTS.filter((verdict) => isAll || verdict === "SLOWER" || verdict === "FASTER").flatMap(ofVerdict);
  const unsure = ofVerdict("UNSURE");
  return [
    "",
    style.strong(pairSentence(pair)),
    ...marginSentences(pair).flatMap((sentence) => wrap(sentence, "  ")),
    ...(unsure.length === 0 ? [] : wrap(`UNSURE: ${unsureText(unsure)}${isAll ? "" : "; --all lists them"}.`, "  ")),
    ...block(
      `Time of ${other} over ${base}, geometric mean`,
      table(
        [left(""), right("rows"), right("change in time")],
        families.map((family): Cell[] => [family.family, String(family.rows), changeText(family)]),
        style,
        "    ",
      ),
      style,
    ),
    ...block(
      isAll ? "All rows" : "Rows that differ",
      shown.length === 0
        ? []
        : table(
            [left(""), right("change in time"), right(base), right(other), left("measurement")],
            shown.map((row): Cell[] => [
              { text: row.verdict, tone: TONES[row.verdict] ?? "faint" },
              changeText(row),
              duration(row.base_s),
              duration(row.other_s),
              row.reason === null ? row.id : `${row.id} (${reasonText(row.reason)})`,
            ]),
            style,
            "    ",
          ),
      style,
    ),
    ...(only_base.length + only_other.length === 0
      ? []
      : ["", ...only(`Only ${base} measured`, only_base, isAll), ...only(`Only ${other} measured`, only_other, isAll)]),
  ];
};

const MOST_NAMED = 5;

const only = (heading: string, ids: readonly string[], isAll: boolean): string[] => {
  const named = isAll ? ids : ids.slice(0, MOST_NAMED);
  const rest = ids.length - named.length;
  return ids.length === 0 ? [] : [`  ${heading}:`, ...bullets([...named, ...(rest === 0 ? [] : [`and ${rest} more; --all names them`])])];
};

/** Rows that failed, one a line: the device, the change with its interval, and the measurement. */
export const failedList = (failed: readonly FailedRow[]): string =>
  failed.map((row) => `  ${row.other} ${changeText(row)} ${row.id}`).join("\n");
