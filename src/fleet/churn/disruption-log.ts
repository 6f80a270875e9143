import type { UnfinishedState } from "../../replica/request-table.ts";
import { toSeconds, type Nanoseconds } from "../../units.ts";
import type { Disruption } from "../run.ts";

/** How a request left a replica that went. */
export type Eviction = Extract<UnfinishedState, "cut_off" | "lost"> | "handed_over";

class Entry {
  readonly evicted = new Map<Eviction, number>();
  recoveredAt: Nanoseconds | null = null;

  constructor(
    readonly kind: Disruption["kind"],
    readonly at: Nanoseconds,
    readonly replica: number | null,
    readonly because: string,
  ) {}
}

/** What struck the fleet besides scaling, and when it had got over it. */
export class DisruptionLog {
  /** Requests of replicas that went, whyever. */
  handedOver = 0;
  private readonly entries: Entry[] = [];
  /** Index of the entry that struck a replica last. */
  private readonly struck = new Map<number, number>();
  /** Index of the entry that is over when a replica is ready. */
  private readonly awaited = new Map<number, number>();

  /** @param replica that is struck; null: none, or all of them */
  record(kind: Disruption["kind"], at: Nanoseconds, replica: number | null, because: string): void {
    if (replica !== null) this.struck.set(replica, this.entries.length);
    this.entries.push(new Entry(kind, at, replica, because));
  }

  /** A struck replica's place is taken by another, or by itself when it has started again. */
  awaitReady(struck: number, replacement: number): void {
    const index = this.struck.get(struck);
    if (index !== undefined) this.awaited.set(replacement, index);
  }

  ready(replica: number, now: Nanoseconds): void {
    const index = this.awaited.get(replica);
    if (index === undefined) return;
    this.awaited.delete(replica);
    // What it gives up from now on has nothing to do with it.
    this.struck.delete(replica);
    this.entries[index]!.recoveredAt = now;
  }

  /** The rolling update that was recorded is through. */
  updated(now: Nanoseconds): void {
    this.entries.findLast(({ kind }) => kind === "rolling_update")!.recoveredAt = now;
  }

  /** A replica that goes gives up a request. */
  evicted(replica: number, how: Eviction): void {
    if (how === "handed_over") this.handedOver += 1;
    const index = this.struck.get(replica);
    if (index === undefined) return;
    const { evicted } = this.entries[index]!;
    evicted.set(how, (evicted.get(how) ?? 0) + 1);
  }

  /** A replica is gone. */
  forget(replica: number): void {
    this.struck.delete(replica);
  }

  events(): Disruption[] {
    return this.entries.map(({ kind, at, replica, because, evicted, recoveredAt }) => ({
      at_s: toSeconds(at),
      kind,
      replica,
      because,
      lost: evicted.get("lost") ?? 0,
      cut_off: evicted.get("cut_off") ?? 0,
      handed_over: evicted.get("handed_over") ?? 0,
      recovered_after_s: recoveredAt === null ? null : toSeconds(recoveredAt - at),
    }));
  }
}
