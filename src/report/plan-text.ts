import type { Candidate, Plan } from "../plan/schema.ts";
import { durationOrNone, gpuHours, mean, percent, significant } from "../format.ts";
import { inputLines } from "./inputs.ts";
import { block, bullets, type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";
import { leversLines } from "./levers-text.ts";
import { bestIn, frontierRows } from "./plan-frontier.ts";
import { costCells, limitOf, MARKS, nameOf, valueOf } from "./objective-words.ts";
import {
  answerSentence,
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
} from "./plan-sentences.ts";
import { SENSITIVITY_HEADINGS, sensitivityRows, sensitivitySentenceOrNull } from "./plan-sensitivity.ts";
import { changeSentenceOrNull, todaySentenceOrNull } from "./plan-today-sentences.ts";

const row = (name: string, candidate: Candidate): Cell[] => [
  name,
  ...candidate.objectives.map((result): Cell => ({ text: `${valueOf(result)}${MARKS[result.verdict]}`, tone: TONES[result.verdict] })),
  durationOrNone(candidate.ttft_s?.p50),
  durationOrNone(candidate.ttft_s?.max),
  replicaRange(candidate),
  gpuHours(candidate.gpu_hours),
  ...costCells(candidate),
  mean(candidate.scale_events),
  candidate.utilization === null ? "" : percent(candidate.utilization),
  candidate.mean_batch === null ? "" : mean(candidate.mean_batch),
  { text: VERDICTS[candidate.verdict], tone: TONES[candidate.verdict] },
];

const TONES = { meets: "good", misses: "bad", undecided: "faint" } as const;

/** Policies beside one another, one a line, with the limits below; a value over its limit carries a "!", one too close to call a "?". */
const comparison = (plan: Plan, style: Style): string[] => {
  const compared = comparedCandidates(plan);
  const objectives = compared[0]?.candidate.objectives ?? [];
  if (compared.length === 0) return [];
  const limits: Cell[] = [
    { text: "limit", tone: "faint" },
    ...objectives.map((result): Cell => ({ text: limitOf(result), tone: "faint" })),
  ];
  return [
    ...table(
      [
        left("policy"),
        ...objectives.map((result) => right(nameOf(result))),
        right("TTFT p50"),
        right("TTFT max"),
        right("replicas"),
        right("GPU-hours"),
        ...(compared[0]?.candidate.cost === undefined ? [] : [right("cost")]),
        right("scale events"),
        right("busy"),
        right("batch"),
        right("meets"),
      ],
      [...compared.map(({ name, candidate }) => row(name, candidate)), limits],
      style,
      "    ",
    ),
    ...policyLines(plan).flatMap((line) => wrap(line, "      ", undefined, "    ")),
  ];
};

/** Policies by cost, tail and churn, and what the best are the best in. */
const frontierLines = (plan: Plan, style: Style): string[] => {
  const { shown, hidden } = frontierRows(plan);
  if (shown.length === 0) return [];
  const rows = table(
    [left("policy"), right("GPU-hours"), right("worst latency/limit"), right("scale events"), right("meets"), left("best in")],
    shown.map(({ name, gpu_hours, tail, scale_events, verdict, ...point }): Cell[] => [
      name,
      gpuHours(gpu_hours),
      tail === null ? "never" : significant(tail),
      mean(scale_events),
      { text: VERDICTS[verdict], tone: TONES[verdict] },
      point.is_dominated ? { text: bestIn(point), tone: "faint" } : bestIn(point),
    ]),
    style,
    "    ",
  );
  return [...rows, ...(hidden === null ? [] : wrap(hidden, "    "))];
};

/** The answer when one thing is otherwise, a change a line. */
const sensitivityLines = (plan: Plan, style: Style): string[] => {
  const rows = sensitivityRows(plan);
  if (rows.length === 0) return [];
  const [changed, ...numbers] = SENSITIVITY_HEADINGS;
  return table([left(changed), ...numbers.map(right)], rows, style, "    ");
};

/**
 * A plan for a terminal: what runs today, where that is known, then the answer in one sentence (both after a heading that limits them, where
 * there is one), what decides it, and what it rests on.
 */
export const planText = (plan: Plan, style: Style = PLAIN): string => {
  const sentences = [
    whyNotFewerSentence(plan),
    hardshipSentenceOrNull(plan),
    breakingSentenceOrNull(plan),
    burstSentenceOrNull(plan),
    headroomSentenceOrNull(plan),
    changeSentenceOrNull(plan),
    autoscalerSentenceOrNull(plan),
    hybridSentenceOrNull(plan),
    sensitivitySentenceOrNull(plan),
  ].filter((line) => line !== null && line !== "");
  const tried = triedSentence(plan);
  const today = todaySentenceOrNull(plan);
  return text([
    ...(plan.heading === null ? [] : [...wrap(plan.heading).map(style.bad), ""]),
    ...(today === null ? [] : [...wrap(today), ""]),
    ...(plan.cautions ?? []).flatMap((line) => [...wrap(line).map(style.bad), ""]),
    ...wrap(answerSentence(plan)).map(style.strong),
    ...sentences.flatMap((line) => wrap(line ?? "", "  ")),
    ...block("Policies on the same traffic", comparison(plan, style), style),
    ...block("Frontier", frontierLines(plan, style), style),
    ...block("Levers, at equal objectives", plan.levers === undefined ? [] : leversLines(plan.levers, style), style),
    ...block("What would change it", sensitivityLines(plan, style), style),
    ...block("Question", wrap(plan.question, "    "), style),
    ...block(
      "Confidence",
      [...wrap(confidenceSentence(plan), "    "), ...(tried === "" ? [] : wrap(`Replicas tried: ${tried}.`, "    "))],
      style,
    ),
    ...block("Inputs", inputLines(plan.inputs), style),
    ...block("Not modelled", bullets(plan.not_modelled), style),
    ...block("Notes", bullets(plan.notes), style),
  ]);
};
