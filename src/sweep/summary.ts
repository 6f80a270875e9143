import { studentQuantile, Z_95 } from "../stats/normal.ts";
import type { Figures } from "./columns.ts";
import type { Combination } from "./expand.ts";

/** A finished run of a sweep. */
export interface SweepRow {
  readonly combination: Combination;
  readonly seed: number;
  readonly figures: Figures;
  /** Its address in the store. */
  readonly run: string;
}

/** A figure over the seeds of a combination. */
export interface Estimate {
  readonly mean: number;
  /** Half the width of the mean's 95 % interval (Student's t); null with one seed. */
  readonly halfWidth: number | null;
}

/** One combination's rows put together. */
export interface CombinationSummary {
  readonly combination: Combination;
  readonly seeds: number;
  /** Null where a run has no such figure: no request finished in it. */
  readonly estimates: Readonly<Record<string, Estimate | null>>;
}

/** Combinations in order of their first row. */
export const summarize = (rows: readonly SweepRow[]): CombinationSummary[] => {
  const byCombination = new Map<Combination, SweepRow[]>();
  for (const row of rows) byCombination.set(row.combination, [...(byCombination.get(row.combination) ?? []), row]);
  return [...byCombination].map(([combination, own]) => ({
    combination,
    seeds: own.length,
    estimates: Object.fromEntries(
      Object.keys(own[0]!.figures).map((name) => [name, estimateOrNull(own.map(({ figures }) => figures[name] ?? null))]),
    ),
  }));
};

const estimateOrNull = (values: readonly (number | null)[]): Estimate | null => {
  const known = values.filter((value) => value !== null);
  const n = known.length;
  if (n === 0 || n < values.length) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, halfWidth: null };
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, halfWidth: studentQuantile(Z_95, n - 1) * Math.sqrt(variance / n) };
};
