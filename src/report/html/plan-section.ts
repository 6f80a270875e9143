import type { Input } from "../../provenance.ts";
import type { Candidate, Plan } from "../../plan/schema.ts";
import { durationOrNone, gpuHours, mean, NONE, percent, significant } from "../../format.ts";
import { inOrderOfOrigin } from "../inputs.ts";
import { intervalOrNull, limitOf, nameOf, valueOf } from "../objective-words.ts";
import {
  autoscalerSentenceOrNull,
  breakingSentenceOrNull,
  comparedCandidates,
  confidenceSentence,
  headroomSentenceOrNull,
  hybridSentenceOrNull,
  replicaRange,
  triedSentence,
  VERDICTS,
  whyNotFewerSentence,
} from "../plan-sentences.ts";
import { details, html, type Html, items, table } from "./markup.ts";

/** Met or missed in words and a colour, never by colour alone. */
const verdict = (of: Verdict, text: string): Html => html`<span class="${CLASSES[of]}">${text} ${SIGNS[of]}</span>`;

type Verdict = Candidate["verdict"];
const CLASSES = { meets: "good", misses: "bad", undecided: "faint" } as const;
const SIGNS = { meets: "", misses: "✗", undecided: "?" } as const;

const row = (name: string, candidate: Candidate): (string | Html)[] => [
  name,
  ...candidate.objectives.map((result) => verdict(result.verdict, withInterval(valueOf(result), intervalOrNull(result)))),
  durationOrNone(candidate.ttft_s?.p50),
  durationOrNone(candidate.ttft_s?.max),
  replicaRange(candidate),
  gpuHours(candidate.gpu_hours),
  mean(candidate.scale_events),
  candidate.utilization === null ? NONE : percent(candidate.utilization),
  verdict(candidate.verdict, VERDICTS[candidate.verdict]),
];

const withInterval = (value: string, interval: string | null): string => (interval === null ? value : `${value} (${interval})`);

const comparison = (plan: Plan): Html => {
  const compared = comparedCandidates(plan);
  const objectives = compared[0]?.candidate.objectives ?? [];
  if (compared.length === 0) return html``;
  const numbers = [
    ...objectives.map((result) => `${nameOf(result)} ${limitOf(result)}`),
    "TTFT p50",
    "TTFT max",
    "replicas",
    "GPU-hours",
    "scale events",
    "busy",
    "meets",
  ];
  return html`${table(
    "Policies on the same traffic (95 % intervals); ✗ misses its limit, ? is too close to call",
    [{ heading: "policy" }, ...numbers.map((heading) => ({ heading, isNumber: true }))],
    compared.map(({ name, candidate }) => row(name, candidate)),
  )}${plan.autoscaler === null ? html`` : html`<p class="faint">autoscaler: ${plan.autoscaler.policy}</p> `}`;
};

/** Policies by cost, tail and churn. */
const frontier = ({ frontier: points = [] }: Plan): Html =>
  points.length === 0
    ? html``
    : table(
        "Policies by cost; one that another beats in cost, tail and churn says so",
        [
          { heading: "policy" },
          { heading: "GPU-hours", isNumber: true },
          { heading: "worst latency / limit", isNumber: true },
          { heading: "scale events", isNumber: true },
          { heading: "meets", isNumber: true },
          { heading: "remark" },
        ],
        points.map(({ name, gpu_hours, tail, scale_events, verdict: of, is_dominated }) => [
          name,
          gpuHours(gpu_hours),
          tail === null ? "never" : significant(tail, 2),
          mean(scale_events),
          verdict(of, VERDICTS[of]),
          is_dominated ? "another is as good or better in all three" : "",
        ]),
      );

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
export const planSection = (plan: Plan): Html => {
  const tried = triedSentence(plan);
  const sentences = [
    whyNotFewerSentence(plan),
    breakingSentenceOrNull(plan),
    headroomSentenceOrNull(plan),
    autoscalerSentenceOrNull(plan),
    hybridSentenceOrNull(plan),
  ];
  return html`<section aria-labelledby="answer">
    <h2 id="answer">What decides it</h2>
    ${sentences.map((text) => (text === null || text === "" ? html`` : html`<p>${text}</p> `))}${comparison(plan)}${frontier(plan)}
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
