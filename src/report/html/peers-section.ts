import { NONE } from "../../format.ts";
import type { Profile } from "../../profile/schema.ts";
import { racedSentence } from "../peers-beside.ts";
import { contestant, fastestPeerOrNull, raceRatioOrNull } from "../peers-ratios.ts";
import { DEFAULT, type PeerTable, TUNED } from "../peers-schema.ts";
import {
  machineSentence,
  milliseconds,
  overheadSentenceOrNull,
  peerCell,
  peersNotes,
  peersSummaries,
  ratioText,
  shortName,
} from "../peers-sentences.ts";
import type { Charts } from "./chart.ts";
import { details, html, type Html, part, table } from "./markup.ts";
import { peersChart } from "./peers-chart.ts";

const MARKS = { FASTER: "good", SLOWER: "bad", SAME: "" } as const;

const raceTable = ({ races, libraries }: PeerTable): Html =>
  table(
    "Milliseconds a call; the fastest peer is bold, and the ratio is its time over Ballast's, tuned",
    [
      { heading: "shape" },
      { heading: "Ballast, tuned", isNumber: true },
      { heading: "default", isNumber: true },
      ...libraries.map(({ name }) => ({ heading: name, isNumber: true })),
      { heading: "ratio (95 % interval)", isNumber: true },
      { heading: "Ballast is" },
      { heading: "tuned variant" },
    ],
    races.map((race) => {
      const tuned = contestant(race, TUNED);
      const ratio = raceRatioOrNull(race, TUNED);
      const fastest = fastestPeerOrNull(race)?.name;
      return [
        race.id,
        milliseconds(tuned),
        milliseconds(contestant(race, DEFAULT)),
        ...libraries.map(({ name }) => (name === fastest ? html`<strong>${peerCell(race, name)}</strong>` : peerCell(race, name))),
        ratio === null ? NONE : ratioText(ratio),
        ratio === null ? NONE : html`<span class="${MARKS[ratio.verdict]}">${ratio.verdict}</span>`,
        tuned?.way == null ? NONE : html`<code>${shortName(tuned.way)}</code>`,
      ];
    }),
  );

/**
 * Ballast's kernels beside other libraries: what all shapes say together with the worst of them, a picture of the ratios, and every time.
 *
 * @param profile what the table stands beside
 */
export const peersSection = (charts: Charts, peers: PeerTable, profile: Profile | undefined): Html => {
  const overhead = overheadSentenceOrNull(peers);
  return html`<section aria-labelledby="peers">
    <h2 id="peers">Kernels beside other WebGPU libraries</h2>
    ${peersSummaries(peers).map(([who, sentences]) => html`<p><strong>${who}</strong>: ${sentences.join(" ")}</p> `)}
    <p class="faint">${machineSentence(peers)} ${racedSentence(peers, profile)}</p>
    ${peersChart(charts, peers)} ${details("Every shape", raceTable(peers))}
    ${overhead === null ? html`` : html`<p>${overhead}</p> `}${peersNotes(peers).map(([heading, lines]) => part(heading, lines))}
  </section> `;
};
