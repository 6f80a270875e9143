import { significant } from "../format.ts";
import { block, bullets, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";
import {
  arrivalRows,
  type DescribedTraffic,
  LENGTH_HEADINGS,
  lengthRows,
  structureSentences,
  trafficSentence,
  windowInWords,
} from "./traffic-sentences.ts";

const BLOCKS = "▁▂▃▄▅▆▇█";
const WIDEST = 100;

/** Values as one line of blocks from 0 to the largest; many are thinned by the largest of each group, and 0 is a space. */
export const sparkline = (values: readonly number[], width = WIDEST): string => {
  const group = Math.ceil(values.length / width);
  const shown = Array.from({ length: Math.ceil(values.length / group) }, (_, i) => Math.max(...values.slice(i * group, (i + 1) * group)));
  const most = Math.max(...shown);
  return shown.map((value) => (value === 0 ? " " : BLOCKS[Math.max(0, Math.ceil((value / most) * BLOCKS.length) - 1)])).join("");
};

/** Traffic for a terminal: the result in its first sentence, the rate over time, then arrivals, lengths, and what prompts have in common. */
export const trafficText = (described: DescribedTraffic, style: Style = PLAIN): string => {
  const { source, description, notes } = described;
  const { window, rates } = description.timeline;
  const group = Math.ceil(rates.length / WIDEST);
  const most = rates.reduce((a, b) => Math.max(a, b), 0);
  return text([
    ...wrap(trafficSentence(described)).map(style.strong),
    ...wrap(source, "  "),
    ...block(
      "Requests per second over time",
      [
        `    ${sparkline(rates)}`,
        ...wrap(
          `from 0 to ${significant(most)} requests/s, in windows of ${windowInWords(window)}${group === 1 ? "" : `; the largest of every ${group}`}`,
          "    ",
        ),
      ],
      style,
    ),
    ...block("Arrivals", table([left(""), right(""), left("")], arrivalRows(description), style, "    "), style),
    ...block("Lengths", table([left(""), ...LENGTH_HEADINGS.map(right)], lengthRows(description), style, "    "), style),
    ...block("What requests have in common", bullets(structureSentences(description)), style),
    ...block("Notes", bullets(notes), style),
  ]);
};
