import { pow } from "../../math.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import { createStreams, type Stream } from "../../sim/streams.ts";
import { toNanoseconds, type Nanoseconds, type Seconds } from "../../units.ts";
import { eventRank } from "../event-rank.ts";
import { BackOff } from "./back-off.ts";
import type { Between, FailureSettings } from "./settings.ts";

/** What strikes one replica, and when. */
class Fate {
  readonly backOff = new BackOff();
  failsAt: Nanoseconds = Infinity;
  /** Infinity while nothing is known; a node's time is drawn once. */
  reclaimedAt: Nanoseconds = Infinity;
  /** Made when the first failure is drawn; later ones of the same replica go on in it. */
  stream: Stream | null = null;
  isNodeKnown = false;
}

/**
 * When servers die and nodes are reclaimed: counted from the time a replica serves, each from a stream of its own, `failure/replica-4` and
 * `reclaim/replica-4`, so that one that comes later or not at all shifts nobody else's.
 */
export class Failures {
  private readonly settings: FailureSettings;
  private readonly seed: number;
  private readonly events: EventQueue;
  private readonly fates = new Map<number, Fate>();

  constructor(settings: FailureSettings, seed: number, events: EventQueue) {
    this.settings = settings;
    this.seed = seed;
    this.events = events;
  }

  /** A replica serves from now on. */
  begin(replica: number, now: Nanoseconds): void {
    const fate = this.fateOf(replica);
    const { replica: failures, node: reclaims } = this.settings;
    if (failures?.between !== undefined) {
      fate.stream ??= createStreams(this.seed).named(`failure/replica-${replica}`);
      fate.failsAt = now + toNanoseconds(draw(failures.between, fate.stream));
      this.events.push(fate.failsAt, eventRank.failure, replica);
    }
    if (reclaims?.between !== undefined && !fate.isNodeKnown) {
      fate.isNodeKnown = true;
      fate.reclaimedAt = now + toNanoseconds(draw(reclaims.between, createStreams(this.seed).named(`reclaim/replica-${replica}`)));
      this.events.push(fate.reclaimedAt, eventRank.reclaim, replica);
    }
  }

  /** Whether a replica's failure is due; its event may have been overtaken. */
  isFailing(replica: number, now: Nanoseconds): boolean {
    return this.fates.get(replica)?.failsAt === now;
  }

  isReclaimed(replica: number, now: Nanoseconds): boolean {
    return this.fates.get(replica)?.reclaimedAt === now;
  }

  /** A replica has failed: how long until its container starts again, or until it is replaced. */
  waitAfter(replica: number, now: Nanoseconds): Nanoseconds {
    const { recovery, back_off: backsOff, replace_after_s: after } = this.settings.replica!;
    const fate = this.fateOf(replica);
    fate.failsAt = Infinity;
    if (recovery === "replace") return toNanoseconds(after);
    return backsOff ? fate.backOff.next(now) : 0;
  }

  /** A replica is gone. */
  forget(replica: number): void {
    this.fates.delete(replica);
  }

  private fateOf(replica: number): Fate {
    let fate = this.fates.get(replica);
    if (fate === undefined) {
      fate = new Fate();
      this.fates.set(replica, fate);
    }
    return fate;
  }
}

const draw = (between: Between, stream: Stream): Seconds =>
  between.kind === "exponential" ? stream.exponential(between.mean_s) : between.scale_s * pow(stream.exponential(1), 1 / between.shape);
