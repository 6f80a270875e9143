import type { Replica } from "../replica/replica.ts";
import { QuantileSketch } from "../stats/quantile-sketch.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { LeftRequest } from "./recent-requests.ts";
import type { Scaling } from "./scaling.ts";

/** What the fleet has done up to an instant. */
export interface Sums {
  readonly at: Nanoseconds;
  /** Time that replicas were busy, and running requests over time. */
  readonly busy: number;
  readonly running: number;
  readonly queriedTokens: number;
  readonly hitTokens: number;
}

/** Requests up to which the percentiles of a part are exact. */
const EXACT = 1024;

/** The latencies of the requests that arrived in one part of an effect. */
export interface PartLatencies {
  readonly requests: number;
  readonly ttft_p99_s: number | null;
  readonly tpot_p50_s: number | null;
}

class Part {
  private requests = 0;
  private ttft: QuantileSketch | null = null;
  private tpot: QuantileSketch | null = null;

  add({ arrivedAt, firstTokenAt, leftAt, outputTokens }: LeftRequest): void {
    this.requests += 1;
    (this.ttft ??= new QuantileSketch(EXACT)).add(firstTokenAt - arrivedAt);
    if (outputTokens > 1) (this.tpot ??= new QuantileSketch(EXACT)).add((leftAt - firstTokenAt) / (outputTokens - 1));
  }

  latencies(): PartLatencies {
    return {
      requests: this.requests,
      ttft_p99_s: this.ttft === null ? null : toSeconds(this.ttft.quantile(0.99)),
      tpot_p50_s: this.tpot === null ? null : toSeconds(this.tpot.quantile(0.5)),
    };
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

/** What was recorded of one change, once nothing more can come. Never changed, so forks may share it. */
export interface EffectRecord {
  readonly scaling: Scaling;
  /** Nothing was started or drained for it: a rolling update was under way, and brings the number about in its own time. */
  readonly isLeftToUpdate: boolean;
  /** The fleet's sums where before, during and after begin, and at the end; null where that never came. */
  readonly start: Sums | null;
  readonly decided: Sums | null;
  readonly settled: Sums | null;
  readonly ended: Sums | null;
  readonly before: PartLatencies;
  readonly during: PartLatencies;
  readonly after: PartLatencies;
  /** Infinity: never. */
  readonly settledAt: Nanoseconds;
  /** When a replica that it added computed its first request; null if none did up to the end. */
  readonly helpedAt: Nanoseconds | null;
  /** Requests that arrived between the decision and that instant and had no first token by then. */
  readonly waited: number;
  /** Time that replicas it added were paid for before each was ready or given up. */
  readonly loading: Nanoseconds;
  /** Tokens that the replicas it added were asked for up to the end, and how many of them they found. */
  readonly queriedTokens: number;
  readonly hitTokens: number;
  /** At the readings `settled` and `ended`; null where those are. */
  readonly addedAtSettled: AddedSums | null;
  readonly addedAtEnd: AddedSums | null;
}

/** One change, while there is something to record. */
export class Effect {
  decided: Sums | null = null;
  isLeftToUpdate = false;
  private settled: Sums | null = null;
  private addedAtSettled: AddedSums | null = null;
  private addedAtEnd: AddedSums | null = null;
  private ended: Sums | null = null;
  private readonly before = new Part();
  private readonly during = new Part();
  private readonly after = new Part();
  /** Replicas that it has added and that are not ready, or that drain for it. */
  awaits = 0;
  /** When all that it added were ready or given up, or all its victims gone; Infinity before. */
  private settledAt: Nanoseconds = Infinity;
  private waited = 0;
  private readonly added: readonly Added[];
  private queriedTokens = 0;
  private hitTokens = 0;
  private endsAt: Nanoseconds = Infinity;
  /** Requests in the system that may belong to it; Infinity while more may come. */
  private inSystem = Infinity;

  /**
   * @param from when "before" begins
   * @param start the reading at or before that instant
   */
  constructor(
    readonly index: number,
    private readonly scaling: Scaling,
    private readonly from: Nanoseconds,
    private readonly start: Sums | null,
    added: readonly Replica[],
  ) {
    this.added = added.map((replica) => new Added(replica));
  }

  /** Whether no request can belong to it any more. */
  get isOver(): boolean {
    return this.inSystem === 0;
  }

  settledReplica(id: number, now: Nanoseconds): void {
    for (const added of this.added) if (added.replica.id === id) added.settledAt = now;
  }

  settle(now: Nanoseconds, endsAt: Nanoseconds): void {
    this.settledAt = now;
    this.endsAt = endsAt;
  }

  /** A request has left, wherever it belongs. */
  left(request: LeftRequest): void {
    const { arrivedAt, firstTokenAt } = request;
    if (arrivedAt >= this.from) {
      if (arrivedAt < this.scaling.at) this.before.add(request);
      else if (arrivedAt < this.settledAt) {
        this.during.add(request);
        if (firstTokenAt > this.settledAt) this.waited += 1;
      } else if (arrivedAt < this.endsAt) this.after.add(request);
    }
    if (arrivedAt <= this.endsAt) this.inSystem -= 1;
  }

  /** "After" begins, and this is what was read. */
  begin(sums: Sums): void {
    this.settled = sums;
    this.addedAtSettled = this.addedSums(sums.at);
  }

  /** A request has failed for good, wherever it belongs. @param firstTokenAt NaN: it had none */
  failed(arrivedAt: Nanoseconds, firstTokenAt: Nanoseconds): void {
    if (arrivedAt >= this.scaling.at && arrivedAt < this.settledAt && !(firstTokenAt <= this.settledAt)) this.waited += 1;
    if (arrivedAt <= this.endsAt) this.inSystem -= 1;
  }

  /** "After" has ended, and this is what was read. @param inSystem requests that may still belong to it */
  end(sums: Sums, inSystem: number): void {
    this.ended = sums;
    this.inSystem = inSystem;
    this.addedAtEnd = this.addedSums(sums.at);
    for (const { replica } of this.added) {
      const { lookups } = replica.scheduler;
      this.queriedTokens += lookups.queriedTokens;
      this.hitTokens += lookups.hitTokens;
    }
  }

  /** All that was recorded. @param last what is read where the run ends before it does */
  record(last: Sums | null = null): EffectRecord {
    if (this.settled === null && this.settledAt < Infinity && last !== null) this.begin(last);
    if (this.ended === null && last !== null) this.end(last, 0);
    const { scaling, start, settledAt, waited, queriedTokens, hitTokens } = this;
    const helpedAt = Math.min(Infinity, ...this.added.map(({ replica }) => replica.life.firstBusyAt ?? Infinity));
    return {
      scaling,
      isLeftToUpdate: this.isLeftToUpdate,
      start,
      decided: this.decided ?? last,
      settled: this.settled,
      ended: this.ended,
      before: this.before.latencies(),
      during: this.during.latencies(),
      after: this.after.latencies(),
      settledAt,
      helpedAt: helpedAt === Infinity ? null : helpedAt,
      waited,
      loading: this.added.reduce((total, { settledAt: readyAt }) => total + (readyAt ?? last?.at ?? scaling.at) - scaling.at, 0),
      queriedTokens,
      hitTokens,
      addedAtSettled: this.addedAtSettled,
      addedAtEnd: this.addedAtEnd,
    };
  }

  private addedSums(now: Nanoseconds): AddedSums {
    let [busy, running] = [0, 0];
    for (const { replica } of this.added) {
      busy += replica.life.busyTimeAt(now);
      running += replica.runningTime;
    }
    return { busy, running };
  }
}
