import { toSeconds, type Seconds } from "../../units.ts";
import type { Times } from "./latencies.ts";
import { allowedBeyond } from "./objectives.ts";
import { shareOf } from "./verdict.ts";

/** A 95 % interval of a percentile; an end is null where no time is late enough. */
export interface PercentileInterval {
  readonly low: Seconds | null;
  readonly high: Seconds | null;
}

/** So close to one another are two times that the search takes for the same, as a share. */
const PRECISION = 1e-6;

/**
 * The times that a percentile over all replications could be: those beyond which the share of requests does not differ from `1 − share` at
 * 95 %. It is so the same test as that of an objective: the interval ends at or below a limit just where the objective is met.
 *
 * Null with fewer than two replications.
 */
export const percentileIntervalOrNull = (sets: readonly Times[], share: number): PercentileInterval | null => {
  if (sets.length < 2) return null;
  const allowed = allowedBeyond(share);
  const shareBeyond = (limit: Seconds) =>
    shareOf(
      sets.map((set) => set.beyond(limit)),
      allowed,
    );
  const most = sets.reduce((longest, set) => Math.max(longest, set.longest), 0);
  const longest = toSeconds(most);
  const firstWhere = (holds: (limit: Seconds) => boolean): Seconds | null => {
    if (!holds(longest)) return null;
    let [low, high] = [0, longest];
    while (high - low > PRECISION * high) {
      const middle = (low + high) / 2;
      if (holds(middle)) high = middle;
      else low = middle;
    }
    return high;
  };
  return {
    low: firstWhere((limit) => shareBeyond(limit).low <= allowed),
    high: firstWhere((limit) => shareBeyond(limit).high <= allowed),
  };
};
