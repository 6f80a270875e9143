import type { Meters } from "../../replica/meters.ts";
import type { Nanoseconds } from "../../units.ts";

/** Requests that are held back, in state `deferred`, in the order in which they came: since when, and until when at most. */
export class HeldBack {
  private readonly held = new Map<number, { readonly since: Nanoseconds; readonly until: Nanoseconds }>();
  private settledAt: Nanoseconds = 0;

  constructor(private readonly meters: Meters) {}

  get length(): number {
    return this.held.size;
  }

  has(slot: number): boolean {
    return this.held.has(slot);
  }

  /** The one that came first; −1: none. */
  first(): number {
    for (const slot of this.held.keys()) return slot;
    return -1;
  }

  add(slot: number, now: Nanoseconds, until: Nanoseconds): void {
    this.settle(now);
    this.held.set(slot, { since: now, until });
  }

  /** Whether a request is held until now and no longer. */
  isDue(slot: number, now: Nanoseconds): boolean {
    return this.held.get(slot)?.until === now;
  }

  /**
   * Lets go one that is held.
   *
   * @returns for how long it was
   */
  release(slot: number, now: Nanoseconds): Nanoseconds {
    const { since } = this.held.get(slot)!;
    this.settle(now);
    this.held.delete(slot);
    return now - since;
  }

  /** Accounts for the time up to now. */
  settle(now: Nanoseconds): void {
    this.meters.deferred.add(this.held.size, this.settledAt, now);
    this.settledAt = now;
  }
}
