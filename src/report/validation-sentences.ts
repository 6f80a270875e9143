import { count, duration, percent } from "../format.ts";
import type { Validation, ValidationRow } from "../validation/schema.ts";
import { worstRows } from "../validation/validate.ts";

export const METRIC_NAMES: Readonly<Record<ValidationRow["metric"], string>> = { ttft: "TTFT", tpot: "TPOT", end_to_end: "end to end" };

export const signedPercent = (error: number): string =>
  Math.abs(error) < 0.0005 ? "0.0 %" : `${error < 0 ? "−" : "+"}${percent(Math.abs(error))}`;

/** `mean`, and percentiles as `p90`. */
export const rowName = ({ metric, statistic }: ValidationRow): string => `${METRIC_NAMES[metric]} ${statistic}`;

/** The outcome in one sentence. */
export const validationSentence = (validation: Validation): string => {
  const means = validation.rows.filter(({ statistic }) => statistic === "mean");
  const worst = worstRows(validation.rows).reduce((a, b) => (Math.abs(b.error) > Math.abs(a.error) ? b : a));
  return `${validation.engine} on ${validation.device}, ${count(validation.requests)} requests replayed: simulated means are off by ${means.map((row) => `${signedPercent(row.error)} (${METRIC_NAMES[row.metric]})`).join(", ")}; the worst of ${validation.rows.length} figures is ${rowName(worst)}, ${signedPercent(worst.error)}.`;
};

export const validationRow = (row: ValidationRow): string[] => [
  METRIC_NAMES[row.metric],
  row.statistic,
  duration(row.measured_s),
  duration(row.simulated_s),
  signedPercent(row.error),
];

/** Steps outside the measured range, as a caveat; null where there were none. */
export const validationCaveatOrNull = ({ extrapolated_share: share }: Validation): string | null =>
  share === 0 ? null : `${percent(share)} of the steps lie outside the measured range of the step times: theirs are extrapolated.`;
