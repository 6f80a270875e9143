import { studentQuantile, Z_95 } from "../../stats/normal.ts";
import { LEAST_IN_WINDOW, type Count, type Counts } from "./counts.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import { allowed, objectivesOf, type Objective } from "./objectives.ts";

/** Whether an objective holds, as far as the replications can tell. */
export type Verdict = "meets" | "misses" | "undecided";

/** A share (or a rate) with its 95 % interval over replications. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Bad ones over all, of all replications together. The interval is Student's on the ratio's residuals (a ratio estimator), since requests of
 * one replication share its bursts; one replication has none.
 */
export const ratio = (counts: readonly Count[]): Estimate => {
  const replications = counts.length;
  const of = counts.reduce((sum, count) => sum + count.of, 0);
  if (of === 0) return { value: 0, low: 0, high: 0 };
  const value = counts.reduce((sum, { bad }) => sum + bad, 0) / of;
  if (replications === 1) return { value, low: value, high: value };
  const mean = of / replications;
  const squares = counts.reduce((sum, count) => sum + (count.bad - value * count.of) ** 2, 0);
  const half = (studentQuantile(Z_95, replications - 1) * Math.sqrt(squares / (replications - 1) / replications)) / mean;
  return { value, low: Math.max(0, value - half), high: value + half };
};

/** Requests in all replications from which on an interval of shares can lie within what is allowed at all: where none of them is bad. */
const leastRequests = (most: number): number => (Z_95 ** 2 * (1 - most)) / most;

/**
 * A share of requests as `ratio` has it, with an interval that is never narrower than if all requests were independent (Wilson's): replications that
 * happen to be alike, with no bad request in any, say no more than so many requests can. Where even that could not tell, it is `ratio`'s own.
 *
 * @param most the share that is allowed
 * @see Wilson 1927, https://doi.org/10.2307/2276774
 */
export const shareOf = (counts: readonly Count[], most: number): Estimate => {
  const estimate = ratio(counts);
  const of = counts.reduce((sum, count) => sum + count.of, 0);
  if (counts.length === 1 || of === 0 || of < leastRequests(most)) return estimate;
  const { value, low, high } = estimate;
  const scale = 1 + Z_95 ** 2 / of;
  const middle = (value + Z_95 ** 2 / (2 * of)) / scale;
  const half = (Z_95 / scale) * Math.sqrt((value * (1 - value)) / of + Z_95 ** 2 / (4 * of ** 2));
  return { value, low: Math.max(0, Math.min(low, middle - half)), high: Math.max(high, middle + half) };
};

/** What an objective counts over the whole traffic, with its interval: of requests and gaps a share, of hours a rate. */
export const estimateOf = (counts: readonly Count[], objective: Objective): Estimate =>
  isOfRequests(objective) ? shareOf(counts, allowed(objective)) : ratio(counts);

const isOfRequests = ({ kind }: Objective): boolean => kind === "latency" || kind === "goodput" || kind === "rejected";

/** Whether the replications have as many requests as it takes to meet every objective where none of them is bad. */
export const isEnough = (replications: readonly Counts[], objectives: Objectives, isJudged: (objective: Objective) => boolean): boolean =>
  objectivesOf(objectives).every((objective, i) => {
    const most = allowed(objective);
    const of = replications.reduce((sum, { whole }) => sum + whole[i]!.of, 0);
    const isNeverEnough = of === 0 || most < LEAST_SHARE;
    return !isJudged(objective) || !isOfRequests(objective) || isNeverEnough || of >= leastRequests(most);
  });

/** Where less than this is allowed, that is none: no number of requests shows that there is none. */
const LEAST_SHARE = 1e-9;

/** A share this many times the allowed one is missed by far. */
const HOPELESS = 3;

const verdictOn = ({ low, high }: Estimate, objective: Objective): Verdict => {
  const most = allowed(objective);
  return high <= most ? "meets" : low > most ? "misses" : "undecided";
};

/** Whether some objective is missed by far in each of two replications or more, so that the search need not look closer. */
export const isHopeless = (replications: readonly Counts[], objectives: Objectives, isJudged: (objective: Objective) => boolean): boolean =>
  objectivesOf(objectives).some((objective, i) => {
    const most = allowed(objective);
    return isJudged(objective) && replications.every(({ whole }) => whole[i]!.bad > HOPELESS * most * whole[i]!.of);
  });

/** The counts of a window, one a replication, where enough requests fall into it. */
const windowsOf = (replications: readonly Counts[], index: number): Count[][] => {
  const windows = replications.reduce((most, { byWindow }) => Math.max(most, byWindow.length), 0);
  return Array.from({ length: windows }, (_, window) =>
    replications.map(({ byWindow }) => byWindow[window]?.[index] ?? { bad: 0, of: 0 }),
  ).filter((counts) => counts.reduce((sum, { of }) => sum + of, 0) >= LEAST_IN_WINDOW);
};

/**
 * How much of what is allowed the worst objective takes: the largest share of bad ones, over all or in a window, over the allowed one.
 * Above 1 it is missed by its value; infinite where nothing is allowed and something is bad.
 */
export const strainOf = (replications: readonly Counts[], objectives: Objectives, isJudged: (objective: Objective) => boolean): number =>
  objectivesOf(objectives).reduce((most, objective, i) => {
    const value = ratio(replications.map(({ whole }) => whole[i]!)).value;
    const bad = Math.max(value, worstWindowOrNull(replications, i) ?? 0);
    return isJudged(objective) && bad > 0 ? Math.max(most, bad / allowed(objective)) : most;
  }, 0);

const WORST: readonly Verdict[] = ["meets", "undecided", "misses"];
export const worst = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.reduce<Verdict>((worse, verdict) => (WORST.indexOf(verdict) > WORST.indexOf(worse) ? verdict : worse), "meets");

/**
 * Each objective over all replications together: over the whole traffic, and in its worst window where windows are asked for. A window's
 * share is that of its place in the traffic, over all replications.
 */
export const verdictsOf = (replications: readonly Counts[], objectives: readonly Objective[]): Verdict[] =>
  objectives.map((objective, i) =>
    worst(
      [
        estimateOf(
          replications.map(({ whole }) => whole[i]!),
          objective,
        ),
        ...windowsOf(replications, i).map(ratio),
      ].map((estimate) => verdictOn(estimate, objective)),
    ),
  );

/** The highest share of bad ones in any window; null where no windows are asked for or none has enough requests. */
export const worstWindowOrNull = (replications: readonly Counts[], index: number): number | null => {
  const shares = windowsOf(replications, index).map((counts) => ratio(counts).value);
  return shares.length === 0 ? null : shares.reduce((a, b) => Math.max(a, b));
};
