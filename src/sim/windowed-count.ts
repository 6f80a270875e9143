import type { Nanoseconds } from "../units.ts";

/** Whole amounts by the window of the instant they came at. Sums below 2⁵³ are exact, so the order of additions is nothing to them. */
export class WindowedCount {
  total = 0;
  private counts = new Float64Array(64);
  /** The window used last: most additions fall into it. */
  private index = 0;
  private start = 0;
  private end: number;

  /** @param window in whole nanoseconds */
  constructor(private window: Nanoseconds) {
    this.end = window;
  }

  add(amount: number, at: Nanoseconds): void {
    if (amount === 0) return;
    if (at < this.start || at >= this.end) this.moveTo(at);
    this.counts[this.index]! += amount;
    this.total += amount;
  }

  /** Adds an amount just before each of the first `count` instants, which rise and are above 0. */
  addBeforeEach(amount: number, instants: Float64Array, count: number): void {
    let done = 0;
    while (done < count) {
      const at = instants[done]! - 1;
      if (at < this.start || at >= this.end) this.moveTo(at);
      let until = count;
      if (instants[count - 1]! > this.end) {
        until = done + 1;
        while (instants[until]! <= this.end) until += 1;
      }
      this.counts[this.index]! += amount * (until - done);
      done = until;
    }
    this.total += amount * count;
  }

  /** The sum of window `index`. */
  of(index: number): number {
    return this.counts[index] ?? 0;
  }

  /** Makes the windows `factor` times as long, a whole number. */
  coarsen(factor: number): void {
    const counts = new Float64Array(this.counts.length);
    for (let i = 0; i < this.counts.length; i += 1) counts[Math.floor(i / factor)]! += this.counts[i]!;
    this.counts = counts;
    this.window *= factor;
    this.index = 0;
    this.start = 0;
    this.end = this.window;
  }

  private moveTo(at: Nanoseconds): void {
    this.index = Math.floor(at / this.window);
    this.start = this.index * this.window;
    this.end = this.start + this.window;
    if (this.index < this.counts.length) return;
    const counts = new Float64Array(Math.max(this.counts.length * 2, this.index + 1));
    counts.set(this.counts);
    this.counts = counts;
  }
}
