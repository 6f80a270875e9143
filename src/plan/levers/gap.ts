import { meanIntervalOrNull } from "../../stats/mean-interval.ts";
import type { Gap } from "./schema.ts";

/**
 * How many GPU-hours more one setting takes than another, with how sure that is.
 *
 * Each setting is the cheapest that meets the objectives on all replications together, and which one that is hangs on the draws. So the interval
 * comes from what would have been the cheapest on each replication by itself, on either side: the same requests on both, which is what cancels.
 * Seeds are independent draws of the traffic: the interval is Student's for a mean. Resamples of one trace are not: more of them say no more of
 * the trace, and the interval is for one more such trace.
 *
 * @param ones GPU-hours at equal objectives, by replication
 * @param others the same of what it is held against
 */
export const gapBetween = (gpuHours: number, ones: readonly number[], others: readonly number[], areResamples: boolean): Gap => {
  const { halfWidth = null } = meanIntervalOrNull(ones.map((hours, i) => hours - others[i]!)) ?? {};
  if (halfWidth === null) return { gpu_hours: gpuHours, low: null, high: null };
  const half = areResamples ? halfWidth * Math.sqrt(ones.length + 1) : halfWidth;
  return { gpu_hours: gpuHours, low: gpuHours - half, high: gpuHours + half };
};
