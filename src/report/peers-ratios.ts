import { median } from "simple-statistics";
import { bcaInterval, type Interval, weightedMedian } from "../stats/bootstrap.ts";
import { type Contestant, DEFAULT, type Ours, type Race, TUNED } from "./peers-schema.ts";

/** Ballast's time beside a peer's. SAME: the interval of the ratio holds 1. */
export type PeerVerdict = "FASTER" | "SAME" | "SLOWER";

/** A peer's time over Ballast's, more than 1 where Ballast is faster. */
export interface PeerRatio extends Interval {
  /** Median of the ratios of each round. */
  readonly estimate: number;
  readonly verdict: PeerVerdict;
}

const SEED = 1;

/**
 * Ratio of two contestants of one race with its 95 % BCa interval. A unit is a round: its two samples were taken side by side.
 *
 * @throws RangeError where the rounds are not the same ones, or there are none
 */
export const ratioOf = (peer: readonly number[], ours: readonly number[]): PeerRatio => {
  if (peer.length !== ours.length || peer.length === 0) {
    throw new RangeError(`expected as many rounds of both, at least one, got ${peer.length} and ${ours.length}`);
  }
  const ratios = peer.map((seconds, round) => seconds / ours[round]!);
  const interval = bcaInterval(
    ratios.length,
    weightedMedian(ratios, (round) => round),
    { seed: SEED },
  );
  return { ...interval, estimate: median(ratios), verdict: interval.low > 1 ? "FASTER" : interval.high < 1 ? "SLOWER" : "SAME" };
};

export const contestant = ({ contestants }: Race, name: string): Contestant | null =>
  contestants.find((each) => each.name === name && each.samples_s.length > 0) ?? null;

/** The peer with the least median time; null where none was timed. */
export const fastestPeerOrNull = ({ contestants }: Race): Contestant | null =>
  contestants
    .filter(({ name, samples_s }) => name !== TUNED && name !== DEFAULT && samples_s.length > 0)
    .reduce<Contestant | null>((best, each) => (best === null || median(each.samples_s) < median(best.samples_s) ? each : best), null);

/** The fastest peer beside one of Ballast's rows; null where either was not timed. */
export const raceRatioOrNull = (race: Race, ours: Ours): PeerRatio | null => {
  const peer = fastestPeerOrNull(race);
  const own = contestant(race, ours);
  return peer === null || own === null ? null : ratioOf(peer.samples_s, own.samples_s);
};

/** What all races together say of one of Ballast's rows. */
export interface PeersSummary {
  readonly compared: number;
  readonly median: number;
  readonly worst: { readonly id: string; readonly ratio: PeerRatio };
  readonly slower: readonly string[];
}

/** Null where nothing was compared. */
export const summaryOrNull = (races: readonly Race[], ours: Ours): PeersSummary | null => {
  const compared = races.flatMap((race) => {
    const ratio = raceRatioOrNull(race, ours);
    return ratio === null ? [] : [{ id: race.id, ratio }];
  });
  const [worst] = compared.toSorted((a, b) => a.ratio.estimate - b.ratio.estimate);
  if (worst === undefined) return null;
  return {
    compared: compared.length,
    median: median(compared.map(({ ratio }) => ratio.estimate)),
    worst,
    slower: compared.filter(({ ratio }) => ratio.verdict === "SLOWER").map(({ id }) => id),
  };
};

/** Shapes at which a peer was timed, and this row of Ballast's was not: wrong, refused or too slow. No summary of ratios holds them. */
export const untimed = (races: readonly Race[], ours: Ours): string[] =>
  races.filter((race) => contestant(race, ours) === null && fastestPeerOrNull(race) !== null).map(({ id }) => id);
