import type { Replica } from "../replica/replica.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { ScaleEvent } from "./run.ts";
import type { ScaleEffects } from "./scale-effects.ts";

/** A change of the number of replicas wanted. */
export interface Scaling {
  readonly at: Nanoseconds;
  readonly from: number;
  readonly to: number;
  readonly because: string;
}

class Entry {
  readyAt: Nanoseconds | null = null;
  /** @param pending replicas that it has started and that are not ready */
  constructor(
    readonly scaling: Scaling,
    public pending: number,
  ) {}
}

/** Every change of the number of replicas wanted, and when it took effect. */
export class ScaleLog {
  /** Told what becomes of each change, where anybody wants to know. */
  effects: ScaleEffects | null = null;
  private readonly entries: Entry[] = [];
  /** Index of the entry that added a replica, while that replica starts. */
  private readonly startedBy = new Map<number, number>();

  /**
   * @param added the replicas that a scale-up starts
   * @param victims those that a scale-down drains
   */
  record(scaling: Scaling, added: readonly Replica[], victims: readonly Replica[] = []): void {
    for (const { id } of added) this.startedBy.set(id, this.entries.length);
    this.entries.push(new Entry(scaling, added.length));
    this.effects?.decided(scaling, added, victims);
  }

  /** A replica became ready. One that is given up before it is never mentioned here, so its event stays without effect. */
  ready(id: number, now: Nanoseconds): void {
    const entry = this.entries[this.startedBy.get(id) ?? -1];
    if (entry === undefined) return;
    this.startedBy.delete(id);
    entry.pending -= 1;
    if (entry.pending === 0) entry.readyAt = now;
    this.effects?.settled(id, now);
  }

  /** A replica is gone, whether it had served or was given up before. */
  gone(id: number, now: Nanoseconds): void {
    this.effects?.settled(id, now);
  }

  events(): ScaleEvent[] {
    return this.entries.map(({ scaling: { at, from, to, because }, readyAt }) => ({
      at_s: toSeconds(at),
      from,
      to,
      because,
      ready_after_s: readyAt === null ? null : toSeconds(readyAt - at),
    }));
  }
}
