/**
 * Holt's linear exponential smoothing: a level and a slope that both follow a series.
 *
 * @see Holt 1957, reprinted in International Journal of Forecasting 20 (2004) 5–10
 */
export class HoltForecast {
  #level: number | null = null;
  #slope = 0;
  #observed = 0;

  /**
   * @param alpha weight of the newest value in the level, above 0 to 1
   * @param beta weight of the newest step in the slope, 0 to 1
   */
  constructor(
    readonly alpha: number,
    readonly beta: number,
  ) {}

  observe(value: number): void {
    this.#observed += 1;
    if (this.#level === null) {
      this.#level = value;
      return;
    }
    const before = this.#level;
    // The second value is the first to show a slope: take it as it is, so that a straight line is followed from there on.
    if (this.#observed === 2) this.#slope = value - before;
    this.#level = this.alpha * value + (1 - this.alpha) * (before + this.#slope);
    if (this.#observed > 2) this.#slope = this.beta * (this.#level - before) + (1 - this.beta) * this.#slope;
  }

  /** The series so many steps after the last value, not below 0; null before the first. */
  ahead(steps: number): number | null {
    return this.#level === null ? null : Math.max(0, this.#level + steps * this.#slope);
  }
}
