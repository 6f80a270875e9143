import type { ComparedDevice, Comparison, Figure, FigureValue, Pair, Reason, Row, Sampling, Verdict } from "../compare/schema.ts";
import { arithmeticRate, bandwidth, change, duration, list, NONE, percent, plain, quantity, significant, tokenRate } from "../format.ts";
import { groupBy } from "../stats/group-by.ts";

/** What a comparison says, in sentences: the same ones in a terminal and on a page. */

/** In the order in which a reader wants them. */
export const VERDICTS: readonly Verdict[] = ["SLOWER", "FASTER", "UNSURE", "SAME"];

const REASONS: Readonly<Record<Reason, string>> = {
  "below-clock": "too short for the clock",
  "few-samples": "too few samples",
  "time-out": "noisy when its time was up",
  noise: "noise wider than the margin",
  "runs-differ": "runs differ by more anyway",
  "at-margin": "about the margin",
  "ranks-differ": "ranks do not bear it out",
};

export const reasonText = (reason: Reason): string => REASONS[reason];

/** `A  SwiftShader (software), web, Chromium 150, f32` */
export const deviceText = ({ device, condition, runtime, browser, dtype, started_at }: ComparedDevice): string =>
  `${device}, ${condition}, ${runtime === "chrome" ? browser : runtime}, ${dtype}, ${started_at.slice(0, 16).replace("T", " ")}`;

const UNITS: Readonly<Record<Figure["unit"], (value: number) => string>> = {
  "requests/s": (value) => `${significant(value)} requests/s`,
  "tokens/s": tokenRate,
  s: duration,
  "B/s": bandwidth,
  "FLOP/s": arithmeticRate,
};

/** `118 tokens/s ±3.1 %`; an extrapolated value is marked with a star. */
export const figureText = (unit: Figure["unit"], value: FigureValue | undefined): string => {
  if (value?.kind !== "known") return NONE;
  const error = value.error === null ? "" : ` ±${percent(value.error)}`;
  return `${UNITS[unit](value.value)}${error}${value.is_extrapolated ? " *" : ""}`;
};

/** A device's figure over the baseline's: `1.32`, or nothing where one is missing. */
export const figureRatioOrNull = ({ values }: Figure, other: number): number | null => {
  const [base, own] = [values[0], values[other]];
  return base?.kind === "known" && own?.kind === "known" && base.value > 0 ? own.value / base.value : null;
};

/** Whether the other device does better by a figure: more of a rate, less of a time. Null where both errors explain the difference. */
export const isBetterOrNull = (figure: Figure, other: number): boolean | null => {
  const ratio = figureRatioOrNull(figure, other);
  if (ratio === null) return null;
  const errors = [figure.values[0], figure.values[other]].map((value) => (value?.kind === "known" ? (value.error ?? 0) : 0));
  if (Math.abs(Math.log(ratio)) <= Math.max(0.02, Math.hypot(...errors))) return null;
  return ratio > 1 === (figure.unit !== "s");
};

export const ratioText = (ratio: number | null): string => (ratio === null ? NONE : `${significant(ratio)}×`);

/** What `±` and `*` stand for, and what is missing and why. */
export const figureNotes = ({ figures, devices, scenario }: Comparison): string[] => {
  const known = figures.flatMap(({ values }) => values).filter((value) => value.kind === "known");
  const meanings = [...new Set(figures.map(({ error_is }) => error_is))].map(
    (meaning) => `${list(figures.filter(({ error_is }) => error_is === meaning).map(({ name }) => name))}: ${meaning}`,
  );
  const missing = devices.flatMap(({ label }, i) => {
    const reasons = groupBy(
      figures.flatMap(({ name, values }) => {
        const value = values[i];
        return value?.kind === "missing" ? [{ name, because: value.because }] : [];
      }),
      ({ because }) => because,
    );
    return [...reasons].map(([because, rows]) => `${label} has no ${list(rows.map(({ name }) => name))}: ${because}.`);
  });
  return [
    ...(scenario === null ? [] : [`Requests sustained: ${scenario}`]),
    ...(known.some(({ error }) => error !== null) ? [`± is, for ${meanings.join("; for ")}.`] : []),
    ...(known.some(({ is_extrapolated }) => is_extrapolated) ? ["* lies outside what was measured: extrapolated."] : []),
    ...missing,
  ];
};

export const countsOf = (rows: readonly Row[]): { readonly verdict: Verdict; readonly count: number }[] =>
  VERDICTS.map((verdict) => ({ verdict, count: rows.filter((row) => row.verdict === verdict).length }));

/** `B against A: 101 rows: 3 SLOWER, 0 FASTER, 12 UNSURE, 86 SAME`. */
export const pairSentence = ({ base, other, rows }: Pair): string =>
  `${other} against ${base}: ${quantity(rows.length, "common row")}: ${countsOf(rows)
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(", ")}`;

const SAMPLING: Readonly<Record<Sampling, string>> = { "in-turns": "sampled in turns", "at-once": "sampled at once" };

/** What counts as the same, and where that comes from, for each way in which rows were sampled. */
export const marginSentences = ({ threshold, margins }: Pair): string[] => [
  `The threshold is ${percent(threshold)}. SAME: the whole 95 % interval of the ratio of medians lies within the margin. SLOWER and FASTER: the whole 99 % interval lies beyond, and a rank test at the margin says so after Benjamini and Hochberg's correction over all rows.`,
  ...margins.map(({ sampling, noise_between_runs: noise, margin }) => {
    const where = `The margin of rows ${SAMPLING[sampling]} is ${percent(margin)}`;
    if (noise === null) return `${where}, the threshold: by how much two runs on one device differ cannot be told from these profiles.`;
    const differ = `two runs differ by ${percent(noise)} anyway (a standard deviation, from how rows of one kind scatter)`;
    return margin > threshold * 1.0001 ? `${where}, 2.33 times as much as ${differ}.` : `${where}, the threshold: ${differ}.`;
  }),
];

/** `+12 % (+9.1 % … +15 %)`: how much longer the other took, with its 95 % interval. */
export const changeText = ({ ratio }: Pick<Row, "ratio">): string =>
  ratio === null ? NONE : `${change(ratio.estimate - 1)} (${change(ratio.low - 1)} … ${change(ratio.high - 1)})`;

/** How many of its rows are UNSURE for which reason, the most frequent first. */
export const unsureText = (rows: readonly Row[]): string => {
  const counts = new Map<Reason, number>();
  for (const { reason } of rows) if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `${plain(count)} ${reasonText(reason)}`)
    .join(", ");
};
