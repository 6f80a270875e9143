import type { Meters } from "../../replica/meters.ts";
import type { RequestTable } from "../../replica/request-table.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import type { Streams } from "../../sim/streams.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds, Seconds } from "../../units.ts";
import { eventRank } from "../event-rank.ts";
import type { Outcomes } from "../outcomes.ts";
import type { FailedState, FailureReason } from "./failure.ts";
import { HeldBack } from "./held-back.ts";
import { Retries } from "./retries.ts";
import type { ClientSettings } from "./settings.ts";

/** Who sends the requests: how long they wait for an answer, and what they do where they get none. */
export class Clients {
  private readonly retries: Retries | null;
  /** Requests whose client waits to try again. */
  private readonly away: HeldBack;
  private readonly firstTokenTimeOut: Nanoseconds;
  private readonly answerTimeOut: Nanoseconds;

  constructor(
    settings: ClientSettings,
    private readonly table: RequestTable,
    meters: Meters,
    private readonly outcomes: Outcomes,
    private readonly events: EventQueue,
    streams: Streams,
  ) {
    this.retries = settings.retry === undefined ? null : new Retries(settings.retry, table, streams);
    this.away = new HeldBack(meters);
    this.firstTokenTimeOut = timeOutOf(settings.first_token_timeout_s);
    this.answerTimeOut = timeOutOf(settings.timeout_s);
  }

  /** Clients that wait to try again. */
  get waiting(): number {
    return this.away.length;
  }

  /** A request is sent for the first time. */
  send(slot: number, now: Nanoseconds): void {
    this.retries?.countFirst();
    this.watch(slot, now);
  }

  /** Whether a client has waited long enough and tries again now. Then the attempt is sent. */
  sendsAgain(slot: number, now: Nanoseconds): boolean {
    if (!this.away.isDue(slot, now)) return false;
    this.away.release(slot, now);
    this.table.beginAttempt(slot, now);
    this.outcomes.retries += 1;
    this.watch(slot, now);
    return true;
  }

  /** Why a client gives an attempt up now; null where it does not. */
  lossOfPatience(slot: number, now: Nanoseconds): FailureReason | null {
    if (this.away.has(slot)) return null;
    const waited = now - this.table.sentAt[slot]!;
    if (waited === this.firstTokenTimeOut && Number.isNaN(this.table.firstTokenAt[slot])) return "first_token_timeout";
    return waited === this.answerTimeOut ? "answer_timeout" : null;
  }

  /**
   * An attempt has failed: the only place that decides whether its client tries again or the request ends so.
   *
   * To be called for every request that is rejected, times out, is cut off or lost, once it has been taken out of wherever it was
   * (`Replica.abort`, `Gateway.withdraw`). Where it ends, its slot is free afterwards, and the requests that would have followed in its session
   * are never sent.
   *
   * @param state what the request ends as, unless it is tried again
   */
  failed(slot: number, state: FailedState, reason: FailureReason, now: Nanoseconds): void {
    this.outcomes.countFailure(state, reason);
    const backoff = this.retries?.backoffOrNull(slot, state, now) ?? null;
    if (backoff === null) {
      this.outcomes.fail(slot, this.table, state, reason);
      this.table.remove(slot);
      return;
    }
    // What the failed attempt was given is worth nothing.
    this.table.firstTokenAt[slot] = NaN;
    this.away.add(slot, now, now + backoff);
    this.events.push(now + backoff, eventRank.due, slot);
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.away.settle(now);
  }

  private watch(slot: number, now: Nanoseconds): void {
    if (this.firstTokenTimeOut < Infinity) this.events.push(now + this.firstTokenTimeOut, eventRank.due, slot);
    if (this.answerTimeOut < Infinity) this.events.push(now + this.answerTimeOut, eventRank.due, slot);
  }
}

const timeOutOf = (seconds: Seconds = Infinity): Nanoseconds => Math.max(1, toNanoseconds(seconds));
