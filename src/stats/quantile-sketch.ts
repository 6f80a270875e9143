/** Bits of the fraction that a bucket's number keeps. */
const FRACTION_BITS = 9;
/** Zero and what is below 2⁻²⁰ share the first bucket. */
const LOWEST = 1 / 1_048_576;

/** What a percentile from buckets may be off by: half a bucket's width. */
export const SKETCH_ERROR = 2 ** -(FRACTION_BITS + 1);

const view = new DataView(new ArrayBuffer(8));

/**
 * Mean, largest and percentiles of values of 0 or more, in memory that does not grow with their number.
 *
 * Exact up to a number of values. Beyond, each is counted in a bucket of its exponent and the first 9 bits of its fraction (the idea of
 * HdrHistogram), so that a percentile is off by 0.1 % at most; mean, smallest and largest stay exact. The outcome does not depend on the
 * order of the values, but for the rounding of the mean.
 */
export class QuantileSketch {
  count = 0;
  sum = 0;
  private least = Infinity;
  private largest = 0;
  private values: Float64Array | null = new Float64Array(16);
  private isSorted = false;
  private buckets = new Float64Array(0);
  private firstBucket = 0;

  /** @param exactUpTo how many values are kept as they are */
  constructor(readonly exactUpTo: number) {}

  /** 0 while the percentiles are exact. */
  get relativeError(): number {
    return this.values === null ? SKETCH_ERROR : 0;
  }

  get max(): number {
    return this.largest;
  }

  add(value: number): void {
    this.sum += value;
    if (value < this.least) this.least = value;
    if (value > this.largest) this.largest = value;
    if (this.values !== null && this.count < this.exactUpTo) {
      if (this.count === this.values.length) {
        const larger = new Float64Array(2 * this.count);
        larger.set(this.values);
        this.values = larger;
      }
      this.values[this.count] = value;
      this.isSorted = false;
    } else {
      this.leaveExact();
      this.countIn(value, 1);
    }
    this.count += 1;
  }

  /** Adds all that another one has. */
  merge(other: QuantileSketch): void {
    if (other.count === 0) return;
    const isExact = this.values !== null && other.values !== null && this.count + other.count <= this.exactUpTo;
    const sum = this.sum + other.sum;
    if (isExact) {
      for (let i = 0; i < other.count; i += 1) this.add(other.values![i]!);
    } else {
      this.leaveExact();
      if (other.values !== null) for (let i = 0; i < other.count; i += 1) this.countIn(other.values[i]!, 1);
      else other.buckets.forEach((count, i) => count > 0 && this.countBucket(other.firstBucket + i, count));
      this.count += other.count;
      this.least = Math.min(this.least, other.least);
      this.largest = Math.max(this.largest, other.largest);
    }
    this.sum = sum;
  }

  /** The p-quantile, linear between ranks (type 7 of Hyndman and Fan). Only while `count` is above 0. */
  quantile(p: number): number {
    const rank = (this.count - 1) * p;
    const below = Math.floor(rank);
    const value = this.valueAt(below);
    return below < rank ? value + (rank - below) * (this.valueAt(below + 1) - value) : value;
  }

  /** The value of a rank, counted from 0. */
  private valueAt(rank: number): number {
    if (this.values !== null) {
      if (!this.isSorted) this.values.subarray(0, this.count).sort();
      this.isSorted = true;
      return this.values[rank]!;
    }
    if (rank === 0) return this.least;
    if (rank === this.count - 1) return this.largest;
    let seen = 0;
    let bucket = 0;
    while (seen + this.buckets[bucket]! <= rank) {
      seen += this.buckets[bucket]!;
      bucket += 1;
    }
    const low = startOf(this.firstBucket + bucket);
    const middle = (low + startOf(this.firstBucket + bucket + 1)) / 2;
    return Math.min(this.largest, Math.max(this.least, middle));
  }

  private leaveExact(): void {
    const values = this.values;
    if (values === null) return;
    this.values = null;
    for (let i = 0; i < this.count; i += 1) this.countIn(values[i]!, 1);
  }

  private countIn(value: number, count: number): void {
    this.countBucket(bucketOf(value), count);
  }

  private countBucket(bucket: number, count: number): void {
    if (bucket < this.firstBucket || bucket >= this.firstBucket + this.buckets.length) this.widen(bucket);
    this.buckets[bucket - this.firstBucket]! += count;
  }

  /** Room from the first bucket in use to this one, and an octave on either side. */
  private widen(bucket: number): void {
    const octave = 2 ** FRACTION_BITS;
    const isEmpty = this.buckets.length === 0;
    const first = Math.min(isEmpty ? bucket : this.firstBucket, bucket) - octave;
    const end = Math.max(isEmpty ? bucket : this.firstBucket + this.buckets.length, bucket + 1) + octave;
    const buckets = new Float64Array(end - first);
    buckets.set(this.buckets, isEmpty ? 0 : this.firstBucket - first);
    this.buckets = buckets;
    this.firstBucket = first;
  }
}

/** The number of a value's bucket: the upper bits of the double, which rise with it. */
const bucketOf = (value: number): number => {
  view.setFloat64(0, value < LOWEST ? LOWEST : value);
  return view.getUint32(0) >>> (20 - FRACTION_BITS);
};

/** Where a bucket begins. */
const startOf = (bucket: number): number => {
  view.setUint32(0, bucket << (20 - FRACTION_BITS));
  view.setUint32(4, 0);
  return view.getFloat64(0);
};
