import type { Seconds } from "../../units.ts";

/**
 * The highest number of the last slots of time, this one included: how Knative delays a scale-down
 * (knative/serving, pkg/autoscaler/aggregation/max).
 */
export class DelayWindow {
  readonly #slots: number;
  readonly #slotLength: Seconds;
  #highest: { readonly slot: number; readonly value: number }[] = [];

  constructor(delay: Seconds, slotLength: Seconds) {
    this.#slots = Math.ceil(delay / slotLength);
    this.#slotLength = slotLength;
  }

  /** Takes a number in and gives the highest; times do not go back. */
  record(now: Seconds, value: number): number {
    const slot = Math.floor(now / this.#slotLength);
    this.#highest = this.#highest.filter((entry) => entry.value > value && slot - entry.slot < this.#slots);
    this.#highest.push({ slot, value });
    return this.#highest[0]!.value;
  }
}
