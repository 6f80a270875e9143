import type { Seconds } from "../../../src/units.ts";

/** How long one sample is to take. */
export interface SampleLength {
  /** Long beside the clock's tick and beside a pass's own beginning and end. */
  readonly aim: Seconds;
  /** Well under a second: drivers and the browser reset a GPU that does not answer for seconds. */
  readonly limit: Seconds;
}

const MOST_RUNS = 4096;

/**
 * Runs of a kernel in one sample: enough to reach the aim, few enough to stay under the limit, at least one.
 *
 * @param oneRun estimate; 0 where it was too short to see
 */
export const runsPerSample = (oneRun: Seconds, { aim, limit }: SampleLength): number => {
  if (oneRun <= 0) return MOST_RUNS;
  const wanted = Math.ceil(aim / oneRun);
  const allowed = Math.floor(limit / oneRun);
  return Math.max(1, Math.min(wanted, allowed, MOST_RUNS));
};
