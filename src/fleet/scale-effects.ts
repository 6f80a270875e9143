import type { Replica } from "../replica/replica.ts";
import type { EventQueue } from "../sim/event-queue.ts";
import { NANOSECONDS_PER_SECOND } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import { Effect, type EffectRecord, type Sums } from "./effect.ts";
import { eventRank } from "./event-rank.ts";
import { RecentRequests } from "./recent-requests.ts";
import type { Scaling } from "./scaling.ts";

/** How long "before" and "after" are. */
export const EFFECT_WINDOW: Nanoseconds = 60 * NANOSECONDS_PER_SECOND;

/** The fleet's sums are read so often, so that those at the beginning of "before" are known when a change is decided. */
const READ_EVERY: Nanoseconds = 15 * NANOSECONDS_PER_SECOND;

/** Readings that belong to a change: when it was decided, when it had taken effect, and a window later. */
const DECIDED = 0;
const SETTLED = 1;
const AFTER = 2;
const KINDS = 3;

/**
 * Records what happened around each change of the number of replicas: the fleet's sums at a few instants, and the latencies of the requests
 * that arrived before, while and after it took effect.
 *
 * It observes, and compares with nothing: what happened around a change need not have come from it (`price-events.ts` compares). Readings
 * come after everything else of their instant, so that they are the same stepwise, on the fast path, and in a fork.
 */
export class ScaleEffects {
  /** Of changes that are over, by their number. */
  private readonly records: EffectRecord[] = [];
  private open: Effect[] = [];
  private decisions = 0;
  /** The change that waits for a replica to be ready or gone. */
  private readonly awaitedBy = new Map<number, Effect[]>();
  private readonly recent = new RecentRequests(EFFECT_WINDOW);
  private lately: Sums[] = [];
  private readonly events: EventQueue;
  /** Readings that are due, in the queue of events. */
  pending = 0;

  constructor(events: EventQueue) {
    this.events = events;
    this.readAt(0, 0);
  }

  /** A change is decided; nothing of it is carried out yet. */
  decided(scaling: Scaling, added: readonly Replica[], victims: readonly Replica[]): void {
    const { at } = scaling;
    const from = Math.max(0, at - EFFECT_WINDOW);
    const start = this.lately.findLast(({ at }) => at <= from) ?? this.lately[0] ?? null;
    const effect = new Effect(this.decisions, scaling, from, start, added);
    for (const request of this.recent.all()) effect.left(request);
    this.decisions += 1;
    this.open.push(effect);
    this.readFor(effect, DECIDED, at);
    const awaited = [...added, ...victims];
    effect.awaits = awaited.length;
    for (const { id } of awaited) this.awaitedBy.set(id, [...(this.awaitedBy.get(id) ?? []), effect]);
    effect.isLeftToUpdate = awaited.length === 0;
    if (effect.isLeftToUpdate) this.settle(effect, at);
  }

  /** A replica is ready, or gone. */
  settled(id: number, now: Nanoseconds): void {
    const effects = this.awaitedBy.get(id);
    if (effects === undefined) return;
    this.awaitedBy.delete(id);
    for (const effect of effects) {
      effect.settledReplica(id, now);
      effect.awaits -= 1;
      if (effect.awaits === 0) this.settle(effect, now);
    }
  }

  /** A request has had its last token. */
  left(arrivedAt: Nanoseconds, firstTokenAt: Nanoseconds, leftAt: Nanoseconds, outputTokens: number): void {
    this.recent.add(arrivedAt, firstTokenAt, leftAt, outputTokens);
    if (this.open.length === 0) return;
    const request = { arrivedAt, firstTokenAt, leftAt, outputTokens };
    for (const effect of this.open) effect.left(request);
    this.closeThoseOver();
  }

  /** A request has failed for good. @param firstTokenAt NaN: it had none */
  failed(arrivedAt: Nanoseconds, firstTokenAt: Nanoseconds): void {
    for (const effect of this.open) effect.failed(arrivedAt, firstTokenAt);
    this.closeThoseOver();
  }

  /**
   * A reading is due.
   *
   * @param sequence of its event
   * @param inSystem requests that have arrived and not left
   */
  read(sequence: number, sums: Sums, inSystem: number): void {
    this.pending -= 1;
    const { at } = sums;
    if (sequence === 0) {
      const oldest = at - EFFECT_WINDOW - READ_EVERY;
      this.lately = [...this.lately.filter((earlier) => earlier.at >= oldest), sums];
      this.readAt(at + READ_EVERY, 0);
      return;
    }
    const index = Math.floor((sequence - 1) / KINDS);
    const effect = this.open.find((each) => each.index === index)!;
    const kind = (sequence - 1) % KINDS;
    if (kind === DECIDED) effect.decided = sums;
    else if (kind === SETTLED) effect.begin(sums);
    else {
      effect.end(sums, inSystem);
      this.closeThoseOver();
    }
  }

  /** Every change in order. @param sums at the run's end, which is also the end of what lasts longer */
  all(sums: Sums): readonly EffectRecord[] {
    const all = [...this.records];
    for (const effect of this.open) all[effect.index] = effect.record(sums);
    return all;
  }

  private closeThoseOver(): void {
    let isAny = false;
    for (const effect of this.open) {
      if (!effect.isOver) continue;
      this.records[effect.index] = effect.record();
      isAny = true;
    }
    if (isAny) this.open = this.open.filter((effect) => !effect.isOver);
  }

  private settle(effect: Effect, now: Nanoseconds): void {
    effect.settle(now, now + EFFECT_WINDOW);
    this.readFor(effect, SETTLED, now);
    this.readFor(effect, AFTER, now + EFFECT_WINDOW);
  }

  private readFor(effect: Effect, kind: number, at: Nanoseconds): void {
    this.readAt(at, 1 + KINDS * effect.index + kind);
  }

  private readAt(at: Nanoseconds, sequence: number): void {
    this.events.push(at, eventRank.reading, sequence);
    this.pending += 1;
  }
}
