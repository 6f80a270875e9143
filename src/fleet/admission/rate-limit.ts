import type { RequestTable } from "../../replica/request-table.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds } from "../../units.ts";
import type { RateLimitSettings } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** One token bucket for the fleet, for each session, or for each priority. A bucket that is full again is forgotten: a new one is as full. */
export class RateLimit {
  private readonly buckets = new Map<number, TokenBucket>();
  private readonly patience: Nanoseconds;
  private forgetAt = 1024;

  constructor(
    private readonly settings: RateLimitSettings,
    private readonly table: RequestTable,
  ) {
    this.patience = toNanoseconds(settings.max_delay_s);
  }

  /** When an attempt may go on; Infinity where that is too late, and it is rejected. */
  admitAt(slot: number, now: Nanoseconds): Nanoseconds {
    const { table } = this;
    const amount = this.settings.unit === "requests" ? 1 : table.promptTokens[slot]! + table.outputTokens[slot]!;
    return this.bucketOf(this.keyOf(slot), now).take(amount, now, this.patience);
  }

  private keyOf(slot: number): number {
    const { table } = this;
    switch (this.settings.per) {
      case "fleet":
        return 0;
      case "session":
        return table.work[slot]!.session ?? table.id[slot]!;
      case "priority":
        return table.priority[slot]!;
      default:
        return this.settings.per satisfies never;
    }
  }

  private bucketOf(key: number, now: Nanoseconds): TokenBucket {
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      if (this.buckets.size >= this.forgetAt) {
        for (const [other, known] of this.buckets) if (known.isFull(now)) this.buckets.delete(other);
        this.forgetAt = Math.max(1024, 2 * this.buckets.size);
      }
      bucket = new TokenBucket(this.settings.rate, this.settings.burst, now);
      this.buckets.set(key, bucket);
    }
    return bucket;
  }
}
