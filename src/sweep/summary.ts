import { meanIntervalOrNull, type MeanInterval } from "../stats/mean-interval.ts";
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

/** One combination's rows put together. */
export interface CombinationSummary {
  readonly combination: Combination;
  readonly seeds: number;
  /** Null where a run has no such figure: no request finished in it. */
  readonly estimates: Readonly<Record<string, MeanInterval | null>>;
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

const estimateOrNull = (values: readonly (number | null)[]): MeanInterval | null => {
  const known = values.filter((value) => value !== null);
  return known.length < values.length ? null : meanIntervalOrNull(known);
};
