import { NONE } from "../format.ts";
import { bullets, left, PLAIN, right, table, text, wrap } from "./layout.ts";
import { contestant, fastestPeerOrNull, raceRatioOrNull } from "./peers-ratios.ts";
import { DEFAULT, type PeerTable, TUNED } from "./peers-schema.ts";
import {
  machineSentence,
  milliseconds,
  overheadSentenceOrNull,
  peerCell,
  peersNotes,
  peersSummaries,
  ratioText,
  shortName,
} from "./peers-sentences.ts";

/** The table with what belongs to it, as plain text. */
export const peersText = (report: PeerTable): string => {
  const { races, libraries } = report;
  const rows = races.map((race) => {
    const tuned = contestant(race, TUNED);
    const ratio = raceRatioOrNull(race, TUNED);
    const untuned = raceRatioOrNull(race, DEFAULT);
    return [
      race.id,
      milliseconds(contestant(race, DEFAULT)),
      milliseconds(tuned),
      tuned?.way == null ? "" : shortName(tuned.way),
      ...libraries.map(({ name }) => peerCell(race, name)),
      ratio === null ? NONE : ratioText(ratio),
      untuned === null ? NONE : untuned.estimate.toFixed(2),
      ratio === null ? "" : `${ratio.verdict}${ratio.verdict === "SAME" ? "" : ` than ${fastestPeerOrNull(race)?.name}`}`,
    ];
  });
  const columns = [
    left("shape"),
    right("default ms"),
    right("tuned ms"),
    left("variant"),
    ...libraries.map(({ name }) => right(`${name} ms`)),
    right("fastest peer / tuned"),
    right("/ default"),
    left("tuned is"),
  ];
  const part = (heading: string, items: readonly string[]) => (items.length === 0 ? [] : ["", heading, ...bullets(items, "  ")]);
  const overhead = overheadSentenceOrNull(report);
  return text([
    ...wrap(`${machineSentence(report)} Milliseconds a call.`),
    "",
    ...(rows.length === 0 ? [] : [...table(columns, rows, PLAIN), ""]),
    ...(overhead === null ? [] : [...wrap(overhead, "  "), ""]),
    ...peersSummaries(report).flatMap(([who, sentences]) => wrap(`${who}: ${sentences.join(" ")}`, "  ")),
    ...peersNotes(report).flatMap(([heading, lines]) => part(heading, lines)),
  ]);
};
