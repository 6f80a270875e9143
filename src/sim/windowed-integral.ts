import type { Nanoseconds } from "../units.ts";

/** A window's integral is high · RADIX + low. */
const RADIX = 2 ** 26;
const LOW_LIMIT = 2 ** 52;

/**
 * ∫ count dt by window, exact: whole counts times whole nanoseconds, held in two doubles, so that the result does not depend on the
 * order or the pieces in which it was added.
 */
export class WindowedIntegral {
  window: Nanoseconds;
  private low = new Float64Array(64);
  private high = new Float64Array(64);
  /** The window used last: most additions fall into it. */
  private index = 0;
  private start = 0;
  private end: number;

  /** @param window in whole nanoseconds */
  constructor(window: Nanoseconds) {
    this.window = window;
    this.end = window;
  }

  /** Adds a count (whole, below 2²⁶) that held from `from` to `to`. */
  add(count: number, from: Nanoseconds, to: Nanoseconds): void {
    if (count === 0) return;
    let start = from;
    while (start < to) {
      if (start < this.start || start >= this.end) this.moveTo(start);
      const end = to < this.end ? to : this.end;
      this.deposit(count, end - start);
      start = end;
    }
  }

  /** Integral over window `index`, in count · nanoseconds, rounded once to a double. */
  of(index: number): number {
    const low = this.low[index] ?? 0;
    const carried = Math.floor(low / RADIX);
    return ((this.high[index] ?? 0) + carried) * RADIX + (low - carried * RADIX);
  }

  /** Integral over all windows, in count · nanoseconds, rounded once to a double. */
  total(): number {
    let high = 0;
    let low = 0;
    for (let i = 0; i < this.low.length; i += 1) {
      const carried = Math.floor(this.low[i]! / RADIX);
      high += this.high[i]! + carried;
      low += this.low[i]! - carried * RADIX;
    }
    const carried = Math.floor(low / RADIX);
    return (high + carried) * RADIX + (low - carried * RADIX);
  }

  /** Makes the windows `factor` times as long, a whole number; what was added stays added. */
  coarsen(factor: number): void {
    const low = new Float64Array(this.low.length);
    const high = new Float64Array(this.low.length);
    for (let i = 0; i < this.low.length; i += 1) {
      const to = Math.floor(i / factor);
      const carried = Math.floor(this.low[i]! / RADIX);
      high[to]! += this.high[i]! + carried;
      low[to]! += this.low[i]! - carried * RADIX;
    }
    this.low = low;
    this.high = high;
    this.window *= factor;
    this.index = 0;
    this.start = 0;
    this.end = this.window;
  }

  private deposit(count: number, span: Nanoseconds): void {
    const index = this.index;
    let product = count * span;
    if (product >= LOW_LIMIT) {
      const spanHigh = Math.floor(span / RADIX);
      this.high[index]! += count * spanHigh;
      product = count * (span - spanHigh * RADIX);
    }
    let low = this.low[index]! + product;
    if (low >= LOW_LIMIT) {
      const carried = Math.floor(low / RADIX);
      this.high[index]! += carried;
      low -= carried * RADIX;
    }
    this.low[index] = low;
  }

  private moveTo(time: Nanoseconds): void {
    this.index = Math.floor(time / this.window);
    this.start = this.index * this.window;
    this.end = this.start + this.window;
    if (this.index >= this.low.length) {
      const length = Math.max(this.low.length * 2, this.index + 1);
      const low = new Float64Array(length);
      const high = new Float64Array(length);
      low.set(this.low);
      high.set(this.high);
      this.low = low;
      this.high = high;
    }
  }
}
