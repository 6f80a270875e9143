import type { Nanoseconds } from "../units.ts";
import type { PaidState } from "./meters.ts";

/** What a replica is doing, without what comes and goes with every batch: whether it serves a request just now. */
export type LifePhase = Exclude<PaidState, "busy" | "idle"> | "serving" | "draining";

export interface LifeSpan {
  readonly replica: number;
  readonly phase: LifePhase;
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
}

/** Records what replicas go through, phase by phase. A run that is not asked for it has none. */
export class LifeSpans {
  private readonly over: LifeSpan[] = [];
  /** The phase under way, by replica. */
  private readonly open = new Map<number, { readonly phase: LifePhase; readonly from: Nanoseconds }>();

  /** A replica enters a phase, or goes on with the one it is in; null: it is gone. */
  enter(replica: number, phase: LifePhase | null, now: Nanoseconds): void {
    const before = this.open.get(replica);
    if (before?.phase === phase) return;
    if (before !== undefined && before.from < now) this.over.push({ replica, phase: before.phase, from: before.from, to: now });
    if (phase === null) this.open.delete(replica);
    else this.open.set(replica, { phase, from: now });
  }

  /** Ends every phase that is under way. */
  close(now: Nanoseconds): void {
    for (const replica of this.open.keys()) this.enter(replica, null, now);
  }

  /** Phases that took time, by replica and then in order. */
  get spans(): readonly LifeSpan[] {
    return [...this.over].sort((a, b) => a.replica - b.replica || a.from - b.from);
  }
}
