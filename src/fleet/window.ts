import { toNanoseconds, toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";

const LENGTHS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const MOST_WINDOWS = 360;

/** The timeline's window for traffic of this length: the shortest round one that makes at most 360 of it. */
export const windowFor = (lastArrivalAt: Nanoseconds): Nanoseconds => {
  const span = toSeconds(lastArrivalAt);
  return toNanoseconds(LENGTHS_S.find((length) => span / length <= MOST_WINDOWS) ?? 3600);
};
