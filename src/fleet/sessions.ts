import type { EventQueue } from "../sim/event-queue.ts";
import type { FollowUp } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { eventRank } from "./event-rank.ts";

/** A request that a session will send. */
export interface NextTurn {
  readonly work: FollowUp;
  /** The place of the session's first request in the traffic. */
  readonly origin: number;
  readonly turn: number;
}

/** What sessions will ask for next, once they have thought about the answer. */
export class Sessions {
  private readonly turns = new Map<number, NextTurn>();
  private scheduled = 0;
  private readonly events: EventQueue;

  constructor(events: EventQueue) {
    this.events = events;
  }

  /** Requests that will be sent. */
  get expected(): number {
    return this.turns.size;
  }

  /** The answer before it has come: the session thinks, and then sends its next request. */
  think(next: NextTurn, now: Nanoseconds): void {
    this.turns.set(this.scheduled, next);
    // Never at the same instant: some replicas may already have begun their next step there.
    this.events.push(now + Math.max(1, next.work.thinkTime), eventRank.followUp, this.scheduled);
    this.scheduled += 1;
  }

  /** The request of a follow-up event, which is sent now. */
  take(number: number): NextTurn {
    const next = this.turns.get(number)!;
    this.turns.delete(number);
    return next;
  }
}
