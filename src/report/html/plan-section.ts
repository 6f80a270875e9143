import type { Input } from "../../provenance.ts";
import type { Candidate, Plan } from "../../plan/schema.ts";
import { durationOrNone, gpuHours, mean, NONE, percent, significant } from "../../format.ts";
import { inOrderOfOrigin } from "../inputs.ts";
import { costCells, intervalOrNull, limitOf, nameOf, valueOf } from "../objective-words.ts";
import {
  autoscalerSentenceOrNull,
  breakingSentenceOrNull,
  burstSentenceOrNull,
  comparedCandidates,
  confidenceSentence,
  hardshipSentenceOrNull,
  headroomSentenceOrNull,
  hybridSentenceOrNull,
  policyLines,
  replicaRange,
  triedSentence,
  VERDICTS,
  whyNotFewerSentence,
} from "../plan-sentences.ts";
import { SENSITIVITY_HEADINGS, sensitivityRows, sensitivitySentenceOrNull } from "../plan-sensitivity.ts";
import { changeSentenceOrNull, todaySentenceOrNull } from "../plan-today-sentences.ts";
import { bestIn, frontierRows } from "../plan-frontier.ts";
import type { Charts } from "./chart.ts";
import { frontierChart } from "./frontier-chart.ts";
import { details, html, type Html, items, table } from "./markup.ts";

/** Met or missed in words and a colour, never by colour alone. */
const verdict = (of: Verdict, text: string, interval: string | null = null): Html => {
  const below = interval === null ? null : html`<span class="interval">${interval}</span>`;
  return html`<span class="${CLASSES[of]}">${text} ${SIGNS[of]}${below}</span>`;
};

type Verdict = Candidate["verdict"];
const CLASSES = { meets: "good", misses: "bad", undecided: "faint" } as const;
const SIGNS = { meets: "", misses: "✗", undecided: "?" } as const;

const TTFT_P50 = "TTFT p50";

const row = (name: string, candidate: Candidate): (string | Html)[] => [
  name,
  ...candidate.objectives.map((result) => verdict(result.verdict, valueOf(result), intervalOrNull(result))),
  // An objective on it has its own column, by its own definition of a percentile.
  candidate.objectives.some((result) => nameOf(result) === TTFT_P50) ? "" : durationOrNone(candidate.ttft_s?.p50),
  durationOrNone(candidate.ttft_s?.max),
  replicaRange(candidate),
  gpuHours(candidate.gpu_hours),
  ...costCells(candidate),
  mean(candidate.scale_events),
  candidate.utilization === null ? NONE : percent(candidate.utilization),
  candidate.mean_batch === null ? NONE : mean(candidate.mean_batch),
  verdict(candidate.verdict, VERDICTS[candidate.verdict]),
];

const comparison = (plan: Plan): Html => {
  const compared = comparedCandidates(plan);
  const objectives = compared[0]?.candidate.objectives ?? [];
  if (compared.length === 0) return html``;
  const hasIntervals = compared.some(({ candidate }) => candidate.objectives.some((result) => intervalOrNull(result) !== null));
  const numbers = [
    ...objectives.map((result) => `${nameOf(result)} ${limitOf(result)}`),
    TTFT_P50,
    "TTFT max",
    "replicas",
    "GPU-hours",
    ...(compared[0]?.candidate.cost === undefined ? [] : ["cost"]),
    "scale events",
    "busy",
    "batch",
    "meets",
  ];
  return html`${table(
    `Policies on the same traffic${hasIntervals ? " (95 % intervals)" : ""}; ✗ misses its limit, ? is too close to call`,
    [{ heading: "policy" }, ...numbers.map((heading) => ({ heading, isNumber: true }))],
    compared.map(({ name, candidate }) => row(name, candidate)),
  )}${policyLines(plan).map((line) => html`<p class="faint">${line}</p> `)}`;
};

/** Policies by cost, tail and churn: those worth a look in a table, all of them in a picture. */
const frontier = (charts: Charts, plan: Plan): Html => {
  const { shown, hidden } = frontierRows(plan);
  if (shown.length === 0) return html``;
  return html`<h3>Frontier</h3>
    <div class="figures">${frontierChart(charts, plan)}</div>
    ${table(
      "Policies by cost, and what the best of those that meet the objectives are the best in",
      [
        { heading: "policy" },
        { heading: "GPU-hours", isNumber: true },
        { heading: "worst latency / limit", isNumber: true },
        { heading: "scale events", isNumber: true },
        { heading: "meets", isNumber: true },
        { heading: "best in" },
      ],
      shown.map(({ name, gpu_hours, tail, scale_events, verdict: of, ...point }) => [
        name,
        gpuHours(gpu_hours),
        tail === null ? "never" : significant(tail),
        mean(scale_events),
        verdict(of, VERDICTS[of]),
        bestIn(point),
      ]),
    )}${hidden === null ? html`` : html`<p class="faint">${hidden}</p> `}`;
};

/** The answer when one thing is otherwise. */
const sensitivity = (plan: Plan): Html => {
  const rows = sensitivityRows(plan);
  if (rows.length === 0) return html``;
  const [changed, ...numbers] = SENSITIVITY_HEADINGS;
  return html`<h3>What would change it</h3>
    ${table(
      "The smallest fixed number and the cheapest autoscaled one when one thing is otherwise, from what saves most; and how many times that traffic the unchanged number takes",
      [{ heading: changed }, ...numbers.map((heading) => ({ heading, isNumber: true }))],
      rows,
    )}`;
};

export const inputTable = (inputs: readonly Input[]): Html =>
  table(
    "Inputs: given by you, measured on the device, or assumed by Ballast",
    [{ heading: "input" }, { heading: "value" }, { heading: "origin" }, { heading: "source" }],
    inOrderOfOrigin(inputs).map(({ name, value, origin, source }) => [
      name,
      value,
      origin === "assumed" ? html`<strong>${origin}</strong>` : origin,
      source,
    ]),
  );

/** What the answer is and what decides it; the sentence itself is the page's heading. */
export const planSection = (charts: Charts, plan: Plan): Html => {
  const tried = triedSentence(plan);
  const sentences = [
    ...(plan.cautions ?? []),
    todaySentenceOrNull(plan),
    whyNotFewerSentence(plan),
    hardshipSentenceOrNull(plan),
    breakingSentenceOrNull(plan),
    burstSentenceOrNull(plan),
    headroomSentenceOrNull(plan),
    changeSentenceOrNull(plan),
    autoscalerSentenceOrNull(plan),
    hybridSentenceOrNull(plan),
    sensitivitySentenceOrNull(plan),
  ];
  return html`<section aria-labelledby="answer">
    <h2 id="answer">What decides it</h2>
    ${sentences.map((text) => (text === null || text === "" ? html`` : html`<p>${text}</p> `))}${comparison(plan)}${frontier(charts, plan)}${sensitivity(plan)}
    <h3>The question</h3>
    <p>${plan.question}</p>
    <h3>How sure</h3>
    <p>${confidenceSentence(plan)}${tried === "" ? "" : ` Replicas tried: ${tried}.`}</p>
    ${
      plan.notes.length === 0
        ? html``
        : html`<h3>Notes on the answer</h3>
            ${items(plan.notes)}`
    }
  </section> `;
};

/** What an answer or a run rests on, and what it leaves out. */
export const basisSection = (inputs: readonly Input[], notModelled: readonly string[]): Html =>
  html`<section aria-labelledby="basis">
    <h2 id="basis">What this rests on</h2>
    ${
      notModelled.length === 0
        ? html``
        : html`<h3>Not modelled</h3>
            ${items(notModelled)}`
    }${inputs.length === 0 ? html`` : details(`All ${inputs.length} inputs`, inputTable(inputs))}
  </section> `;
