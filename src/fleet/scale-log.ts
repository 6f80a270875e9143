import type { Replica } from "../replica/replica.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { ScaleEvent } from "./run.ts";
import type { ScaleEffects } from "./scale-effects.ts";
import type { Scaling } from "./scaling.ts";

class Entry {
  readyAt: Nanoseconds | null = null;
  /** Replicas that it has started, and those of them that are not ready. */
  started = 0;
  pending = 0;

  constructor(readonly scaling: Scaling) {}
}

/** Every change of the number of replicas wanted, and when it took effect. */
export class ScaleLog {
  /** Told what becomes of each change, where anybody wants to know. */
  effects: ScaleEffects | null = null;
  private readonly entries: Entry[] = [];
  /** Index of the entry that added a replica, while that replica starts. */
  private readonly startedBy = new Map<number, number>();

  /**
   * @param added the replicas that a scale-up starts at once
   * @param victims those that a scale-down drains at once
   */
  record(scaling: Scaling, added: readonly Replica[], victims: readonly Replica[] = []): void {
    this.entries.push(new Entry(scaling));
    for (const { id } of added) this.started(id);
    this.effects?.decided(scaling, added, victims);
  }

  /** A rolling update starts a replica: for the scale-up that was recorded last, if that one still lacks some. */
  started(id: number): void {
    const entry = this.entries.at(-1);
    if (entry === undefined || entry.started >= entry.scaling.to - entry.scaling.from) return;
    entry.started += 1;
    entry.pending += 1;
    this.startedBy.set(id, this.entries.length - 1);
  }

  /** A replica became ready. One that is given up before it is never mentioned here, so its event stays without effect. */
  ready(id: number, now: Nanoseconds): void {
    const entry = this.entries[this.startedBy.get(id) ?? -1];
    if (entry === undefined) return;
    this.startedBy.delete(id);
    entry.pending -= 1;
    if (entry.pending === 0 && entry.started === entry.scaling.to - entry.scaling.from) entry.readyAt = now;
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
