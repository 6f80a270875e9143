import { meanIntervalOrNull } from "../../stats/mean-interval.ts";
import type { Replication } from "../replications.ts";
import type { Gap } from "./schema.ts";

/**
 * How many GPU-hours more one policy takes than another on the same requests, by replication.
 *
 * Seeds are independent draws of the traffic: the interval is Student's for the mean of the differences. Resamples of one trace are not: more of
 * them say no more of the trace, and the interval is for the difference on one more such trace.
 */
export const gapBetween = (one: readonly Replication[], other: readonly Replication[], areResamples: boolean): Gap => {
  const gaps = one.map(({ run }, i) => run.gpu_hours - other[i]!.run.gpu_hours);
  const { mean = 0, halfWidth = null } = meanIntervalOrNull(gaps) ?? {};
  if (halfWidth === null) return { gpu_hours: mean, low: null, high: null };
  const half = areResamples ? halfWidth * Math.sqrt(gaps.length + 1) : halfWidth;
  return { gpu_hours: mean, low: mean - half, high: mean + half };
};
