import { meanIntervalOrNull } from "../../stats/mean-interval.ts";
import { allowed, type Objective } from "../objectives.ts";
import type { Replication } from "../replications.ts";
import { isBetterWithMore } from "../fixed-capacity.ts";
import type { Trial } from "./bench.ts";
import type { Gap } from "./schema.ts";

/**
 * How many GPU-hours more one policy takes than another on the same requests, by replication.
 *
 * Each policy is the cheapest that meets the objectives, and which one that is hangs on the draws too: a replication with more misses than the
 * others would have needed a lower target. So its hours are taken with what that would have cost (`atEqualObjectives`).
 *
 * Seeds are independent draws of the traffic: the interval is Student's for the mean of the differences. Resamples of one trace are not: more of
 * them say no more of the trace, and the interval is for the difference on one more such trace.
 */
export const gapBetween = (one: Trial, other: Trial, objectives: readonly Objective[], areResamples: boolean): Gap => {
  const others = atEqualObjectives(other, objectives);
  const gaps = atEqualObjectives(one, objectives).map((hours, i) => hours - others[i]!);
  const { mean = 0, halfWidth = null } = meanIntervalOrNull(gaps) ?? {};
  if (halfWidth === null) return { gpu_hours: mean, low: null, high: null };
  const half = areResamples ? halfWidth * Math.sqrt(gaps.length + 1) : halfWidth;
  return { gpu_hours: mean, low: mean - half, high: mean + half };
};

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * GPU-hours of each replication, had it missed as much as all do on average: more where it missed more. What a miss costs is read off the next
 * cheaper setting, which misses more and costs less. The mean stays what it is.
 */
export const atEqualObjectives = ({ replications, cheaper }: Trial, objectives: readonly Objective[]): number[] => {
  const hours = replications.map(({ run }) => run.gpu_hours);
  const binding = bindingOf(replications, objectives);
  const shares = replications.map((each) => shareOf(each, binding));
  const compared = Math.min(replications.length, cheaper.length);
  if (compared === 0 || binding < 0) return hours;
  const saved = meanOf(hours.slice(0, compared)) - meanOf(cheaper.slice(0, compared).map(({ run }) => run.gpu_hours));
  const missed = meanOf(cheaper.slice(0, compared).map((each) => shareOf(each, binding))) - meanOf(shares.slice(0, compared));
  const perShare = saved > 0 && missed > 0 ? saved / missed : 0;
  const usual = meanOf(shares);
  return hours.map((each, i) => each + perShare * (shares[i]! - usual));
};

/** Of what an objective counts, the share of bad ones. */
const shareOf = ({ counts }: Replication, index: number): number => {
  const { bad, of } = counts.whole[index] ?? { bad: 0, of: 0 };
  return of === 0 ? 0 : bad / of;
};

/** The place of the objective that is nearest to being missed; −1 where there is none. */
const bindingOf = (replications: readonly Replication[], objectives: readonly Objective[]): number => {
  let [binding, nearest] = [-1, -1];
  objectives.forEach((objective, i) => {
    if (!isBetterWithMore(objective)) return;
    const most = allowed(objective);
    const share = meanOf(replications.map((each) => shareOf(each, i)));
    const use = most === 0 ? (share === 0 ? 0 : Infinity) : share / most;
    if (use > nearest) [binding, nearest] = [i, use];
  });
  return binding;
};
