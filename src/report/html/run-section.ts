import type { Run } from "../../fleet/run.ts";
import { count, duration, durationOrNone, gpuHours, mean, NONE, percent } from "../../format.ts";
import { effectRowsOrNull, readyAfter } from "../effect-rows.ts";
import { churnOrNull } from "../price-text.ts";
import { admissionSentences, FAILURE_HEADINGS, failureRows, missingOrNull } from "../admission-text.ts";
import { extrapolationOrNull, latencyRows, paidShares, runSentence } from "../run-text.ts";
import type { Charts } from "./chart.ts";
import { details, html, type Html, table } from "./markup.ts";
import { timelineCharts } from "./timeline-charts.ts";
import type { Objective } from "./timeline-pictures.ts";

const latencyTable = (run: Run): Html =>
  table(
    `Latency, percentiles interpolated: ${run.policy}`,
    [{ heading: "latency" }, ...["mean", "p50", "p90", "p95", "p99", "max", "requests"].map((heading) => ({ heading, isNumber: true }))],
    latencyRows(run).map(([name, latency]) => [
      name,
      ...(["mean", "p50", "p90", "p95", "p99", "max"] as const).map((percentile) => durationOrNone(latency?.[percentile])),
      count(latency?.count ?? 0),
    ]),
  );

const admissionPart = (run: Run): Html => {
  const notes = [...admissionSentences(run).map((sentence) => `${sentence}.`), missingOrNull(run) ?? ""].filter((note) => note !== "");
  const [how, why, ...numbers] = FAILURE_HEADINGS;
  const headings = [{ heading: how }, { heading: why }, ...numbers.map((heading) => ({ heading, isNumber: true }))];
  const rows = run.admission === undefined ? [] : failureRows(run);
  return html`${notes.map((note) => html`<p>${note}</p> `)}${rows.length === 0 ? html`` : table(`Failed attempts: ${run.policy}`, headings, rows)}`;
};

const fleetTable = (runs: readonly Run[]): Html =>
  table(
    "Fleet by policy",
    [
      { heading: "policy" },
      ...["GPU-hours", "busy", "useful", "mean batch", "scale events", "preemptions", "steps extrapolated"].map((heading) => ({
        heading,
        isNumber: true,
      })),
      { heading: "paid GPU time" },
    ],
    runs.map((run) => [
      run.policy,
      gpuHours(run.gpu_hours),
      run.utilization === null ? NONE : percent(run.utilization),
      run.useful_share === null || run.useful_share === undefined ? NONE : percent(run.useful_share),
      run.mean_batch === null ? NONE : mean(run.mean_batch),
      count(run.scale_events.length),
      count(run.preemptions),
      run.steps === 0 ? NONE : percent(run.extrapolated_steps / run.steps),
      paidShares(run)
        .map(({ state, share }) => `${state} ${percent(share)}`)
        .join(", "),
    ]),
  );

const scaleEventTable = (run: Run): Html =>
  run.scale_events.length === 0
    ? html``
    : details(
        `Scale events of "${run.policy}" (${count(run.scale_events.length)})`,
        table(
          `Scale events: ${run.policy}`,
          [{ heading: "at", isNumber: true }, { heading: "replicas" }, { heading: "ready after", isNumber: true }, { heading: "because" }],
          run.scale_events.map((event) => [duration(event.at_s), `${event.from} → ${event.to}`, readyAfter(event), event.because]),
        ),
      );

const effectTable = (run: Run): Html => {
  const effects = effectRowsOrNull(run, false);
  if (effects === null) return html``;
  return details(
    `Around the scale events of "${run.policy}"`,
    html`<p>${effects.note}</p>
      ${table(
        `Around scale events: ${run.policy}`,
        effects.headings.map((heading) => ({ heading, isNumber: heading !== "replicas" })),
        effects.rows,
      )}`,
  );
};

/** Why a percentile of a run and the one that an objective is held against may differ. */
const PERCENTILES =
  "Percentiles here are those of one simulation's finished requests, interpolated between the two nearest. An objective's, as under " +
  '"What decides it", is the least time within which its share of all requests lies, of all replications together: the two may differ.';

/** What happened in single simulations of the same traffic: timelines first, then the numbers. */
export const runSection = (charts: Charts, runs: readonly Run[], objectives: readonly Objective[]): Html =>
  html`<section aria-labelledby="runs">
    <h2 id="runs">${runs.length === 1 ? "The simulation" : "The same traffic under each policy"}</h2>
    ${runs.map((run) => html`<p>${runSentence(run)} ${extrapolationOrNull(run)} ${churnOrNull(run)} ${(run.cautions ?? []).join(" ")}</p> `)}${objectives.length === 0 ? null : html`<p class="faint">${PERCENTILES}</p> `}
    <div class="figures">${timelineCharts(charts, runs, objectives)}</div>
    ${runs.map((run) => html`${latencyTable(run)}${admissionPart(run)}`)}${fleetTable(runs)}${runs.map(scaleEventTable)}${runs.map(effectTable)}
  </section> `;
