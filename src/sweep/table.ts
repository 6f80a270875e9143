import { RUN_COLUMNS } from "./columns.ts";
import { valueText } from "./expand.ts";
import type { SweepRow } from "./summary.ts";

/** Rows as JSON Lines: an object each, with the varied fields, the seed, the figures, and the run's address. */
export const jsonLines = (rows: readonly SweepRow[]): string =>
  rows.map(({ combination, seed, figures, run }) => `${JSON.stringify({ ...combination.values, seed, ...figures, run })}\n`).join("");

/**
 * Rows as CSV (RFC 4180), the same columns with a heading; a figure that a run does not have is empty.
 *
 * @param axes names of what varies
 */
export const csvTable = (rows: readonly SweepRow[], axes: readonly string[]): string =>
  [
    [...axes, ...RUN_COLUMNS],
    ...rows.map(({ combination, seed, figures, run }) => {
      const fields: Readonly<Record<string, number | string | null>> = { seed, ...figures, run };
      return [...axes.map((axis) => valueText(combination.values[axis])), ...RUN_COLUMNS.map((column) => fields[column] ?? "")];
    }),
  ]
    .map((cells) => `${cells.map((cell) => quoted(String(cell))).join(",")}\n`)
    .join("");

const quoted = (cell: string): string => (/[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
