import type { Seconds } from "../../units.ts";
import { unitGamma } from "../gaps.ts";
import type { RandomStream } from "../random.ts";
import type { ArrivalCounts } from "./rates.ts";

/**
 * Arrival times such that as many fall into each window as were counted there. When inside the window they come is not known and is drawn: their
 * gaps are gamma with a coefficient of variation, scaled to the window, which is taken as a circle that begins anywhere. With 1 that is a Poisson
 * process, given its counts: times that are uniform and independent.
 *
 * Counts that are not whole are rounded so that their running total stays within one of what it is.
 *
 * @param cv of the gaps inside a window
 */
export function* countedArrivals({ window, counts }: ArrivalCounts, cv: number, stream: RandomStream): Generator<Seconds> {
  const shape = 1 / (cv * cv);
  let [total, given] = [stream.uniform(), 0];
  for (const [index, count] of counts.entries()) {
    total += count;
    const arriving = Math.max(0, Math.floor(total + 1e-9) - given);
    given += arriving;
    for (const share of sharesOf(arriving, shape, stream)) yield (index + share) * window;
  }
}

/** So many places on [0, 1), rising. */
const sharesOf = (arriving: number, shape: number, stream: RandomStream): number[] => {
  if (arriving === 0) return [];
  const places: number[] = [];
  let around = 0;
  for (let i = 0; i < arriving; i += 1) {
    around += unitGamma(shape, stream);
    places.push(around);
  }
  const turn = stream.uniform();
  return places
    .map((place) => {
      const turned = (around > 0 ? place / around : 0) + turn;
      return turned - Math.floor(turned);
    })
    .sort((a, b) => a - b);
};
