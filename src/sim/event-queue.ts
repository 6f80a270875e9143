import type { Nanoseconds } from "../units.ts";

/** Keys are rank · RANK_STEP + sequence, one exact double: below 2¹³ ranks of 2⁴⁰ entities. */
const RANK_STEP = 2 ** 40;

/**
 * What is due, in one total order: time, then rank of the kind of event, then sequence.
 *
 * The sequence is the number of the entity the event is about (a request, a replica), in order of creation. So the order depends on
 * what is due and not on when it was scheduled, and two ways to the same events (stepwise, fast path) process them alike.
 * A binary heap in typed arrays: no object is made for an event.
 */
export class EventQueue {
  private times = new Float64Array(64);
  private keys = new Float64Array(64);
  length = 0;

  /** Time of the event popped last: the simulation's clock. */
  now: Nanoseconds = 0;
  /** Rank and sequence of the event popped last. */
  rank = 0;
  sequence = 0;

  /** When the next event is due; Infinity if there is none. */
  get nextAt(): Nanoseconds {
    return this.length === 0 ? Infinity : this.times[0]!;
  }

  /** @throws RangeError if the event lies in the past */
  push(at: Nanoseconds, rank: number, sequence: number): void {
    if (!(at >= this.now)) throw new RangeError(`an event at ${at} ns was scheduled at ${this.now} ns`);
    if (this.length === this.times.length) this.grow();
    const key = rank * RANK_STEP + sequence;
    const times = this.times;
    const keys = this.keys;
    let hole = this.length;
    this.length += 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (isBefore(times[parent]!, keys[parent]!, at, key)) break;
      times[hole] = times[parent]!;
      keys[hole] = keys[parent]!;
      hole = parent;
    }
    times[hole] = at;
    keys[hole] = key;
  }

  /** Takes the first event out and makes it `now`, `rank` and `sequence`; false if there is none. */
  pop(): boolean {
    if (this.length === 0) return false;
    const times = this.times;
    const keys = this.keys;
    this.now = times[0]!;
    this.rank = Math.floor(keys[0]! / RANK_STEP);
    this.sequence = keys[0]! - this.rank * RANK_STEP;
    const length = this.length - 1;
    this.length = length;
    const at = times[length]!;
    const key = keys[length]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && isBefore(times[right]!, keys[right]!, times[child]!, keys[child]!)) child = right;
      if (isBefore(at, key, times[child]!, keys[child]!)) break;
      times[hole] = times[child]!;
      keys[hole] = keys[child]!;
      hole = child;
    }
    times[hole] = at;
    keys[hole] = key;
    return true;
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    const keys = new Float64Array(this.keys.length * 2);
    times.set(this.times);
    keys.set(this.keys);
    this.times = times;
    this.keys = keys;
  }
}

/** The total order of events. */
const isBefore = (timeA: Nanoseconds, keyA: number, timeB: Nanoseconds, keyB: number): boolean =>
  timeA < timeB || (timeA === timeB && keyA < keyB);
