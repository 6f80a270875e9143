import { count, duration, limit, NONE, percent, plain, quantity, significant } from "../format.ts";
import type { Burstiness } from "../traffic/arrival-bins.ts";
import type { LengthSummary, TrafficDescription } from "../traffic/describe.ts";

/** Traffic as it was found, with what is to be said beside it. */
export interface DescribedTraffic {
  /** The file's name, or the scenario's. */
  readonly name: string;
  /** How the file is written, or what the generator is: "azure", "bursty, 10 requests/s on average for 20 min". */
  readonly source: string;
  readonly description: TrafficDescription;
  readonly notes: readonly string[];
}

/** The one sentence a reader takes away. */
export const trafficSentence = ({ name, description }: DescribedTraffic): string => {
  const { requests, span, rate, in60s } = description;
  const mean = rate === null ? "" : `, ${significant(rate)} requests/s on average`;
  const peak = in60s === null ? "" : `, ${significant(in60s.peakToMean * (rate ?? 0))} in the fullest minute`;
  return `${name}: ${quantity(requests, "request")} in ${duration(span)}${mean}${peak}`;
};

/** What the arrivals are like: name, value, and what it means. */
export const arrivalRows = ({ rate, span, in10s, in60s }: TrafficDescription): [name: string, value: string, meaning: string][] => [
  ["rate", rate === null ? NONE : `${significant(rate)} requests/s`, `over ${duration(span)} from the first to the last arrival`],
  ...burstinessRows("10 s", in10s),
  ...burstinessRows("60 s", in60s),
];

const burstinessRows = (width: string, found: Burstiness | null): [string, string, string][] => [
  [`peak to mean, ${width}`, found === null ? NONE : significant(found.peakToMean), "fullest bin over the mean bin"],
  [
    `dispersion, ${width}`,
    found === null ? NONE : significant(found.indexOfDispersion),
    found === null ? "fewer than two whole bins" : dispersionInWords(found.indexOfDispersion),
  ],
];

const dispersionInWords = (index: number): string =>
  `variance over mean of the counts: ${index > 1.5 ? "burstier than" : index < 0.67 ? "more even than" : "about as"} Poisson, which has 1`;

export const LENGTH_HEADINGS = ["mean", "p50", "p90", "p99", "max", "in all"] as const;

/** Prompt and output tokens: the percentiles are exact. */
export const lengthRows = ({ promptTokens, outputTokens }: TrafficDescription): [name: string, ...values: string[]][] =>
  [["prompt tokens", promptTokens] as const, ["output tokens", outputTokens] as const].map(
    ([name, lengths]: readonly [string, LengthSummary]) => [
      name,
      ...[lengths.mean, lengths.p50, lengths.p90, lengths.p99, lengths.max, lengths.total].map(count),
    ],
  );

/** What prompts have in common, sessions and priorities, as sentences; none where there is nothing of it. */
export const structureSentences = ({ requests, prefixes, sessions, priorities }: TrafficDescription): string[] => [
  ...(prefixes === null
    ? ["Prefix reuse is not known: nothing says what prompts have in common."]
    : [
        `${percent(prefixes.share)} of the prompt tokens are ones that an earlier request of the same beginning has had computed, given a cache without limit; ${percent(prefixes.requests / prefixes.of)} of the requests have any.${prefixes.of < requests ? ` Only the first ${count(prefixes.of)} requests were looked at: their prefixes were all that memory is set aside for.` : ""}`,
      ]),
  ...(sessions === null
    ? []
    : [
        `${quantity(sessions.sessions, "session")} of ${count(sessions.turns.p50)} requests (p50), ${count(sessions.turns.p90)} (p90), at most ${count(sessions.turns.max)}${sessions.thinkTime === null ? "" : `; think time p50 ${duration(sessions.thinkTime.p50)}, p90 ${duration(sessions.thinkTime.p90)}, p99 ${duration(sessions.thinkTime.p99)}`}.`,
        "When a session's later requests arrive depends on how fast it is answered: here they arrive as if every answer came at once, so the rates are the highest that these sessions can ask for.",
      ]),
  ...(priorities === null
    ? []
    : [
        `Priorities: ${priorities.map(({ priority, requests: of }) => `${priority} in ${percent(of / requests)} of the requests`).join(", ")}.`,
      ]),
];

/** How wide the windows of the rate over time are. */
export const windowInWords = (window: number): string => (window < 1 ? `${plain(window * 1000)} ms` : limit(window));
