import { falseDiscovery } from "../stats/false-discovery.ts";
import { rankTest, smallestP } from "../stats/rank-test.ts";
import { at99Percent, type LogRatio, logRatioOrNull } from "../stats/ratio.ts";
import type { Reason, Verdict } from "./schema.ts";
import type { Series } from "./series.ts";

/** What two series say of each other, before anything is judged. */
export interface Pairing {
  readonly base: Series;
  readonly other: Series;
  /** Null where a side has a median of 0, or an interval that is not known. */
  readonly ratio: LogRatio | null;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Null unless UNSURE. */
  readonly reason: Reason | null;
  /** Of the rank test at the margin, after the correction over all rows; null where it was not made. */
  readonly p: number | null;
}

/** Share of false ones among the rows whose rank test says FASTER or SLOWER; where no row differs, the chance of even one. */
const LEVEL = 0.05;
/** Fewer samples than this have no interval to speak of. */
const FEWEST_SAMPLES = 5;

export const pairOf = (base: Series, other: Series): Pairing => ({
  base,
  other,
  ratio: base.interval === null || other.interval === null ? null : logRatioOrNull(base.interval, other.interval),
});

/** Where runs differ by more than this anyway, to lie within it is no news (log ratio); a larger threshold that was asked for is. */
const MOST_SAME = Math.log(1.1);

/**
 * Verdicts on all rows of a comparison.
 *
 * A row is SLOWER where three things hold: the whole 99 % interval of the ratio lies beyond the margin (of 95 % intervals one in twenty would by chance);
 * a rank test of the samples against those of the other side *times the margin* says the same; and it still does after Benjamini and
 * Hochberg's correction over all rows. FASTER likewise. SAME where the whole 95 % interval lies within the margin, and the margin means something. Everything else is UNSURE, with its reason.
 *
 * The tests are held at the margin and not at equality: enough samples make any two runs differ by something.
 *
 * @param marginOf what counts as the same for a row, as a log ratio
 * @param threshold what was asked for, as a log ratio
 */
export const judge = (pairings: readonly Pairing[], marginOf: (pairing: Pairing) => number, threshold: number): Judgement[] => {
  const tested = pairings.map((pairing) => (isTestable(pairing) ? testAt(pairing, marginOf(pairing)) : null));
  const adjusted = falseDiscovery(tested.flatMap((test) => (test === null ? [] : [test.p])));
  const rejected = adjusted.filter((p) => p <= LEVEL).length;
  // What a p-value had to reach to be rejected next.
  const level = (LEVEL * (rejected + 1)) / Math.max(1, adjusted.length);
  let next = 0;
  return pairings.map((pairing, i): Judgement => {
    const test = tested[i] ?? null;
    if (test === null || pairing.ratio === null) return { verdict: "UNSURE", reason: untestable(pairing), p: null };
    const p = adjusted[next++]!;
    const { low, high, estimate } = pairing.ratio;
    const margin = marginOf(pairing);
    if (low >= -margin && high <= margin) {
      return margin <= Math.max(MOST_SAME, threshold)
        ? { verdict: "SAME", reason: null, p }
        : { verdict: "UNSURE", reason: "runs-differ", p };
    }
    const wide = at99Percent(pairing.ratio);
    const isBeyond = wide.low > margin || wide.high < -margin;
    if (isBeyond && p <= LEVEL) return { verdict: estimate > 0 ? "SLOWER" : "FASTER", reason: null, p };
    if (isBeyond) return { verdict: "UNSURE", reason: test.leastP > level ? "few-samples" : "ranks-differ", p };
    if (high - low <= 2 * margin)
      return { verdict: "UNSURE", reason: margin <= Math.max(MOST_SAME, threshold) ? "at-margin" : "runs-differ", p };
    return { verdict: "UNSURE", reason: pairing.base.isTimedOut || pairing.other.isTimedOut ? "time-out" : "noise", p };
  });
};

/** Whether there is enough on both sides to judge by. */
export const isTestable = (pairing: Pairing): boolean => untestableOrNull(pairing) === null;

const untestableOrNull = ({ base, other, ratio }: Pairing): Reason | null => {
  if (base.interval === null || other.interval === null) return "few-samples";
  if (ratio === null || base.isBelowClock || other.isBelowClock) return "below-clock";
  return Math.min(base.samples_s.length, other.samples_s.length) < FEWEST_SAMPLES ? "few-samples" : null;
};

const untestable = (pairing: Pairing): Reason => untestableOrNull(pairing) ?? "below-clock";

interface MarginTest {
  /** Two-sided. */
  readonly p: number;
  /** The least that it could have been with so many values. */
  readonly leastP: number;
}

/**
 * The samples are ranked one by one. That those of one turn share its mood is in the interval, which draws whole turns, and not in this test: turns are
 * too few for a test of theirs to survive a correction over a hundred rows.
 */
const testAt = ({ base, other, ratio }: Pairing, margin: number): MarginTest => {
  const isSlower = (ratio?.estimate ?? 0) > 0;
  const factor = Math.exp(isSlower ? margin : -margin);
  const { pGreater, pLess } = rankTest(
    base.samples_s.map((sample) => sample * factor),
    other.samples_s,
  );
  return { p: Math.min(1, 2 * (isSlower ? pGreater : pLess)), leastP: 2 * smallestP(base.samples_s.length, other.samples_s.length) };
};
