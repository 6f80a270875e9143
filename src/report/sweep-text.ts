import { count, duration, mean, NONE, percent, quantity, significant } from "../format.ts";
import { valueText } from "../sweep/expand.ts";
import type { MeanInterval } from "../stats/mean-interval.ts";
import type { CombinationSummary } from "../sweep/summary.ts";
import { type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";

const FIGURES: readonly (readonly [heading: string, column: string, format: (value: number) => string])[] = [
  ["TTFT p99", "ttft_p99_s", duration],
  ["TPOT p99", "tpot_p99_s", duration],
  ["GPU-hours", "gpu_hours", (value) => significant(value)],
  ["busy", "utilization", percent],
  ["scale events", "scale_events", mean],
];

/** So many combinations are shown: a person reads no more, and the table's file has all. */
const MOST_ROWS = 60;

/** What a sweep found, for a terminal: the mean of each combination's main figures over its seeds, with its 95 % interval. */
export const sweepText = (
  name: string,
  summaries: readonly CombinationSummary[],
  axes: readonly string[],
  style: Style = PLAIN,
): string => {
  const runs = summaries.reduce((sum, { seeds }) => sum + seeds, 0);
  const hasIntervals = summaries.some(({ seeds }) => seeds > 1);
  const shown = summaries.slice(0, MOST_ROWS);
  const rows = table(
    [...axes.map(right), right("seeds"), right("finished"), ...FIGURES.map(([heading]) => right(heading)), left("")],
    shown.map((summary): Cell[] => [
      ...axes.map((axis) => valueText(summary.combination.values[axis])),
      count(summary.seeds),
      finishedShare(summary),
      ...FIGURES.map(([, column, format]) => estimateText(summary.estimates[column] ?? null, format)),
    ]),
    style,
    "  ",
  );
  return text([
    style.strong(`${name}: ${quantity(runs, "run")} of ${quantity(summaries.length, "combination")}`),
    "",
    ...rows,
    ...(shown.length < summaries.length ? [`  and ${count(summaries.length - shown.length)} more: --out table.csv has all`] : []),
    "",
    ...wrap(
      hasIntervals
        ? "Means over the seeds, ± half of their 95 % interval (Student's t). Percentiles are of requests that have the value: see finished."
        : "One seed each, so no interval: seeds: 5 in the sweep gives one. Percentiles are of requests that have the value: see finished.",
      "  ",
    ),
  ]);
};

const estimateText = (estimate: MeanInterval | null, format: (value: number) => string): string => {
  if (estimate === null) return NONE;
  const { mean: middle, halfWidth } = estimate;
  return halfWidth === null ? format(middle) : `${format(middle)} ± ${format(halfWidth)}`;
};

const finishedShare = ({ estimates }: CombinationSummary): string => {
  const [finished, arrived] = [estimates["finished"], estimates["arrived"]];
  return finished == null || arrived == null ? NONE : percent(finished.mean / arrived.mean);
};
