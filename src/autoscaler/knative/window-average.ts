import { pow } from "../../math.ts";
import type { Seconds } from "../../units.ts";

/** How Knative averages a metric over a window (knative/serving, pkg/autoscaler/aggregation/bucketing.go). */
export type AggregationAlgorithm = "linear" | "weighted-exponential";

/** Decimals of a linear average. */
const PRECISION = 1e6;
/** The least weight of the newest bucket; what all weights together leave out at most. */
const LEAST_WEIGHT = 0.2;
const WEIGHT_LEFT_OUT = 1 - 0.9999;

/**
 * A ring of buckets, each with the sum of what was recorded in its second, that together make up a window.
 *
 * The average is over the buckets from the first one written to the last: a window that has just begun is not diluted, and neither is
 * one in which nothing has come lately.
 */
export class WindowAverage {
  readonly #buckets: Float64Array;
  readonly #size: Seconds;
  readonly #weight: number;
  #first: number | null = null;
  #last: number | null = null;
  #total = 0;

  /** @param size of a bucket */
  constructor(
    window: Seconds,
    readonly algorithm: AggregationAlgorithm = "linear",
    size: Seconds = 1,
  ) {
    const count = Math.ceil(window / size);
    this.#buckets = new Float64Array(count);
    this.#size = size;
    this.#weight = Math.max(1 - pow(WEIGHT_LEFT_OUT, 1 / count), LEAST_WEIGHT);
  }

  /** Adds to the bucket of that time; what comes a window too late is dropped. */
  record(at: Seconds, value: number): void {
    const bucket = this.#bucketAt(at);
    const count = this.#buckets.length;
    if (this.#last === null || bucket > this.#last) {
      this.#open(bucket);
    } else if (bucket < this.#last) {
      if (bucket + count <= this.#last) return;
      if (bucket < this.#first!) this.#first = bucket;
    }
    const index = this.#indexOf(bucket);
    this.#buckets[index]! += value;
    this.#total += value;
  }

  /** Null where nothing was recorded for longer than a window. */
  averageOrNull(now: Seconds): number | null {
    return this.#last === null || this.#bucketAt(now) - this.#last > this.#buckets.length ? null : this.average(now);
  }

  /** 0 where nothing was recorded within the window. */
  average(now: Seconds): number {
    if (this.#last === null) return 0;
    const gap = this.#bucketAt(now) - this.#last;
    return this.algorithm === "linear" ? this.#linear(gap, this.#last) : this.#weighted(gap, this.#last);
  }

  #linear(gap: number, last: number): number {
    const count = this.#buckets.length;
    if (gap >= count) return 0;
    let total = this.#total;
    for (let bucket = last + 1; bucket <= last + gap; bucket += 1) total -= this.#buckets[this.#indexOf(bucket)]!;
    const written = Math.min(last - this.#first! + 1, count - Math.max(gap, 0));
    return Math.floor((total / written) * PRECISION) / PRECISION;
  }

  /** The newest bucket has the weight w, the one before it w·(1 − w), and so on. */
  #weighted(gap: number, last: number): number {
    const count = this.#buckets.length;
    if (gap > count) return 0;
    const late = Math.max(gap, 0);
    let weight = late > 0 ? this.#weight * pow(1 - this.#weight, late) : this.#weight;
    let average = 0;
    for (let age = 0; age < count - late; age += 1) {
      average += this.#buckets[this.#indexOf(last - age)]! * weight;
      weight *= 1 - this.#weight;
    }
    return average;
  }

  /** Moves the window on to a new bucket; those in between were silent. */
  #open(bucket: number): void {
    const last = this.#last;
    if (last === null || bucket - last >= this.#buckets.length) {
      this.#first = bucket;
      this.#buckets.fill(0);
      this.#total = 0;
    } else {
      for (let silent = last + 1; silent <= bucket; silent += 1) {
        const index = this.#indexOf(silent);
        this.#total -= this.#buckets[index]!;
        this.#buckets[index] = 0;
      }
    }
    this.#last = bucket;
  }

  #bucketAt(at: Seconds): number {
    return Math.floor(at / this.#size);
  }

  #indexOf(bucket: number): number {
    const count = this.#buckets.length;
    return ((bucket % count) + count) % count;
  }
}
