import { toNanoseconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { ColdStartPhase } from "./config.ts";
import type { Meters, PaidState } from "./meters.ts";

/**
 * A replica's way from cold to gone: provisioning → loading → warming → ready (busy or idle) → gone. Draining is a flag on any of
 * them. Every instant from the start to the end is paid for in exactly one state.
 */
export class LifeCycle {
  state: PaidState | "gone";
  isDraining = false;
  /** Null until it is ready. */
  readyAt: Nanoseconds | null = null;
  readonly startedAt: Nanoseconds;
  private since: Nanoseconds;
  private phasesDone = 0;
  private readonly phases: readonly ColdStartPhase[];
  private readonly meters: Meters;

  /** @param phases what it goes through before it is ready; `[]` is ready at once */
  constructor(phases: readonly ColdStartPhase[], now: Nanoseconds, meters: Meters) {
    this.phases = phases;
    this.meters = meters;
    this.startedAt = now;
    this.since = now;
    this.state = phases[0]?.state ?? "idle";
    if (phases.length === 0) this.readyAt = now;
  }

  get isReady(): boolean {
    return this.readyAt !== null && this.state !== "gone";
  }

  /** Ready, and not on its way out. */
  get takesRequests(): boolean {
    return this.isReady && !this.isDraining;
  }

  /** When the phase under way ends. Only while the replica starts. */
  get phaseEndsAt(): Nanoseconds {
    return this.since + toNanoseconds(this.phases[this.phasesDone]?.duration ?? 0);
  }

  /** Ends the phase under way; ready after the last one. */
  finishPhase(now: Nanoseconds): void {
    this.phasesDone += 1;
    const next = this.phases[this.phasesDone];
    this.enter(next?.state ?? "idle", now);
    if (next === undefined) this.readyAt = now;
  }

  enter(state: PaidState | "gone", now: Nanoseconds): void {
    this.settle(now);
    this.state = state;
  }

  drain(now: Nanoseconds): void {
    this.settle(now);
    this.isDraining = true;
  }

  /** Accounts for the time up to now. */
  settle(now: Nanoseconds): void {
    if (this.state !== "gone") {
      this.meters[this.state].add(1, this.since, now);
      if (this.takesRequests) this.meters.ready.add(1, this.since, now);
    }
    this.since = now;
  }
}
