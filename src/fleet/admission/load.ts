import type { Replica } from "../../replica/replica.ts";
import type { Nanoseconds } from "../../units.ts";

/** What admission sees of the fleet: its replicas as they are at that instant, and how many requests wait in front of them. */
export class Load {
  /** Requests in the gateway's queue. */
  queued = 0;

  constructor(
    private readonly replicas: ReadonlyMap<number, Replica>,
    private readonly maxNumSeqs: number,
  ) {}

  /** Whether every replica that takes requests has more requests waiting than `depth`, its share of the gateway's queue included, or uses more of its KV blocks than `kvUse`; also where there is none. */
  isSaturated(depth: number, kvUse: number, now: Nanoseconds, isBeforeSteps: boolean): boolean {
    let ready = 0;
    for (const replica of this.replicas.values()) if (replica.life.takesRequests) ready += 1;
    for (const replica of this.replicas.values()) {
      if (!replica.life.takesRequests) continue;
      const waiting = replica.scheduler.waiting.length + this.queued / ready;
      if (waiting <= depth && replica.kvUseAt(now, isBeforeSteps) <= kvUse) return false;
    }
    return true;
  }

  /** Whether fewer requests than `target` a replica that takes requests are queued or with replicas. */
  isBelow(target: number): boolean {
    let ready = 0;
    let outstanding = this.queued;
    for (const replica of this.replicas.values()) {
      if (!replica.life.takesRequests) continue;
      ready += 1;
      outstanding += replica.outstanding;
    }
    return outstanding < target * ready;
  }

  /** Requests that wait for room: those in front of the replicas, and those at replicas with a full batch or hardly a free KV block. */
  waitingForRoom(now: Nanoseconds, isBeforeSteps: boolean): number {
    let waiting = this.queued;
    for (const replica of this.replicas.values()) {
      const { scheduler } = replica;
      if (scheduler.waiting.length === 0 || replica.life.isDraining) continue;
      const isFull = scheduler.runningCount === this.maxNumSeqs || replica.kvUseAt(now, isBeforeSteps) > FULL;
      if (isFull) waiting += scheduler.waiting.length;
    }
    return waiting;
  }
}

/** Share of KV blocks above which a replica is taken to have no room for one more request. */
const FULL = 0.9;
