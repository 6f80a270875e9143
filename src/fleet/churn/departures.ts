import type { Replica } from "../../replica/replica.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import { toNanoseconds, type Nanoseconds } from "../../units.ts";
import { eventRank } from "../event-rank.ts";
import type { DisruptionLog, Eviction } from "./disruption-log.ts";
import type { Drain } from "./settings.ts";

/** A request of a replica that goes, and how it leaves it. */
export interface Evicted {
  readonly slot: number;
  readonly how: Eviction;
}

/** What becomes of the requests of replicas that go. All of it after the steps of its instant. */
export class Departures {
  private readonly drain: Drain;
  private readonly events: EventQueue;
  private readonly log: DisruptionLog;
  private evicted: Evicted[] = [];

  constructor(drain: Drain, events: EventQueue, log: DisruptionLog) {
    this.drain = drain;
    this.events = events;
    this.log = log;
  }

  /** A replica begins to drain. @param within so much time it must be gone */
  begin(replica: Replica, within: Nanoseconds, now: Nanoseconds): void {
    const { drain } = this;
    if (drain.kind === "hand-over") this.evict(replica, "handed_over", now);
    else this.cutOffWithin(replica, drain.kind === "grace" ? Math.min(within, toNanoseconds(drain.grace_period_s)) : within, now);
  }

  /** What a draining replica still holds after a time, or when it is to be cut off anyway, is cut off. */
  cutOffWithin({ id, life, outstanding }: Replica, time: Nanoseconds, now: Nanoseconds): void {
    if (outstanding === 0 || now + time >= life.cutOffAt) return;
    life.cutOffAt = now + time;
    this.events.push(life.cutOffAt, eventRank.cutOff, id);
  }

  /** Takes all requests away from a replica. */
  evict(replica: Replica, how: Eviction, now: Nanoseconds): void {
    for (const slot of replica.abortAll(now, false)) {
      this.evicted.push({ slot, how });
      this.log.evicted(replica.id, how);
    }
  }

  /** Requests that were taken away since the last call. */
  takeEvicted(): readonly Evicted[] {
    const { evicted } = this;
    if (evicted.length > 0) this.evicted = [];
    return evicted;
  }
}
