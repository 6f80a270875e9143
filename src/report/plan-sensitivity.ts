import type { Plan, SensitivityRow } from "../plan/schema.ts";
import { change, gpuHours, plain, quantity } from "../format.ts";

/** What would change the answer, for a table and in a sentence. */

export const SENSITIVITY_HEADINGS = ["when", "replicas", "GPU-hours", "autoscaled, GPU-hours", "the answer takes"] as const;

/** Rows as people read them: the answer as it is, then from what saves most to what costs most. */
export const sensitivityRows = ({ sensitivity }: Plan): string[][] => {
  if (sensitivity === undefined) return [];
  const { base, rows } = sensitivity;
  return [base, ...rows].map((row) => [
    row.name,
    row.fixed === null ? "none" : String(row.fixed.replicas),
    hours(row.fixed, row === base ? null : base.fixed),
    hours(row.autoscaled, row === base ? null : base.autoscaled),
    row.breaks_at_rate === null ? "more than was tried" : `${plain(row.breaks_at_rate, 3)} × the traffic`,
  ]);
};

const hours = (of: { readonly gpu_hours: number } | null, base: { readonly gpu_hours: number } | null): string => {
  if (of === null) return "–";
  return base === null ? gpuHours(of.gpu_hours) : `${gpuHours(of.gpu_hours)} (${change(of.gpu_hours / base.gpu_hours - 1)})`;
};

/** What to fix first and what to fear most; null where it was not asked for. */
export const sensitivitySentenceOrNull = ({ sensitivity }: Plan): string | null => {
  if (sensitivity === undefined) return null;
  const { base, rows } = sensitivity;
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined || base.fixed === null) return null;
  const saved = savedBy(first, base);
  const costs = -savedBy(last, base);
  const fix =
    saved > 0
      ? `Fix first: where ${first.name}, the answer saves ${gpuHours(saved)} GPU-hours (${change(-saved / base.fixed.gpu_hours)}).`
      : "None of the changes that were tried saves a replica.";
  const fear =
    last.fixed === null
      ? ` Where ${last.name}, no number of replicas is enough.`
      : costs > 0
        ? ` Where ${last.name}, it needs ${quantity(last.fixed.replicas - base.fixed.replicas, "replica")} more.`
        : " None of them needs one more.";
  return fix + fear;
};

const savedBy = ({ fixed }: SensitivityRow, base: SensitivityRow): number =>
  fixed === null ? -Infinity : (base.fixed?.gpu_hours ?? 0) - fixed.gpu_hours;
