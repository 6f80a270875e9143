import type { Input } from "../../provenance.ts";
import type { Candidate, Plan } from "../../plan/schema.ts";
import { durationOrNever, durationOrNone, gpuHours, limit, mean, NONE, objectiveName, percent } from "../../format.ts";
import { inOrderOfOrigin } from "../inputs.ts";
import {
  autoscalerSentenceOrNull,
  comparedCandidates,
  confidenceSentence,
  headroomSentenceOrNull,
  replicaRange,
  triedSentence,
  whyNotFewerSentence,
} from "../plan-sentences.ts";
import { details, html, type Html, items, table } from "./markup.ts";

/** Met or missed in words and a colour, never by colour alone. */
const verdict = (isMet: boolean, text: string): Html => html`<span class="${isMet ? "good" : "bad"}">${text} ${isMet ? "" : "✗"}</span>`;

const row = (name: string, candidate: Candidate): (string | Html)[] => [
  name,
  ...candidate.objectives.map(({ value_s, is_met }) => verdict(is_met, durationOrNever(value_s))),
  durationOrNone(candidate.ttft_s?.p50),
  durationOrNone(candidate.ttft_s?.max),
  replicaRange(candidate),
  gpuHours(candidate.gpu_hours),
  mean(candidate.scale_events),
  candidate.utilization === null ? NONE : percent(candidate.utilization),
  verdict(candidate.meets, candidate.meets ? "yes" : "no"),
];

const comparison = (plan: Plan): Html => {
  const compared = comparedCandidates(plan);
  const objectives = compared[0]?.candidate.objectives ?? [];
  if (compared.length === 0) return html``;
  const numbers = [
    ...objectives.map(({ objective, limit_s }) => `${objectiveName(objective)} ≤ ${limit(limit_s)}`),
    "TTFT p50",
    "TTFT max",
    "replicas",
    "GPU-hours",
    "scale events",
    "busy",
    "meets",
  ];
  return html`${table(
    "Policies on the same traffic; ✗ misses its limit",
    [{ heading: "policy" }, ...numbers.map((heading) => ({ heading, isNumber: true }))],
    compared.map(({ name, candidate }) => row(name, candidate)),
  )}${plan.autoscaler === null ? html`` : html`<p class="faint">autoscaler: ${plan.autoscaler.policy}</p> `}`;
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
export const planSection = (plan: Plan): Html => {
  const tried = triedSentence(plan);
  const sentences = [whyNotFewerSentence(plan), headroomSentenceOrNull(plan), autoscalerSentenceOrNull(plan)];
  return html`<section aria-labelledby="answer">
    <h2 id="answer">What decides it</h2>
    ${sentences.map((text) => (text === null || text === "" ? html`` : html`<p>${text}</p> `))}${comparison(plan)}
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
