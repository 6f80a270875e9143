import type { Levers } from "../plan/levers/schema.ts";
import { type Cell, left, right, type Style, table, wrap, bullets, PLAIN } from "./layout.ts";
import { type LeverRow, leverRows, leversBasis, leverSentences, referenceSentence, worthSentence } from "./levers-sentences.ts";

const TONES = { saves: "good", costs: "bad", open: "faint" } as const;

const cellsOf = (row: LeverRow): Cell[] => [
  row.name,
  row.gpuHours,
  { text: row.change, tone: TONES[row.effect] },
  row.scaleEvents,
  row.tail,
  row.allBut,
];

/** What each lever is worth, for a terminal: its closing sentence last. */
export const leversLines = (levers: Levers, style: Style = PLAIN): string[] => [
  ...wrap(referenceSentence(levers), "    "),
  ...table(
    [left("lever"), right("GPU-hours"), right("change"), right("scale events"), right("worst latency/limit"), right("all but it")],
    leverRows(levers).map(cellsOf),
    style,
    "    ",
  ),
  ...bullets([...leverSentences(levers), ...levers.notes]),
  ...wrap(leversBasis(levers), "    "),
  ...wrap(worthSentence(levers), "    ").map(style.strong),
];
