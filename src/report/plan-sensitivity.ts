import type { Plan, SensitivityRow } from "../plan/schema.ts";
import { change, gpuHours, plain } from "../format.ts";

/** What would change the answer, for a table and in a sentence. */

export const SENSITIVITY_HEADINGS = ["if", "replicas", "GPU-hours", "autoscaled, GPU-hours", "the answer as it is takes"] as const;

/** Rows as people read them: the answer as it is, then from what saves most to what costs most. */
export const sensitivityRows = ({ sensitivity }: Plan): string[][] => {
  if (sensitivity === undefined) return [];
  const { base, rows } = sensitivity;
  return [base, ...rows].map((row) => [
    row.name,
    row.fixed === null ? "none" : String(row.fixed.replicas),
    hours(row.fixed, row === base ? null : base.fixed),
    hours(row.autoscaled, row === base ? null : base.autoscaled),
    takes(row),
  ]);
};

const takes = ({ breaks_at_rate: rate }: SensitivityRow): string =>
  rate === null ? "more than was tried" : rate === 0 ? "less than was tried" : `up to ${plain(rate, 3)} × that traffic`;

const hours = (of: { readonly gpu_hours: number } | null, base: { readonly gpu_hours: number } | null): string => {
  if (of === null) return "–";
  return base === null ? gpuHours(of.gpu_hours) : `${gpuHours(of.gpu_hours)} (${change(of.gpu_hours / base.gpu_hours - 1)})`;
};

/** What helps most and what costs most; null where it was not asked for. */
export const sensitivitySentenceOrNull = ({ sensitivity }: Plan): string | null => {
  if (sensitivity === undefined) return null;
  const { base, rows } = sensitivity;
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined || base.fixed === null) return null;
  return `${helpsMost(first, base.fixed)} ${costsMost(last, base.fixed, rows)}`;
};

type Fixed = NonNullable<SensitivityRow["fixed"]>;

/** Differences below this are how long the last requests take. */
const SAME = 0.01;

const helpsMost = ({ name, fixed }: SensitivityRow, base: Fixed): string => {
  const saved = fixed === null ? 0 : base.gpu_hours - fixed.gpu_hours;
  return saved > SAME * base.gpu_hours
    ? `Of the changes tried, it helps most if ${name}: that saves ${gpuHours(saved)} GPU-hours (${change(-saved / base.gpu_hours)}).`
    : "None of the changes that were tried makes the answer cheaper.";
};

const costsMost = ({ name, fixed }: SensitivityRow, base: Fixed, rows: readonly SensitivityRow[]): string => {
  if (fixed === null) return `If ${name}, no number of replicas is enough.`;
  const more = fixed.gpu_hours - base.gpu_hours;
  if (more > SAME * base.gpu_hours) return `If ${name}, it needs ${gpuHours(more)} GPU-hours more (${change(more / base.gpu_hours)}).`;
  const room = ({ breaks_at_rate: rate }: SensitivityRow): number => rate ?? Infinity;
  const tightest = rows.reduce((a, b) => (room(b) < room(a) ? b : a));
  return tightest.breaks_at_rate === null
    ? "None of them needs more."
    : `None of them needs more; it has the least room if ${tightest.name}: it takes ${tightest.breaks_at_rate === 0 ? "less than was tried of" : `up to ${plain(tightest.breaks_at_rate, 3)} times`} that traffic.`;
};
