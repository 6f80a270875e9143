import type { RequestTable } from "../../replica/request-table.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds } from "../../units.ts";
import type { Load } from "./load.ts";
import { ServiceRate } from "./service-rate.ts";
import type { DeadlineSettings } from "./settings.ts";

/**
 * When requests should have their first token, and whether they still can.
 *
 * The estimate of the time to the first token is the time that the attempt has already taken, plus the requests that wait for room times the
 * recent time from one completion to the next. Its own prefill is not in it, nor does it know of priorities; so it errs in both directions, and
 * some requests are rejected that would have been in time, others admitted that are not.
 */
export class Deadlines {
  private readonly rate = new ServiceRate();
  private readonly usual: Nanoseconds;
  private readonly byPriority = new Map<number, Nanoseconds>();

  constructor(
    private readonly settings: DeadlineSettings,
    private readonly table: RequestTable,
    private readonly load: Load,
  ) {
    this.usual = toNanoseconds(settings.ttft_s!);
    for (const { priority, ttft_s } of settings.classes) this.byPriority.set(priority, toNanoseconds(ttft_s));
  }

  /** When an attempt should have its first token. */
  of(slot: number): Nanoseconds {
    const { table } = this;
    return table.sentAt[slot]! + (this.byPriority.get(table.priority[slot]!) ?? this.usual);
  }

  /** Whether an attempt that arrives now would have its first token too late. */
  isLateOnArrival(slot: number, now: Nanoseconds, isBeforeSteps: boolean): boolean {
    return this.settings.reject && now + this.rate.waitBehind(this.load.waitingForRoom(now, isBeforeSteps)) > this.of(slot);
  }

  /** Whether an attempt whose turn has come is too late already. */
  isLateInTurn(slot: number, now: Nanoseconds): boolean {
    return this.settings.reject && now > this.of(slot);
  }

  /** Some requests have finished. */
  completed(count: number, now: Nanoseconds): void {
    this.rate.completed(count, this.load.waitingForRoom(now, false) > 0, now);
  }
}
