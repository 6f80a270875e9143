import type { Replica } from "../replica/replica.ts";
import { QuantileSketch } from "../stats/quantile-sketch.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { LeftRequest } from "./recent-requests.ts";
import type { Scaling } from "./scale-log.ts";
import type { Reading } from "./simulation.ts";

/** Sums up to an instant. */
export interface Sample {
  readonly at: Nanoseconds;
  readonly reading: Reading;
}

/** Requests up to which the percentiles of a part are exact. */
const EXACT = 1024;

/** The latencies of the requests that arrived in one part of an effect. */
class Latencies {
  requests = 0;
  ttftP99: number | null = null;
  tpotP50: number | null = null;
  private ttft: QuantileSketch | null = new QuantileSketch(EXACT);
  private tpot: QuantileSketch | null = new QuantileSketch(EXACT);

  add({ arrivedAt, firstTokenAt, leftAt, outputTokens }: LeftRequest): void {
    this.requests += 1;
    this.ttft!.add(firstTokenAt - arrivedAt);
    if (outputTokens > 1) this.tpot!.add((leftAt - firstTokenAt) / (outputTokens - 1));
  }

  /** No request comes any more: the percentiles are kept, and what they came from is not. */
  close(): void {
    const of = (sketch: QuantileSketch | null, p: number): number | null =>
      sketch === null || sketch.count === 0 ? null : toSeconds(sketch.quantile(p));
    if (this.ttft === null) return;
    this.ttftP99 = of(this.ttft, 0.99);
    this.tpotP50 = of(this.tpot, 0.5);
    this.ttft = null;
    this.tpot = null;
  }
}

/** A replica that a change has added. */
class Added {
  /** When it was ready or given up; null before. */
  settledAt: Nanoseconds | null = null;

  constructor(readonly replica: Replica) {}
}

/** Sums over the replicas that a change has added. */
export interface AddedSums {
  readonly busy: Nanoseconds;
  /** Running requests over time. */
  readonly running: Nanoseconds;
}

/** What is recorded of one change. */
export class Effect {
  readonly before = new Latencies();
  readonly during = new Latencies();
  readonly after = new Latencies();
  decided: Sample | null = null;
  settled: Sample | null = null;
  ended: Sample | null = null;
  /** Replicas that it has added and that are not ready, or that drain for it. */
  awaits = 0;
  /** When all that it added were ready or given up, or all its victims gone; Infinity before. */
  settledAt: Nanoseconds = Infinity;
  /** Requests that arrived between the decision and that instant and had no first token by then. */
  waited = 0;
  readonly added: readonly Added[];
  /** At the readings `settled` and `ended`; null where those are. */
  addedAtSettled: AddedSums | null = null;
  addedAtEnd: AddedSums | null = null;
  /** Tokens that the replicas it added were asked for up to its end, and how many of them they found. */
  queriedTokens = 0;
  hitTokens = 0;
  private endsAt: Nanoseconds = Infinity;
  /** Requests in the system that may belong to it; Infinity while more may come. */
  private inSystem = Infinity;

  /**
   * @param from when "before" begins
   * @param start the reading at or before that instant
   */
  constructor(
    readonly index: number,
    readonly scaling: Scaling,
    readonly from: Nanoseconds,
    readonly start: Sample | null,
    added: readonly Replica[],
  ) {
    this.added = added.map((replica) => new Added(replica));
  }

  get isOver(): boolean {
    return this.inSystem === 0;
  }

  /** When a replica that it added computed its first request; null if none did. */
  get helpedAt(): Nanoseconds | null {
    const first = this.added.map(({ replica }) => replica.life.firstBusyAt ?? Infinity);
    const earliest = Math.min(Infinity, ...first);
    return earliest === Infinity ? null : earliest;
  }

  settledReplica(id: number, now: Nanoseconds): void {
    for (const added of this.added) if (added.replica.id === id) added.settledAt = now;
  }

  settle(now: Nanoseconds, endsAt: Nanoseconds): void {
    this.settledAt = now;
    this.endsAt = endsAt;
  }

  /** A request has left, wherever it belongs. True if it was the last that can belong here. */
  left(request: LeftRequest): boolean {
    const { arrivedAt, firstTokenAt } = request;
    if (arrivedAt >= this.from && !this.isOver) {
      if (arrivedAt < this.scaling.at) this.before.add(request);
      else if (arrivedAt < this.settledAt) {
        this.during.add(request);
        if (firstTokenAt > this.settledAt) this.waited += 1;
      } else if (arrivedAt < this.endsAt) this.after.add(request);
    }
    if (arrivedAt <= this.endsAt) this.inSystem -= 1;
    return this.closeIfOver();
  }

  /** It has settled, and this is what was read. */
  begin(sample: Sample): void {
    this.settled = sample;
    this.addedAtSettled = this.addedSums(sample.at);
  }

  /** "After" has ended, and this is what was read. True if no request in the system can belong here. */
  end(sample: Sample, inSystem: number): boolean {
    this.readEnd(sample);
    this.inSystem = inSystem;
    return this.closeIfOver();
  }

  /** The run has ended. */
  close(sample: Sample): void {
    this.decided ??= sample;
    if (this.settledAt < Infinity && this.settled === null) this.begin(sample);
    if (this.ended === null) this.readEnd(sample);
    this.inSystem = 0;
    this.closeIfOver();
  }

  private readEnd(sample: Sample): void {
    this.ended = sample;
    this.addedAtEnd = this.addedSums(sample.at);
    for (const { replica } of this.added) {
      const { lookups } = replica.scheduler;
      this.queriedTokens += lookups.queriedTokens;
      this.hitTokens += lookups.hitTokens;
    }
  }

  private addedSums(now: Nanoseconds): AddedSums {
    let [busy, running] = [0, 0];
    for (const { replica } of this.added) {
      busy += replica.life.busyTimeAt(now);
      running += replica.runningTime;
    }
    return { busy, running };
  }

  private closeIfOver(): boolean {
    if (!this.isOver) return false;
    for (const part of [this.before, this.during, this.after]) part.close();
    return true;
  }
}
