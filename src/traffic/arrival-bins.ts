import type { Seconds } from "../units.ts";

/** Counts of arrivals in bins of one width, from the first arrival on; a last bin that is not full is left out. */
export interface Burstiness {
  /** Variance over mean of the counts: 1 for Poisson traffic, above it for bursts. */
  readonly indexOfDispersion: number;
  /** Fullest bin over the mean bin. */
  readonly peakToMean: number;
}

/** Counts arrivals in bins of one width, and keeps no bin but the last. */
export class ArrivalBins {
  readonly #width: Seconds;
  #bin = 0;
  #inBin = 0;
  /** Of the bins before this one. */
  #sum = 0;
  #squares = 0;
  #peak = 0;

  constructor(width: Seconds) {
    this.#width = width;
  }

  /** @param at from the first arrival; not before the one added last */
  add(at: Seconds): void {
    const bin = Math.floor(at / this.#width);
    if (bin !== this.#bin) {
      this.#close();
      this.#bin = bin;
    }
    this.#inBin += 1;
  }

  #close(): void {
    this.#sum += this.#inBin;
    this.#squares += this.#inBin * this.#inBin;
    this.#peak = Math.max(this.#peak, this.#inBin);
    this.#inBin = 0;
  }

  /**
   * Null with fewer than two whole bins.
   *
   * @param span up to the last arrival, whose bin is the one that is not full
   */
  burstinessOrNull(span: Seconds): Burstiness | null {
    const bins = Math.floor(span / this.#width);
    if (bins < 2) return null;
    const mean = this.#sum / bins;
    const variance = (this.#squares - (this.#sum * this.#sum) / bins) / (bins - 1);
    return { indexOfDispersion: variance / mean, peakToMean: this.#peak / mean };
  }
}
