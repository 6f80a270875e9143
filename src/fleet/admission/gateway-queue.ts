import type { RequestTable } from "../../replica/request-table.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds } from "../../units.ts";
import type { Deadlines } from "./deadlines.ts";
import type { QueueSettings } from "./settings.ts";
import { SlotHeap } from "./slot-heap.ts";

const UNLIMITED: QueueSettings = { on_full: "reject-new", order: "fcfs" };

/** Requests that wait in front of the replicas: who is next, who has to go where it is full, and who has waited too long. */
export class GatewayQueue {
  private readonly next: SlotHeap;
  /** By who goes first where the queue is full; empty where that is always the new one. */
  private readonly victims: SlotHeap;
  private readonly since = new Map<number, Nanoseconds>();
  private readonly maxLength: number;
  /** Infinity: no time-out. */
  readonly timeOut: Nanoseconds;

  constructor(
    private readonly table: RequestTable,
    private readonly deadlines: Deadlines | null,
    private readonly settings: QueueSettings = UNLIMITED,
  ) {
    this.next = new SlotHeap(settings.order === "lifo");
    this.victims = new SlotHeap(settings.on_full === "drop-lowest-priority");
    this.maxLength = settings.max_length ?? Infinity;
    this.timeOut = settings.timeout_s === undefined ? Infinity : toNanoseconds(settings.timeout_s);
  }

  get length(): number {
    return this.next.length;
  }

  /** Only while `length` is above 0. */
  first(): number {
    return this.next.first();
  }

  /**
   * Takes a request in.
   *
   * @returns the slot that has to go for it, which may be its own; −1: none
   */
  add(slot: number, now: Nanoseconds): number {
    let victim = -1;
    if (this.length >= this.maxLength) {
      victim = this.victimFor(slot);
      if (victim === slot) return slot;
      this.remove(victim);
    }
    this.next.add(slot, this.orderOf(slot));
    if (this.settings.on_full !== "reject-new") this.victims.add(slot, this.victimOrderOf(slot));
    if (this.timeOut < Infinity) this.since.set(slot, now);
    return victim;
  }

  /** Takes a request back in that has been with a replica: in front of those that are as good, however full the queue is, and never dropped for others. */
  prepend(slot: number, now: Nanoseconds): void {
    this.next.add(slot, this.orderOf(slot), true);
    if (this.timeOut < Infinity) this.since.set(slot, now);
  }

  remove(slot: number): void {
    this.next.remove(slot);
    if (this.victims.has(slot)) this.victims.remove(slot);
    this.since.delete(slot);
  }

  /** Whether a request has been here as long as it may. */
  isOverdue(slot: number, now: Nanoseconds): boolean {
    const since = this.since.get(slot);
    return since !== undefined && since + this.timeOut === now;
  }

  private orderOf(slot: number): number {
    switch (this.settings.order) {
      case "fcfs":
      case "lifo":
        return 0;
      case "priority":
        return this.table.priority[slot]!;
      case "earliest-deadline":
        return this.deadlines!.of(slot);
      default:
        return this.settings.order satisfies never;
    }
  }

  /** Of the lowest priority (the highest number) that which came last; or the oldest. */
  private victimOrderOf(slot: number): number {
    return this.settings.on_full === "drop-oldest" ? 0 : -this.table.priority[slot]!;
  }

  private victimFor(slot: number): number {
    if (this.victims.length === 0) return slot;
    const first = this.victims.first();
    if (this.settings.on_full === "drop-oldest") return first;
    return this.table.priority[first]! > this.table.priority[slot]! ? first : slot;
  }
}
