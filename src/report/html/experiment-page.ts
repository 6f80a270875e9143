import type { ComparisonResult, ExperimentResult, RegimeResult, SettingResult } from "../../experiments/schema.ts";
import { NONE, plain, sentence, significant } from "../../format.ts";
import { groupBy } from "../../stats/group-by.ts";
import { claimedText, estimateText, experimentSentence, numberText, seedsSentence, settingName, unitOf } from "../experiment-sentences.ts";
import { type Charts, chartsFor, figure, Plot, seriesColor, type SvgDocument } from "./chart.ts";
import { logTicks, spansDecades, valueAxis } from "./axes.ts";
import { details, facts, html, type Html, items, table } from "./markup.ts";
import { basisSection } from "./plan-section.ts";
import { pageHtml, type Section } from "./shell.ts";

/**
 * An experiment as one self-contained page: the verdict, the numbers that decide it with their intervals, and what every arm gave.
 *
 * @param document creates the SVG elements
 */
export const experimentHtml = (result: ExperimentResult, document: SvgDocument): string => {
  const charts = chartsFor(document);
  const sections: readonly Section[] = [
    ["claim", "Claim", claimSection(result)],
    ["decides", "What decides", decidesSection(charts, result)],
    ...result.settings.map((setting) => [setting.setting, sentence(settingName(setting)), settingSection(result, setting)] as const),
    ["basis", "What it rests on", basisSection(result.inputs, result.not_modelled)],
  ];
  return pageHtml({ kicker: "Ballast experiment", caveats: [result.heading], title: experimentSentence(result), sections });
};

const claimSection = (result: ExperimentResult): Html =>
  html`<section aria-labelledby="claim">
    <h2 id="claim">The claim</h2>
    <p><strong>${result.claim}</strong></p>
    <p>${result.scenario}</p>
    <p>${seedsSentence(result)}</p>
    ${result.caveats.length === 0 ? html`` : items(result.caveats)}${referenceTable(result)}
  </section> `;

const referenceTable = ({ references }: ExperimentResult): Html =>
  references.length === 0
    ? html``
    : table(
        "Published figures, with what was found here beside them",
        [
          { heading: "what" },
          { heading: "theirs", isNumber: true },
          { heading: "drawn requests", isNumber: true },
          { heading: "the trace", isNumber: true },
          { heading: "source" },
        ],
        references.map(({ what, theirs, unit, ours, source }) => [
          what,
          numberText(theirs, unit),
          ...(["synthetic", "trace"] as const).map((setting) => {
            const own = ours.find((entry) => entry.setting === setting);
            return own === undefined ? NONE : estimateText(own.estimate, unit);
          }),
          source,
        ]),
      );

interface Judged {
  readonly setting: SettingResult;
  readonly regime: RegimeResult;
  readonly comparison: ComparisonResult;
}

const decidesSection = (charts: Charts, result: ExperimentResult): Html => {
  const all = result.settings.flatMap((setting) =>
    setting.regimes.flatMap((regime) => regime.comparisons.map((comparison): Judged => ({ setting, regime, comparison }))),
  );
  const byName = [...groupBy(all, ({ comparison }) => comparison.name)];
  return html`<section aria-labelledby="decides">
    <h2 id="decides">What decides</h2>
    ${verdictTable(result)}
    <div class="figures">${byName.map(([name, judged]) => comparisonChart(charts, result, name, judged))}</div>
    ${details(
      "All of these numbers",
      table(
        "Every number with its interval over the seeds, and what the claim says of it",
        [
          { heading: "regime" },
          { heading: "requests" },
          { heading: "number" },
          { heading: "found", isNumber: true },
          { heading: "95 % interval", isNumber: true },
          { heading: "claimed", isNumber: true },
          { heading: "" },
        ],
        all.map(({ setting, regime, comparison }) => [regime.name, settingName(setting), ...comparisonCells(result, comparison)]),
      ),
    )}
  </section> `;
};

const verdictTable = ({ settings }: ExperimentResult): Html =>
  table(
    "Whether the claim holds",
    [{ heading: "regime" }, ...settings.map((setting) => ({ heading: settingName(setting) }))],
    settings[0]!.regimes.map(({ name }, i) => [name, ...settings.map(({ regimes }) => verdictMark(regimes[i]!.verdict))]),
  );

const comparisonCells = (result: ExperimentResult, comparison: ComparisonResult): (string | Html)[] => {
  const { name, estimate, decides, verdict } = comparison;
  const unit = unitOf(comparison, result);
  const factor = unit === "share" ? 100 : 1;
  return [
    name,
    estimate === null ? NONE : numberText(estimate.mean, unit),
    estimate?.low == null || estimate.high === null
      ? NONE
      : `${significant(estimate.low * factor)} … ${significant(estimate.high * factor)}`,
    decides ? claimedText(comparison, unit) : "",
    decides ? verdictMark(verdict) : "shown only",
  ];
};

const CLASSES = { holds: "good", "does not hold": "bad", undecided: "faint" } as const;

const verdictMark = (verdict: ComparisonResult["verdict"]): Html => html`<span class="${CLASSES[verdict]}">${verdict}</span>`;

/** One number in every regime: a dot with its interval for each kind of requests, and the claim's thresholds. */
const comparisonChart = (charts: Charts, result: ExperimentResult, name: string, judged: readonly Judged[]): Html => {
  const first = judged[0]!.comparison;
  const unit = unitOf(first, result);
  const factor = unit === "share" ? 100 : 1;
  const points = judged.flatMap(({ setting, regime, comparison: { estimate } }) =>
    estimate === null
      ? []
      : [
          {
            regime: regime.name,
            setting: setting.setting,
            mean: estimate.mean * factor,
            low: (estimate.low ?? estimate.mean) * factor,
            high: (estimate.high ?? estimate.mean) * factor,
          },
        ],
  );
  if (points.length === 0) return html``;
  const bounds = [first.at_least, first.at_most].filter((bound) => bound !== null).map((bound) => bound * factor);
  const values = [...points.flatMap(({ mean, low, high }) => [mean, low, high]), ...bounds];
  const isLog = spansDecades(values);
  const suffix = unit === "share" ? "%" : unit === "s" ? "s" : "";
  const axis = valueAxis(suffix, values, (value) => significant(value, 2));
  const least = Math.min(0, ...values);
  const ticks = isLog ? logTicks(Math.min(...values), Math.max(...values)) : undefined;
  const regimes = [...new Set(judged.map(({ regime }) => regime.name))];
  const settings = result.settings.map(({ setting }) => setting);
  return figure(
    charts,
    {
      title: sentence(name),
      caption: `${first.decides ? `The claim says ${claimedText(first, unit)}: the dashed line. ` : "Shown only. "}Dots are means, bars 95 % intervals.`,
      description: points
        .map(
          ({ regime, setting, mean, low, high }) =>
            `${regime}, ${setting}: ${significant(mean)} (${significant(low)} to ${significant(high)})`,
        )
        .join("; "),
    },
    {
      marginLeft: 20 + 6.6 * Math.max(...regimes.map((regime) => regime.length)),
      height: 70 + regimes.length * (14 * settings.length + 14),
      x: {
        type: isLog ? "log" : "linear",
        domain: isLog ? [ticks![0]!, ticks!.at(-1)!] : [least, Math.max(...axis.domain)],
        label: suffix === "" ? null : suffix,
        ticks: isLog ? ticks! : 4,
        tickFormat: (value: number) => plain(value, 2),
      },
      y: { domain: settings, axis: null, padding: 0.3 },
      fy: { domain: regimes, label: null, padding: 0.2 },
      marks: [
        Plot.gridX(isLog ? { ticks: ticks! } : { ticks: 4 }),
        Plot.axisFy({ anchor: "left", fontSize: 12, label: null }),
        Plot.ruleX(bounds, { stroke: "currentColor", strokeDasharray: "4 3" }),
        Plot.ruleY(points, {
          fy: "regime",
          y: "setting",
          x1: "low",
          x2: "high",
          stroke: (point: (typeof points)[number]) => seriesColor(settings.indexOf(point.setting)),
          strokeWidth: 2,
        }),
        Plot.dot(points, {
          fy: "regime",
          y: "setting",
          x: "mean",
          fill: (point: (typeof points)[number]) => seriesColor(settings.indexOf(point.setting)),
          symbol: (point: (typeof points)[number]) => (point.setting === "synthetic" ? "circle" : "square"),
          r: 4,
        }),
      ],
      color: { type: "identity" },
      symbol: { type: "identity" },
    },
    settings.length < 2
      ? html``
      : html`<p class="faint">
          ${result.settings.map((setting, i) => html`<span style="color: ${seriesColor(i)}">${i === 0 ? "●" : "■"} ${settingName(setting)} </span>`)}
        </p>`,
  );
};

const settingSection = (result: ExperimentResult, setting: SettingResult): Html =>
  html`<section aria-labelledby="${setting.setting}">
    <h2 id="${setting.setting}">${sentence(settingName(setting))}</h2>
    <p>${setting.traffic}</p>
    ${setting.regimes.map(
      (regime) =>
        html`<h3>${regime.name}: ${verdictMark(regime.verdict)}</h3>
          ${table(
            "Means over the seeds ± half the 95 % interval",
            [{ heading: "arm" }, ...result.measures.map(({ name }) => ({ heading: name, isNumber: true }))],
            regime.arms.map(({ name, measures }) => [
              name,
              ...result.measures.map(({ key, unit }) => estimateText(measures[key] ?? null, unit)),
            ]),
          )}`,
    )}${details(
      "What arms and measures mean",
      html`${facts((setting.regimes[0]?.arms ?? []).map(({ name, about }) => [name, about, ""]))}${facts(result.measures.map(({ name, about }) => [name, about, ""]))}`,
    )}
  </section> `;
