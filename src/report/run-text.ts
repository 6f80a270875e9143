import type { Disruption, Latency, Run } from "../fleet/run.ts";
import { count, duration, durationOrNone, gpuHours, list, mean, percent, quantity } from "../format.ts";
import { readyAfter } from "./effect-rows.ts";
import { effectLines } from "./effect-text.ts";
import { admissionLines, missingOrNull } from "./admission-text.ts";
import { inputLines } from "./inputs.ts";
import { priceLines } from "./price-text.ts";
import { block, bullets, type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";

const STATES = {
  finished: "finished",
  rejected: "rejected",
  timed_out: "timed out",
  cut_off: "cut off",
  lost: "lost",
  deferred: "still deferred",
  queued: "still queued",
  running: "still running",
} as const;

/** What became of the requests: `all 1,204 requests finished`, or each state that has any. */
export const requestsSentence = ({ requests }: Run): string => {
  if (requests.arrived === 0) return "no request arrived";
  if (requests.finished === requests.arrived) return `all ${count(requests.arrived)} requests finished`;
  const states = (Object.keys(STATES) as (keyof typeof STATES)[]).filter((state) => requests[state] > 0);
  return `of ${count(requests.arrived)} requests ${list(states.map((state) => `${count(requests[state])} ${STATES[state]}`))}`;
};

/** The result in one sentence. */
export const runSentence = (run: Run): string =>
  `${run.policy}: ${requestsSentence(run)}; ${run.requests.finished > 0 && run.requests.finished < run.requests.arrived ? "of those that finished " : ""}TTFT p99 ${durationOrNone(run.latency.ttft_s?.p99)}, TPOT p99 ${durationOrNone(run.latency.tpot_s?.p99)}, ${gpuHours(run.gpu_hours)} GPU-hours, ${quantity(run.scale_events.length, "scale event")}.`;

/** Steps outside the measured range, as a caveat; null where there were none. */
export const extrapolationOrNull = (run: Run): string | null =>
  run.extrapolated_steps === 0
    ? null
    : `${percent(run.extrapolated_steps / run.steps)} of the steps lie outside the measured range of the step curve: their times are extrapolated.`;

const LATENCIES = [
  ["TTFT", "ttft_s"],
  ["TPOT", "tpot_s"],
  ["end to end", "end_to_end_s"],
] as const;

export const latencyRows = (run: Run): [name: string, latency: Latency][] => LATENCIES.map(([name, key]) => [name, run.latency[key]]);

const PERCENTILES = ["mean", "p50", "p90", "p95", "p99", "max"] as const;

/** GPU time by state, those with any, the largest first. */
export const paidShares = (run: Run): { state: string; seconds: number; share: number }[] => {
  const total = Object.values(run.paid_s).reduce((sum, seconds) => sum + seconds, 0);
  return Object.entries(run.paid_s)
    .filter(([, seconds]) => seconds > 0)
    .map(([state, seconds]) => ({ state, seconds, share: seconds / total }))
    .sort((a, b) => b.seconds - a.seconds);
};

/** What the prefix cache has spared; null where there is none, or nothing in common. */
export const prefixCacheOrNull = ({ prefix_cache: cache }: Run): string | null =>
  cache === null || cache === undefined || cache.hit_tokens === 0
    ? null
    : `${percent(cache.hit_tokens / cache.queried_tokens)} of the prompts' tokens were found in the prefix cache`;

/** The share of the fleet's peak that was computed, beside how busy it was. */
const usefulOrEmpty = ({ useful_share: share }: Run): string =>
  share === null || share === undefined ? "" : `, for ${percent(share)} of the tokens it could compute at best`;
/** What went with the caches of replicas; null where nothing did that anybody missed. */
export const lostCacheOrNull = ({ prefix_cache: cache }: Run): string | null => {
  const { lost_tokens: lost = 0, missed_tokens: missed = 0 } = cache ?? {};
  return missed === 0
    ? null
    : `${count(lost)} cached tokens went with replicas; ${count(missed)} of them were asked for later and computed anew`;
};

/** What struck the fleet besides scaling, and what it cost in requests and in time; null where nothing did. */
export const disruptionsOrNull = ({ disruptions = [], hand_overs: handOvers = 0 }: Run): string | null => {
  const of = (kind: Disruption["kind"]): number => disruptions.filter((event) => event.kind === kind && isStruck(event)).length;
  const kinds = [
    [of("failure"), "server died", "servers died"],
    [of("reclaim"), "node reclaimed", "nodes reclaimed"],
    [of("rolling_update"), "rolling update", "rolling updates"],
    [handOvers, "request handed over", "requests handed over"],
  ] as const;
  const happened = kinds.filter(([times]) => times > 0).map(([times, one, many]) => quantity(times, one, many));
  if (happened.length === 0) return null;
  const back = disruptions.flatMap(({ recovered_after_s: after }) => (after === null ? [] : [after]));
  return `${list(happened)}${back.length === 0 ? "" : `; over after ${duration(back.reduce((sum, after) => sum + after) / back.length)} on average`}`;
};

const isStruck = ({ kind, replica }: Disruption): boolean => kind === "rolling_update" || replica !== null;

/** How exact the percentiles are; null where they are exact. */
export const sketchOrNull = ({ latency }: Run): string | null => {
  const error = latency.ttft_s?.relative_error;
  return error === undefined ? null : `Percentiles of so many requests come from a sketch and may be off by ${percent(error)}.`;
};

/** Why requests have stayed; null where none has. */
export const stuckOrNull = ({ requests }: Run): string | null =>
  requests.queued + requests.running === 0
    ? null
    : `${quantity(requests.queued + requests.running, "request")} stayed: none came or left for a day, so the run was ended. No replica would come: a trigger on the servers' own metrics, for example, never wakes a fleet that has no server.`;

/** How many scale events a terminal shows; the file and the page hold all. */
const MOST_EVENTS = 12;

/**
 * A run for a terminal: the result in its first sentence, then latencies, the fleet, scale events, and what it rests on.
 *
 * @param objectives how it fares against each, in a sentence
 */
export const runText = (run: Run, style: Style = PLAIN, objectives: readonly string[] = []): string => {
  const extrapolation = extrapolationOrNull(run);
  const latency = table(
    [left("latency"), ...PERCENTILES.map(right), right("requests")],
    latencyRows(run).map(([name, values]): Cell[] => [
      name,
      ...PERCENTILES.map((percentile) => durationOrNone(values?.[percentile])),
      count(values?.count ?? 0),
    ]),
    style,
    "    ",
  );
  const fleet = [
    `busy ${run.utilization === null ? "–" : percent(run.utilization)} of ready time${usefulOrEmpty(run)}; mean batch ${run.mean_batch === null ? "–" : mean(run.mean_batch)}; ${quantity(run.preemptions, "preemption")}`,
    `${count(run.tokens.prompt)} prompt and ${count(run.tokens.output)} output tokens${run.tokens.recomputed > 0 ? `, ${count(run.tokens.recomputed)} computed again${run.hand_overs === undefined ? " after preemption" : ""}` : ""}${run.tokens.abandoned === undefined ? "" : `, ${count(run.tokens.abandoned)} computed for attempts that never finished`}, in ${count(run.steps)} steps over ${duration(run.ended_at_s)}`,
    ...[prefixCacheOrNull(run), lostCacheOrNull(run), disruptionsOrNull(run)].filter((line) => line !== null),
    `paid GPU time: ${paidShares(run)
      .map(({ state, share }) => `${state} ${percent(share)}`)
      .join(", ")}`,
  ];
  const events = run.scale_events.slice(0, MOST_EVENTS);
  const scaling = [
    ...table(
      [right("at"), right("replicas"), right("ready after"), left("because")],
      events.map((event): Cell[] => [duration(event.at_s), `${event.from} → ${event.to}`, readyAfter(event), event.because]),
      style,
      "    ",
    ),
    ...(run.scale_events.length > MOST_EVENTS ? [`    and ${count(run.scale_events.length - MOST_EVENTS)} more`] : []),
  ];
  return text([
    ...wrap(runSentence(run)).map(style.strong),
    ...objectives.flatMap((sentence) => wrap(`${sentence}.`, "  ")),
    ...(run.cautions ?? []).flatMap((sentence) => wrap(sentence, "  ").map(style.bad)),
    ...(stuckOrNull(run) === null ? [] : wrap(stuckOrNull(run)!, "  ").map(style.bad)),
    ...(extrapolation === null ? [] : wrap(extrapolation, "  ")),
    ...block(
      "Latency",
      [...latency, ...[missingOrNull(run), sketchOrNull(run)].flatMap((note) => (note === null ? [] : wrap(note, "    ")))],
      style,
    ),
    ...block("In front of the fleet", admissionLines(run, style), style),
    ...block(
      "Fleet",
      fleet.flatMap((line) => wrap(line, "      ", undefined, "    ")),
      style,
    ),
    ...block("Scale events", events.length === 0 ? [] : scaling, style),
    ...block("Around scale events", effectLines(run, MOST_EVENTS, style), style),
    ...block("What scale events cost", priceLines(run, style), style),
    ...block(
      "Confidence",
      wrap(`One simulation of "${run.scenario}" (seed ${run.seed}); the same seed gives the same bytes.`, "    "),
      style,
    ),
    ...block("Inputs", inputLines(run.inputs), style),
    ...block("Not modelled", bullets(run.not_modelled), style),
  ]);
};
