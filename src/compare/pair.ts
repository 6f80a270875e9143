import type { Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import { noiseBetweenRunsOrNull } from "./noise.ts";
import type { Margin, Pair, Row, Sampling } from "./schema.ts";
import { Z_95 } from "../stats/normal.ts";
import { type LogRatio, standardError } from "../stats/ratio.ts";
import { type Series, seriesOf } from "./series.ts";
import { isTestable, judge, pairOf, type Pairing } from "./verdict.ts";

/** Smallest relative change that anybody is told of, where nothing else is asked for. */
const THRESHOLD = 0.02;

/** One in a hundred normal deviates lies above: with both sides, 2 % of rows that did not change. */
const Z_99 = 2.326348;

export interface Labelled {
  readonly label: string;
  readonly profile: Profile;
}

/**
 * Every measurement that two profiles have in common, with a verdict on each.
 *
 * What counts as the same is the threshold, or what two runs on one device differ by anyway where that is more: 2.33 standard
 * deviations of the noise between runs, which 2 % of unchanged rows exceed. Each run's intervals hold what differs between its own processes, so
 * that this is what is left beyond those. What was sampled in turns and what was sampled at once
 * have each their own, since the second are at the mercy of a moment. The noise can be told only between profiles of one device in one
 * condition; between different devices ratios scatter because the devices differ.
 *
 * @param threshold relative; null for 2 %
 */
export const comparePair = (base: Labelled, other: Labelled, threshold: number | null = null): Pair => {
  const smallest = threshold ?? THRESHOLD;
  const [ours, theirs] = [seriesOf(base.profile), seriesOf(other.profile)];
  const known = new Map(theirs.map((series) => [series.id, series]));
  const pairings = ours.flatMap((series): Pairing[] => {
    const same = known.get(series.id);
    return same === undefined ? [] : [pairOf(series, same)];
  });
  const margins = WAYS.flatMap((sampling): Margin[] => {
    const sampled = pairings.filter((pairing) => samplingOf(pairing) === sampling);
    if (sampled.length === 0) return [];
    const noise = isSameDevice(base.profile, other.profile) ? noiseBetweenRunsOrNull(sampled.filter(isTestable).flatMap(noisyRow)) : null;
    return [{ sampling, noise_between_runs: noise, margin: Math.expm1(Math.max(Math.log1p(smallest), Z_99 * (noise ?? 0))) }];
  });
  const of = (pairing: Pairing): Margin | undefined => margins.find(({ sampling }) => sampling === samplingOf(pairing));
  const marginOf = (pairing: Pairing): number => Math.log1p(of(pairing)?.margin ?? smallest);
  const noiseOf = (pairing: Pairing): number => of(pairing)?.noise_between_runs ?? 0;
  const judgements = judge(pairings, marginOf, Math.log1p(smallest));
  const rows = pairings.map((pairing, i): Row => ({ ...rowOf(pairing), ...judgements[i]! }));
  return {
    base: base.label,
    other: other.label,
    threshold: smallest,
    margins,
    families: [...groupBy(pairings, (pairing) => pairing.base.family)].flatMap(([family, members]) => {
      const ratios = members.flatMap((pairing) =>
        pairing.ratio === null ? [] : [{ pairing, ratio: pairing.ratio, noise: noiseOf(pairing) }],
      );
      return ratios.length === 0 ? [] : [{ family, rows: ratios.length, ratio: geometricMean(ratios) }];
    }),
    rows,
    only_base: notIn(ours, theirs),
    only_other: notIn(theirs, ours),
  };
};

/** The same GPU and driver in the same condition; another browser or another day may lie between. */
const isSameDevice = (a: Profile, b: Profile): boolean => {
  const key = ({ device, condition, runtime, is_quick, environment: { adapter, cpu } }: Profile): string =>
    JSON.stringify([device, condition, runtime, is_quick, adapter.description, adapter.driver, cpu]);
  return key(a) === key(b);
};

const WAYS: readonly Sampling[] = ["in-turns", "at-once"];

const samplingOf = ({ base, other }: Pick<Pairing, "base" | "other">): Sampling =>
  base.turns.length > 0 && other.turns.length > 0 ? "in-turns" : "at-once";

/** Standard error of a ratio that all rows of its kind share: what a process of either run had for all of them. */
const sharedError = ({ base, other }: Pairing): number => Math.hypot(base.sharedError, other.sharedError);

/** And what is the row's own. */
const ownError = (pairing: Pairing, ratio: LogRatio): number =>
  Math.sqrt(Math.max(0, standardError(ratio) ** 2 - sharedError(pairing) ** 2));

const noisyRow = (pairing: Pairing) =>
  pairing.ratio === null ? [] : [{ kin: pairing.base.kin, estimate: pairing.ratio.estimate, error: ownError(pairing, pairing.ratio) }];

/** Of ratios that err each by itself and by the noise between runs, which average out, and all alike by what their runs' processes had for all. */
const geometricMean = (
  ratios: readonly { readonly pairing: Pairing; readonly ratio: LogRatio; readonly noise: number }[],
): Row["ratio"] & object => {
  const mean = ratios.reduce((sum, { ratio }) => sum + ratio.estimate, 0) / ratios.length;
  const own = Math.hypot(...ratios.flatMap(({ pairing, ratio, noise }) => [ownError(pairing, ratio), noise])) / ratios.length;
  const half = Z_95 * Math.hypot(own, Math.max(...ratios.map(({ pairing }) => sharedError(pairing))));
  return { estimate: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
};

const rowOf = ({ base, other, ratio }: Pairing): Omit<Row, "verdict" | "reason" | "p"> => ({
  id: base.id,
  family: base.family,
  base_s: base.median,
  other_s: other.median,
  ratio: ratio === null ? null : { estimate: Math.exp(ratio.estimate), low: Math.exp(ratio.low), high: Math.exp(ratio.high) },
  samples: [base.samples_s.length, other.samples_s.length],
  sampling: samplingOf({ base, other }),
});

const notIn = (these: readonly Series[], those: readonly Series[]): string[] => {
  const known = new Set(those.map(({ id }) => id));
  return these.filter(({ id }) => !known.has(id)).map(({ id }) => id);
};
