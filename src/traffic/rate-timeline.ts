import type { Seconds } from "../units.ts";

/** Widths of a window, each a whole multiple of the one before. */
const WIDTHS: readonly Seconds[] = [
  0.001, 0.002, 0.01, 0.02, 0.1, 0.2, 1, 2, 10, 20, 60, 120, 600, 1200, 3600, 7200, 21_600, 86_400, 604_800,
];
const MOST_WINDOWS = 360;

/** Requests per second over time, in at most 360 windows: they are made wider, and put together, as time goes on. */
export class RateTimeline {
  #width = 0;
  #counts: number[] = [];

  /** @param at from the first arrival; not before the one added last */
  add(at: Seconds): void {
    let window = Math.floor(at / this.#seconds);
    while (window >= MOST_WINDOWS && this.#width < WIDTHS.length - 1) {
      this.#widen();
      window = Math.floor(at / this.#seconds);
    }
    while (this.#counts.length <= window) this.#counts.push(0);
    this.#counts[window]! += 1;
  }

  get #seconds(): Seconds {
    return WIDTHS[this.#width] ?? 1;
  }

  #widen(): void {
    const before = this.#seconds;
    this.#width += 1;
    const together = Math.round(this.#seconds / before);
    const wider: number[] = [];
    for (let i = 0; i < this.#counts.length; i += 1) {
      const window = Math.floor(i / together);
      wider[window] = (wider[window] ?? 0) + this.#counts[i]!;
    }
    this.#counts = wider;
  }

  /** A last window that is not full is left out, unless it is the only one. */
  rates(span: Seconds): { window: Seconds; rates: number[] } {
    const window = this.#seconds;
    const whole = Math.max(1, Math.floor(span / window));
    return { window, rates: this.#counts.slice(0, whole).map((count) => count / window) };
  }
}
