import type { ReplicaContext } from "../../replica/replica.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import type { Streams } from "../../sim/streams.ts";
import type { Nanoseconds } from "../../units.ts";
import { eventRank } from "../event-rank.ts";
import type { Outcomes } from "../outcomes.ts";
import { Deadlines } from "./deadlines.ts";
import type { FailureReason } from "./failure.ts";
import { HeldBack } from "./held-back.ts";
import type { Load } from "./load.ts";
import { RateLimit } from "./rate-limit.ts";
import type { AdmissionSettings, ShedSettings } from "./settings.ts";
import { Smoother } from "./smoother.ts";

/**
 * What an attempt meets before the gateway's queue, in this order: the rate limit, shedding, its deadline, the smoother. Each lets it through,
 * rejects it, or holds it back, in state `deferred`; what is let go later meets those behind.
 */
export class Admission {
  readonly deadlines: Deadlines | null;
  private readonly rateLimit: RateLimit | null;
  private readonly shed: ShedSettings | null;
  private readonly smoother: Smoother | null;
  private readonly delayed: HeldBack;
  private readonly smoothed: HeldBack;

  constructor(
    settings: AdmissionSettings,
    private readonly context: ReplicaContext,
    private readonly outcomes: Outcomes,
    private readonly events: EventQueue,
    private readonly load: Load,
    streams: Streams,
  ) {
    const { table, meters } = context;
    const { deadline, rate_limit: rateLimit, smoother } = settings;
    this.deadlines = deadline === undefined ? null : new Deadlines(deadline, table, load);
    this.rateLimit = rateLimit === undefined ? null : new RateLimit(rateLimit, table);
    this.shed = settings.shed ?? null;
    this.smoother = smoother === undefined ? null : new Smoother(smoother, table, load, streams);
    this.delayed = new HeldBack(meters);
    this.smoothed = new HeldBack(meters);
  }

  get held(): number {
    return this.delayed.length + this.smoothed.length;
  }

  /** Whether requests wait for the fleet to have room. */
  get waitsForRoom(): boolean {
    return this.smoothed.length > 0;
  }

  /** What becomes of an attempt that arrives: it goes on, is held back, or is rejected for a reason. */
  decide(slot: number, now: Nanoseconds, isBeforeSteps: boolean): "goes-on" | "held" | FailureReason {
    const at = this.rateLimit?.admitAt(slot, now) ?? now;
    if (at === Infinity) return "rate_limit";
    if (at > now) return this.hold(this.delayed, slot, now, at);
    return this.decideBehindRateLimit(slot, now, isBeforeSteps);
  }

  /** What becomes of a request that has been held back as long as it may be; null where it is not one. */
  decideWhenDue(slot: number, now: Nanoseconds): ReturnType<Admission["decide"]> | null {
    if (this.delayed.isDue(slot, now)) {
      this.release(this.delayed, slot, now);
      return this.decideBehindRateLimit(slot, now, false);
    }
    if (!this.smoothed.isDue(slot, now)) return null;
    this.release(this.smoothed, slot, now);
    return "goes-on";
  }

  /** A request that need not be held back any longer, since the fleet has room; −1: none. */
  releaseNext(now: Nanoseconds): number {
    const slot = this.smoothed.first();
    if (slot < 0 || !this.smoother!.hasRoom) return -1;
    this.release(this.smoothed, slot, now);
    return slot;
  }

  /** Lets go a request whose client has given up. False where it is not held. */
  withdraw(slot: number, now: Nanoseconds): boolean {
    const held = [this.delayed, this.smoothed].find((one) => one.has(slot));
    held?.release(slot, now);
    return held !== undefined;
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.delayed.settle(now);
    this.smoothed.settle(now);
  }

  private decideBehindRateLimit(slot: number, now: Nanoseconds, isBeforeSteps: boolean): ReturnType<Admission["decide"]> {
    const { shed, deadlines, smoother } = this;
    if (shed !== null && this.context.table.priority[slot]! > shed.priority_above) {
      if (this.load.isSaturated(shed.queue_depth, shed.kv_use, now, isBeforeSteps)) return "shed";
    }
    if (deadlines?.isLateOnArrival(slot, now, isBeforeSteps)) return "deadline";
    if (smoother !== null && smoother.isDeferrable(slot) && (this.waitsForRoom || !smoother.hasRoom)) {
      return this.hold(this.smoothed, slot, now, now + smoother.maxDelay);
    }
    return "goes-on";
  }

  private hold(held: HeldBack, slot: number, now: Nanoseconds, until: Nanoseconds): "held" {
    held.add(slot, now, until);
    this.events.push(until, eventRank.due, slot);
    return "held";
  }

  private release(held: HeldBack, slot: number, now: Nanoseconds): void {
    this.outcomes.deferred.add(held.release(slot, now));
  }
}
