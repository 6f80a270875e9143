import { NANOSECONDS_PER_SECOND } from "../../units.ts";
import type { Bytes, BytesPerSecond, Nanoseconds } from "../../units.ts";

/** What is moved is counted in 10⁻⁹ bytes: bytes per second times nanoseconds. */
const PARTS = BigInt(NANOSECONDS_PER_SECOND);

/**
 * A link whose bandwidth is shared evenly by the transfers under way (processor sharing), each of which may have a limit of its own.
 *
 * Exact: whole parts of bytes, whole nanoseconds, and what does not divide evenly is carried on. A transfer ends at the first whole
 * nanosecond at which it has had all its bytes, and never sooner. Latency, and a ramp at the beginning, are left out.
 */
export class SharedLink {
  private readonly limit: bigint;
  private capacity: bigint;
  /** Parts that each transfer under way has had, since the link was last empty. */
  private served = 0n;
  /** Parts the link has moved for nobody yet: the rest of the last division. */
  private carried = 0n;
  private since: Nanoseconds = 0;
  /** What `served` is when a transfer ends, by its replica. */
  private readonly targets = new Map<number, bigint>();

  /**
   * @param limit of one transfer
   * @param capacity of all together; Infinity: each has its limit
   */
  constructor(limit: BytesPerSecond, capacity: BytesPerSecond) {
    this.limit = whole(limit);
    this.capacity = capacityOf(capacity, this.limit);
  }

  get transfers(): number {
    return this.targets.size;
  }

  /** When the next transfer ends; Infinity if none does. */
  get endsAt(): Nanoseconds {
    let least: bigint | null = null;
    for (const target of this.targets.values()) if (least === null || target < least) least = target;
    if (least === null) return Infinity;
    const missing = least - this.served;
    const sharers = BigInt(this.targets.size);
    if (missing <= 0n) return this.since;
    if (sharers * this.limit <= this.capacity) return this.since + Number(ceilingOf(missing, this.limit));
    if (this.capacity === 0n) return Infinity;
    return this.since + Number(ceilingOf(missing * sharers - this.carried, this.capacity));
  }

  join(replica: number, bytes: Bytes, now: Nanoseconds): void {
    this.settle(now);
    if (this.targets.size === 0) {
      this.served = 0n;
      this.carried = 0n;
    }
    this.targets.set(replica, this.served + whole(bytes) * PARTS);
  }

  /** Breaks a transfer off. Gives the bytes it still wanted; 0 if it was not under way. */
  leave(replica: number, now: Nanoseconds): Bytes {
    this.settle(now);
    const target = this.targets.get(replica);
    if (target === undefined) return 0;
    this.targets.delete(replica);
    return target <= this.served ? 0 : Number(ceilingOf(target - this.served, PARTS));
  }

  /** Ends the transfers that have had all their bytes. Gives their replicas, in order of creation. */
  finish(now: Nanoseconds): number[] {
    this.settle(now);
    const done: number[] = [];
    for (const [replica, target] of this.targets) if (target <= this.served) done.push(replica);
    for (const replica of done) this.targets.delete(replica);
    return done.sort((a, b) => a - b);
  }

  setCapacity(capacity: BytesPerSecond, now: Nanoseconds): void {
    this.settle(now);
    this.capacity = capacityOf(capacity, this.limit);
  }

  /** Replicas whose transfers are under way, in order of creation. */
  replicas(): number[] {
    return [...this.targets.keys()].sort((a, b) => a - b);
  }

  private settle(now: Nanoseconds): void {
    const elapsed = BigInt(now - this.since);
    this.since = now;
    const sharers = BigInt(this.targets.size);
    if (sharers === 0n || elapsed === 0n) return;
    if (sharers * this.limit <= this.capacity) {
      this.served += this.limit * elapsed;
      return;
    }
    const moved = this.carried + this.capacity * elapsed;
    this.served += moved / sharers;
    this.carried = moved % sharers;
  }
}

const whole = (value: number): bigint => BigInt(Math.floor(value + 0.5));

const ceilingOf = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** More transfers than there ever are share a link without a limit. */
const capacityOf = (capacity: BytesPerSecond, limit: bigint): bigint => (capacity === Infinity ? limit << 40n : whole(capacity));
