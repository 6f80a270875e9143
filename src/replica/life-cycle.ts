import type { Nanoseconds } from "../units.ts";
import type { LifePhase, LifeSpans } from "./life-spans.ts";
import type { Meters, PaidState } from "./meters.ts";

/**
 * A replica's way from cold to gone: provisioning → loading → warming → ready (busy or idle) → gone, with a rest asleep in front of its
 * last part where it stands by. One that fails waits, failed, and then loads and warms up again or is gone. Draining is a flag on any of them. Every instant from the start to the end is paid for in exactly one
 * state. How long each phase takes is the fleet's to say.
 */
export class LifeCycle {
  state: PaidState | "gone";
  isDraining = false;
  /** Null until it is ready. */
  readyAt: Nanoseconds | null = null;
  /** When the phase under way ends; Infinity while nobody can say, and once it is ready. */
  phaseEndsAt: Nanoseconds = Infinity;
  /** When what it still holds is cut off; Infinity where it may finish. */
  cutOffAt: Nanoseconds = Infinity;
  /** When the first phase began that was not provisioning; null before. */
  containerStartedAt: Nanoseconds | null = null;
  /** When it began its first step; null before. */
  firstBusyAt: Nanoseconds | null = null;
  private since: Nanoseconds;
  /** How long it had been busy when it was ready last: before, another process of the same replica was. */
  busyTimeWhenReady: Nanoseconds = 0;
  /** Up to `since`. */
  private busyTime: Nanoseconds = 0;
  private readonly meters: Meters;

  /**
   * @param isReady at once; otherwise it begins in provisioning
   * @param replica its number, for those who record it
   */
  constructor(
    isReady: boolean,
    now: Nanoseconds,
    meters: Meters,
    private readonly replica = 0,
    private readonly spans: LifeSpans | null = null,
  ) {
    this.meters = meters;
    this.since = now;
    this.state = isReady ? "idle" : "provisioning";
    if (isReady) this.readyAt = now;
    spans?.enter(replica, this.phase, now);
  }

  /** What it is doing, in a word; null once it is gone. */
  get phase(): LifePhase | null {
    const { state } = this;
    if (state === "gone") return null;
    if (this.isDraining) return "draining";
    return state === "busy" || state === "idle" ? "serving" : state;
  }

  get isReady(): boolean {
    return this.readyAt !== null && this.state !== "gone";
  }

  /** It has failed, and never comes back. */
  get isLost(): boolean {
    return this.state === "failed" && this.phaseEndsAt === Infinity;
  }

  /** Ready, and not on its way out. */
  get takesRequests(): boolean {
    return this.isReady && !this.isDraining;
  }

  /** For how long it has been busy up to an instant that is not before the last change. */
  busyTimeAt(now: Nanoseconds): Nanoseconds {
    return this.busyTime + (this.state === "busy" ? now - this.since : 0);
  }

  /** Begins a phase of the start. @param endsAt Infinity where that depends on others */
  beginPhase(state: "provisioning" | "loading" | "warming", endsAt: Nanoseconds, now: Nanoseconds): void {
    this.enter(state, now);
    this.phaseEndsAt = endsAt;
    if (state !== "provisioning") this.containerStartedAt ??= now;
  }

  /** The last phase is over: it serves. */
  becomeReady(now: Nanoseconds): void {
    this.enter("idle", now);
    this.phaseEndsAt = Infinity;
    this.readyAt = now;
    this.busyTimeWhenReady = this.busyTime;
  }

  /** It stands by, until it is woken. */
  fallAsleep(now: Nanoseconds): void {
    this.enter("asleep", now);
    this.phaseEndsAt = Infinity;
  }

  /** Its process has ended. @param until it starts again, or is replaced */
  fail(until: Nanoseconds, now: Nanoseconds): void {
    this.enter("failed", now);
    this.phaseEndsAt = until;
    this.readyAt = null;
    this.containerStartedAt = null;
  }

  enter(state: PaidState | "gone", now: Nanoseconds): void {
    this.settle(now);
    this.state = state;
    if (state === "busy") this.firstBusyAt ??= now;
    this.spans?.enter(this.replica, this.phase, now);
  }

  drain(now: Nanoseconds): void {
    this.settle(now);
    this.isDraining = true;
    this.spans?.enter(this.replica, this.phase, now);
  }

  /** Accounts for the time up to now. */
  settle(now: Nanoseconds): void {
    if (this.state !== "gone") {
      this.meters[this.state].add(1, this.since, now);
      if (this.state === "busy") this.busyTime += now - this.since;
      if (this.takesRequests) this.meters.ready.add(1, this.since, now);
    }
    this.since = now;
  }
}
