import { NANOSECONDS_PER_SECOND } from "../units.ts";
import type { Nanoseconds } from "../units.ts";

/** Each divides the next, so that windows can be put together. */
const LENGTHS_S = [1, 5, 10, 30, 60, 300, 600, 1800, 3600];
const MOST_WINDOWS = 360;

/** The timeline's first window; it becomes longer as the run does. */
export const SHORTEST_WINDOW: Nanoseconds = NANOSECONDS_PER_SECOND;

/**
 * By how much the timeline's windows must become longer, now that a request arrives: the last arrival is in one of the first 360. 1 where they
 * may stay as they are. Windows are of a round length, up to an hour; beyond, of twice the length each time.
 */
export const coarseningFor = (arrivedAt: Nanoseconds, window: Nanoseconds): number => {
  let longer = window;
  while (arrivedAt / longer >= MOST_WINDOWS) {
    const place = LENGTHS_S.indexOf(longer / NANOSECONDS_PER_SECOND);
    const next = LENGTHS_S[place + 1];
    longer = place < 0 || next === undefined ? 2 * longer : next * NANOSECONDS_PER_SECOND;
  }
  return longer / window;
};
