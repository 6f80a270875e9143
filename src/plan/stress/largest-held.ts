/** Where a search for the largest factor begins and ends. */
export interface FactorSearch {
  /** The first factor that is asked. */
  readonly from: number;
  /** What it is multiplied or divided by until one holds and one breaks. */
  readonly step: number;
  /** The search ends where one that breaks is at most this share above one that holds. */
  readonly precision: number;
  readonly least: number;
  readonly most: number;
  /** One that is known to hold. */
  readonly known?: number;
}

/**
 * The largest factor found to hold, which takes it that what breaks at one breaks at every larger one; null where even the most does not
 * break it, 0 where even the least does.
 */
export const largestHeldOrNull = (
  holds: (factor: number) => boolean,
  { from, step, precision, least, most, known = 0 }: FactorSearch,
): number | null => {
  let held = known;
  let broken = from;
  if (holds(from)) {
    while (broken === from || holds(broken)) {
      held = broken;
      if (broken >= most) return null;
      broken *= step;
    }
  } else {
    while (held === 0) {
      const lower = broken / step;
      if (lower < least) return 0;
      if (holds(lower)) held = lower;
      else broken = lower;
    }
  }
  while (broken > held * (1 + precision)) {
    const middle = Math.sqrt(held * broken);
    if (holds(middle)) held = middle;
    else broken = middle;
  }
  return held;
};
