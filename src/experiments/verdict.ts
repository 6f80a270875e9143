import type { Comparison } from "./experiment.ts";
import type { Estimate } from "./intervals.ts";

export const VERDICTS = ["holds", "does not hold", "undecided"] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * Whether a comparison bears the claim out: all of the interval within what the claim says, none of it, or some. An estimate from fewer than
 * two seeds, or none, decides nothing.
 */
export const verdictOf = (
  estimate: Estimate | null,
  { atLeast = -Infinity, atMost = Infinity }: Pick<Comparison, "atLeast" | "atMost">,
): Verdict => {
  if (estimate === null || estimate.seeds < 2) return "undecided";
  if (estimate.low >= atLeast && estimate.high <= atMost) return "holds";
  return estimate.high < atLeast || estimate.low > atMost ? "does not hold" : "undecided";
};

/** All must hold; one that does not is enough against the claim. Undecided without any. */
export const together = (verdicts: readonly Verdict[]): Verdict => {
  if (verdicts.includes("does not hold")) return "does not hold";
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === "holds") ? "holds" : "undecided";
};
