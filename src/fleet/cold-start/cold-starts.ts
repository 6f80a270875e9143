import { drawDuration } from "../../replica/cold-start/duration.ts";
import type { ColdStartPhase, ProbePhase, TimedPhase, TransferPhase } from "../../replica/cold-start/phase.ts";
import type { LifeCycle } from "../../replica/life-cycle.ts";
import type { Meters } from "../../replica/meters.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import { createStreams } from "../../sim/streams.ts";
import type { Stream } from "../../sim/streams.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds } from "../../units.ts";
import { Nodes } from "./nodes.ts";
import type { StartUpConfig } from "./start-up.ts";
import { Transfers } from "./transfers.ts";

/** How far a replica's start is. */
class Progress {
  /** Phases it has been through. */
  done = 0;
  isWaking = false;
  /** Times that its container has been started again. */
  restarts = 0;

  /**
   * @param known phases that its node has been through before
   * @param until it stands by or serves after so many phases
   */
  constructor(
    public known: number,
    public until: number,
  ) {}
}

/** What a start needs of a replica. */
export interface Starting {
  /** Its number in order of creation. */
  readonly id: number;
  readonly life: LifeCycle;
}

/**
 * Takes replicas through the phases of their start: on which node, how long, over which link.
 *
 * A phase draws from a stream of its own, `provisioning/replica-4/image`; one that is constant, or that the node spares the replica, draws nothing.
 */
export class ColdStarts {
  private readonly phases: readonly ColdStartPhase[];
  private readonly startUp: StartUpConfig;
  private readonly seed: number;
  private readonly events: EventQueue;
  private readonly rank: number;
  private readonly nodes: Nodes;
  private readonly progress = new Map<number, Progress>();
  private readonly transfers: Transfers;

  constructor(
    phases: readonly ColdStartPhase[],
    startUp: StartUpConfig,
    seed: number,
    events: EventQueue,
    ranks: { readonly phase: number; readonly transfer: number },
    meters: Meters,
  ) {
    this.phases = phases;
    this.startUp = startUp;
    this.seed = seed;
    this.events = events;
    this.rank = ranks.phase;
    this.nodes = new Nodes(toNanoseconds(startUp.keepNode), meters);
    this.transfers = new Transfers(phases, events, ranks.transfer);
  }

  /** A replica that is there from the beginning. @param done phases it has been through */
  place({ id }: Starting, done = this.phases.length): void {
    const progress = new Progress(0, this.phases.length);
    progress.done = done;
    this.progress.set(id, progress);
  }

  /** A replica begins its first phase. @param until it is done with so many of them */
  begin(replica: Starting, now: Nanoseconds, until = this.phases.length): void {
    const progress = new Progress(this.nodes.take(now), until);
    this.progress.set(replica.id, progress);
    this.beginPhase(replica, progress, now);
  }

  /** A replica that stood by is to serve. */
  wake(replica: Starting, now: Nanoseconds): void {
    const { kind, wake } = this.startUp.warmPool!;
    const progress = this.progress.get(replica.id)!;
    progress.until = this.phases.length;
    progress.isWaking = true;
    if (kind === "node") {
      progress.known = Math.max(progress.known, progress.done);
      progress.done = 0;
    }
    const state = kind === "node" ? "provisioning" : "loading";
    this.awaitPhase(replica, state, this.after(now, drawDuration(wake, this.stream(replica.id, "wake"))), now);
  }

  /** A container starts again on its node: all phases but those of provisioning. False if there are none: it serves at once. */
  restart(replica: Starting, now: Nanoseconds): boolean {
    const progress = this.progress.get(replica.id)!;
    progress.known = this.phases.length;
    progress.restarts += 1;
    progress.done = this.phases.findIndex(({ state }) => state !== "provisioning");
    if (progress.done < 0) {
      progress.done = this.phases.length;
      return false;
    }
    this.beginPhase(replica, progress, now);
    return true;
  }

  /** A phase has ended and the next one begins. False if it was the last: the replica stands by or serves, as its owner says. */
  endPhase(replica: Starting, now: Nanoseconds): boolean {
    const progress = this.progress.get(replica.id)!;
    if (progress.isWaking) progress.isWaking = false;
    else progress.done += 1;
    if (progress.done >= progress.until) return false;
    this.beginPhase(replica, progress, now);
    return true;
  }

  /** Ends the transfers over a link that are through. Gives their replicas; none where the event was overtaken by another. */
  finishTransfers(number: number, now: Nanoseconds): number[] {
    return this.transfers.finish(number, now);
  }

  /** A replica is gone, or given up: it leaves its link, and its node is kept or given back. @param isNodeLost so that there is none to keep */
  leave({ id }: Starting, now: Nanoseconds, isNodeLost = false): void {
    this.transfers.leave(id, now);
    const progress = this.progress.get(id)!;
    this.progress.delete(id);
    if (!isNodeLost) this.nodes.leave(Math.max(progress.done, progress.known), now);
  }

  /** The number of ready replicas has changed. Where none is left, what came from peers goes on from afar. */
  changeSources(by: 1 | -1, now: Nanoseconds): void {
    this.transfers.changeSources(by, now);
  }

  /** Accounts for all time up to the end. */
  settle(now: Nanoseconds): void {
    this.nodes.settle(now);
  }

  private beginPhase(replica: Starting, progress: Progress, now: Nanoseconds): void {
    const phase = this.phases[progress.done]!;
    if (phase.onKnownNode !== undefined && progress.done < progress.known) {
      this.awaitPhase(replica, phase.state, this.after(now, phase.onKnownNode), now);
    } else if ("transfer" in phase) {
      this.beginTransfer(replica, phase, progress.done, now);
    } else {
      const endsAt = "probe" in phase ? nextProbe(phase, replica.life.containerStartedAt ?? now, now) : this.timed(replica.id, phase, now);
      this.awaitPhase(replica, phase.state, endsAt, now);
    }
  }

  private beginTransfer(replica: Starting, phase: TransferPhase, index: number, now: Nanoseconds): void {
    const { cached = 0 } = phase.transfer;
    const isCached = cached > 0 && (cached >= 1 || this.stream(replica.id, phase.name)().uniform() < cached);
    if (isCached) {
      this.awaitPhase(replica, phase.state, this.after(now, phase.onKnownNode ?? 0), now);
      return;
    }
    replica.life.beginPhase(phase.state, Infinity, now);
    this.transfers.begin(replica.id, phase, index, now);
  }

  private awaitPhase({ id, life }: Starting, state: ColdStartPhase["state"], endsAt: Nanoseconds, now: Nanoseconds): void {
    life.beginPhase(state, endsAt, now);
    this.events.push(endsAt, this.rank, id);
  }

  private timed(id: number, { name, duration, stockOut }: TimedPhase, now: Nanoseconds): Nanoseconds {
    // One stream for all that the phase draws; made when the first draw is asked for.
    let stream: Stream | null = null;
    const drawn = (): Stream => (stream ??= this.stream(id, name)());
    let at = now;
    if (stockOut !== undefined && stockOut.probability > 0) {
      while (drawn().uniform() < stockOut.probability) at = this.after(at, drawDuration(stockOut.retry, drawn));
    }
    return this.after(at, drawDuration(duration, drawn));
  }

  private stream(id: number, name: string): () => Stream {
    const { restarts } = this.progress.get(id)!;
    const again = restarts === 0 ? "" : `/restart-${restarts}`;
    return () => createStreams(this.seed).named(`provisioning/replica-${id}/${name}${again}`);
  }

  private after(now: Nanoseconds, seconds: number): Nanoseconds {
    return now + toNanoseconds(seconds);
  }
}

const nextProbe = ({ probe }: ProbePhase, startedAt: Nanoseconds, now: Nanoseconds): Nanoseconds => {
  const period = toNanoseconds(probe.period);
  const first = startedAt + toNanoseconds(probe.initialDelay);
  return now <= first ? first : first + Math.ceil((now - first) / period) * period;
};
