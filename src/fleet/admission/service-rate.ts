import type { Nanoseconds } from "../../units.ts";

/** What is left of the past with each completion. */
const MEMORY = 31 / 32;

/**
 * How fast a fleet finishes requests while others wait for room: the time from one completion to the next, averaged with weights that fade by the
 * completion. Times in which nobody waits say how fast requests come, not how fast they are served, and are left out.
 */
export class ServiceRate {
  private time = 0;
  private completions = 0;
  private since: Nanoseconds = 0;
  private isContended = false;

  /** Some requests have finished; `waits` says whether others still wait for room. */
  completed(count: number, waits: boolean, now: Nanoseconds): void {
    if (this.isContended) {
      this.time = MEMORY * this.time + (now - this.since);
      this.completions = MEMORY * this.completions + count;
    }
    this.since = now;
    this.isContended = waits;
  }

  /** How long so many requests take to have been given room; 0 as long as none has been seen to wait. */
  waitBehind(requests: number): Nanoseconds {
    return this.completions === 0 ? 0 : (requests * this.time) / this.completions;
  }
}
