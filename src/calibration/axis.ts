/** Largest whole number that has its place on an axis looked up rather than searched. */
const MOST_LOOKED_UP = 1 << 18;

/**
 * A rising axis of whole numbers, prepared for finding the two points around a value without a search.
 *
 * @param points at least one, rising, whole, 0 or above
 */
export class Axis {
  readonly points: Float64Array;
  /** One over the distance to the next point. */
  readonly #inverse: Float64Array;
  /** By a value's whole part: the point below it, so that there is one above. */
  readonly #below: Uint16Array;

  constructor(points: readonly number[]) {
    this.points = Float64Array.from(points);
    const last = points.length - 1;
    this.#inverse = Float64Array.from({ length: last }, (_, i) => 1 / (points[i + 1]! - points[i]!));
    this.#below = new Uint16Array(Math.min(points[last]!, MOST_LOOKED_UP) + 1);
    let at = 0;
    for (let value = 0; value < this.#below.length; value += 1) {
      while (at < last - 1 && points[at + 1]! <= value) at += 1;
      this.#below[value] = at;
    }
  }

  /** Index of the point below x, or of the first of the last two where x is above all. */
  below(x: number): number {
    const below = this.#below;
    if (x < below.length) return below[x | 0]!;
    const { points } = this;
    let at = below.at(-1)!;
    while (at < points.length - 2 && points[at + 1]! <= x) at += 1;
    return at;
  }

  /** Where x is between point `at` and the next: 0 to 1, above 1 behind the last; 0 in front of the first. */
  weight(at: number, x: number): number {
    const distance = x - this.points[at]!;
    return distance > 0 && at < this.#inverse.length ? distance * this.#inverse[at]! : 0;
  }

  /** The last point. */
  get end(): number {
    return this.points[this.points.length - 1]!;
  }
}
