import type { Seconds } from "../../../src/units.ts";

/** When to stop sampling: once the median is known well enough, or there are enough samples, or time is up. */
export interface StoppingRule {
  /** Fewest samples before the median may count as known. */
  readonly fewest: number;
  readonly most: number;
  /** Half the width of the median's 95 % interval, relative to the median. */
  readonly noise: number;
  /** Not before this time: noise that comes and goes, such as another program's turn, shows only over a while. */
  readonly shortest: Seconds;
  readonly timeLimit: Seconds;
}
