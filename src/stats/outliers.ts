import { quantileSorted } from "simple-statistics";

/** How many samples lie outside Tukey's fences, by side and distance. They stay in the sample. */
export interface Outliers {
  readonly lowSevere: number;
  readonly lowMild: number;
  readonly highMild: number;
  readonly highSevere: number;
}

/** Distances of the fences from the quartiles, in interquartile ranges. */
const MILD = 1.5;
const SEVERE = 3;

/**
 * Outliers by Tukey's fences: mild beyond 1.5 interquartile ranges from the quartiles, severe beyond 3. None where there are
 * fewer than 4 samples, which have no quartiles to speak of.
 *
 * @see Tukey 1977, Exploratory Data Analysis, section 2D
 */
export const outliersOf = (samples: readonly number[]): Outliers => {
  if (samples.length < 4) return { lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 };
  const sorted = samples.toSorted((a, b) => a - b);
  const lower = quantileSorted(sorted, 0.25);
  const upper = quantileSorted(sorted, 0.75);
  const range = upper - lower;
  const below = (fence: number) => sorted.filter((value) => value < lower - fence * range).length;
  const above = (fence: number) => sorted.filter((value) => value > upper + fence * range).length;
  return {
    lowSevere: below(SEVERE),
    lowMild: below(MILD) - below(SEVERE),
    highMild: above(MILD) - above(SEVERE),
    highSevere: above(SEVERE),
  };
};
