import { toSeconds, type Nanoseconds, type Seconds } from "../../units.ts";
import type { Request } from "../../traffic/request.ts";

/** The windows over which a peak is stated: what a queue feels, and what a dashboard shows. */
export const PEAK_WINDOWS: readonly Seconds[] = [10, 60];

/** A window of traffic, counted by the first requests of sessions. */
export interface BusyWindow {
  readonly from: Nanoseconds;
  readonly requests: number;
}

/**
 * The fullest of the whole windows that lie end to end from the first arrival on, the earliest of them where several are; null where
 * fewer than two are whole.
 *
 * @param requests in order of arrival
 */
export const busiestOrNull = (requests: readonly Request[], window: Seconds): BusyWindow | null => {
  const first = requests[0]?.arrivedAt ?? 0;
  const whole = Math.floor(toSeconds((requests.at(-1)?.arrivedAt ?? 0) - first) / window);
  if (whole < 2) return null;
  const counts = Array<number>(whole).fill(0);
  for (const { arrivedAt } of requests) {
    const place = Math.floor(toSeconds(arrivedAt - first) / window);
    if (place < whole) counts[place]! += 1;
  }
  const place = counts.reduce((best, count, i) => (count > counts[best]! ? i : best), 0);
  return { from: first + place * window * 1e9, requests: counts[place]! };
};
