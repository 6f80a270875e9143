import type { Nanoseconds } from "../../units.ts";
import { NANOSECONDS_PER_SECOND } from "../../units.ts";

/** Fills at a rate, holds a burst at most, and is full at first: over a time t it lets through burst + rate × t at most. */
export class TokenBucket {
  private readonly perNanosecond: number;
  private level: number;
  private since: Nanoseconds;

  /** @param rate a second, 0 or more */
  constructor(
    rate: number,
    private readonly burst: number,
    now: Nanoseconds,
  ) {
    this.perNanosecond = rate / NANOSECONDS_PER_SECOND;
    this.level = burst;
    this.since = now;
  }

  /**
   * Takes so much out, now or as soon as what was taken before has been filled in again.
   *
   * @returns when it is there: now, or later by `patience` at most; Infinity where it would be later still, and then nothing is taken
   */
  take(amount: number, now: Nanoseconds, patience: Nanoseconds): Nanoseconds {
    this.fill(now);
    if (amount > this.burst) return Infinity;
    const wait = this.level >= amount ? 0 : Math.ceil((amount - this.level) / this.perNanosecond);
    if (wait > patience) return Infinity;
    this.level -= amount;
    return now + wait;
  }

  /** Puts so much in beside the rate. */
  deposit(amount: number): void {
    this.level = Math.min(this.burst, this.level + amount);
  }

  isFull(now: Nanoseconds): boolean {
    this.fill(now);
    return this.level === this.burst;
  }

  private fill(now: Nanoseconds): void {
    this.level = Math.min(this.burst, this.level + this.perNanosecond * (now - this.since));
    this.since = now;
  }
}
