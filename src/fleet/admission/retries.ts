import type { RequestTable } from "../../replica/request-table.ts";
import type { Streams } from "../../sim/streams.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds } from "../../units.ts";
import type { FailedState } from "./failure.ts";
import type { RetrySettings } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Whether clients try again, and when. */
export class Retries {
  private readonly budget: TokenBucket | null;

  constructor(
    private readonly settings: RetrySettings,
    private readonly table: RequestTable,
    private readonly streams: Streams,
  ) {
    const { budget } = settings;
    this.budget = budget === undefined ? null : new TokenBucket(budget.min_per_s, budget.burst, 0);
  }

  /** A request is sent for the first time. */
  countFirst(): void {
    this.budget?.deposit(this.settings.budget!.ratio);
  }

  /** For how long a client waits before it tries again after an attempt that failed; null where it gives up. A retry is taken from the budget here. */
  backoffOrNull(slot: number, state: FailedState, now: Nanoseconds): Nanoseconds | null {
    const attempts = this.table.attempts[slot]!;
    if (attempts >= this.settings.max_attempts || !this.settings.on.includes(state)) return null;
    if (this.budget !== null && this.budget.take(1, now, 0) > now) return null;
    // Never at the same instant: what happens there is not over.
    return Math.max(1, toNanoseconds(this.jittered(this.backoff(attempts), slot, attempts)));
  }

  /** Exponential, up to the largest. */
  private backoff(attempts: number): number {
    const { backoff_s: first, factor, max_backoff_s: most } = this.settings;
    let backoff = first;
    for (let i = 1; i < attempts && backoff < most; i += 1) backoff *= factor;
    return Math.min(backoff, most);
  }

  private jittered(backoff: number, slot: number, attempts: number): number {
    const { jitter } = this.settings;
    if (jitter === "none") return backoff;
    const drawn = this.streams.named(`retry/request-${this.table.origin[slot]}/${this.table.turn[slot]}/${attempts}`).uniform();
    return jitter === "full" ? backoff * drawn : (backoff * (1 + drawn)) / 2;
  }
}
