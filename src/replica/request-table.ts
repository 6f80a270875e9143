import type { Work } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import { RequestBlocks } from "./request-blocks.ts";

export const requestStates = ["deferred", "queued", "running", "finished", "rejected", "timed_out", "cut_off", "lost"] as const;
export type RequestState = (typeof requestStates)[number];
/** How a request leaves that was taken in and never had its last token. */
export type UnfinishedState = Extract<RequestState, "timed_out" | "cut_off" | "lost">;

/** The id of a slot that no request has. */
const VACANT = -1;

/**
 * What is known of the requests in the system, one typed array a fact, by slot.
 *
 * A request has its slot from its arrival until it leaves; then another takes it. So the table is as large as the most requests that are
 * in the system at once, however many a run has. Arrays are replaced when it grows: take them anew, do not keep them.
 */
export class RequestTable {
  /** Requests in the system. */
  length = 0;
  id = new Float64Array(64);
  /** When it was sent first: latency counts from here. */
  arrivedAt = new Float64Array(64);
  /** When the attempt under way was sent, and how many there were with it. */
  sentAt = new Float64Array(64);
  attempts = new Int32Array(64);
  /** Its place in the traffic, or that of its session's first request; and how many of its session came before it. */
  origin = new Float64Array(64);
  turn = new Int32Array(64);
  priority = new Float64Array(64);
  promptTokens = new Int32Array(64);
  /** Tokens the request will produce: read to see whether it has finished, never to schedule it. */
  outputTokens = new Int32Array(64);
  produced = new Int32Array(64);
  /** Tokens whose keys and values are in the cache. */
  computed = new Int32Array(64);
  /** KV blocks held. */
  blocks = new Int32Array(64);
  preemptions = new Int32Array(64);
  /** Tokens that were thrown out when it last left a batch unfinished; 0 while it has never run. */
  lost = new Int32Array(64);
  /** NaN until it comes. */
  firstTokenAt = new Float64Array(64);
  /** The number of the replica that holds it; -1: none. */
  replica = new Int32Array(64);
  /** When each of its tokens came, by slot, with room for more; null where nobody asks. */
  readonly tokensAt: Float64Array[] | null;
  /** What was asked for, by slot. */
  readonly work: Work[] = [];
  /** Which blocks a request holds, where prefix caching tells them apart. */
  readonly requestBlocks: RequestBlocks[] = [];
  private capacity = 64;
  /** Slots that were given back, the last on top. */
  private vacant: number[] = [];
  private used = 0;

  /** @param recordsTokens whether to keep when each token comes */
  constructor(recordsTokens = false) {
    this.tokensAt = recordsTokens ? [] : null;
  }

  /** Takes a request in; gives its slot. */
  add(work: Work, id: number, arrivedAt: Nanoseconds): number {
    const slot = this.vacant.pop() ?? this.used;
    if (slot === this.used) {
      if (slot === this.capacity) this.grow();
      this.used += 1;
      this.requestBlocks.push(new RequestBlocks());
    }
    this.length += 1;
    this.id[slot] = id;
    this.arrivedAt[slot] = arrivedAt;
    this.sentAt[slot] = arrivedAt;
    this.attempts[slot] = 1;
    this.priority[slot] = work.priority ?? 0;
    this.promptTokens[slot] = work.promptTokens;
    this.outputTokens[slot] = work.outputTokens;
    this.produced[slot] = 0;
    this.computed[slot] = 0;
    this.blocks[slot] = 0;
    this.preemptions[slot] = 0;
    this.lost[slot] = 0;
    this.origin[slot] = id;
    this.turn[slot] = 0;
    this.firstTokenAt[slot] = NaN;
    this.replica[slot] = -1;
    this.work[slot] = work;
    if (this.tokensAt !== null && (this.tokensAt[slot]?.length ?? 0) < work.outputTokens) {
      this.tokensAt[slot] = new Float64Array(2 * work.outputTokens);
    }
    this.requestBlocks[slot]!.begin(work, id);
    return slot;
  }

  /** A request that failed, and that no replica holds, is sent once more. */
  beginAttempt(slot: number, now: Nanoseconds): void {
    this.sentAt[slot] = now;
    this.attempts[slot]! += 1;
    this.produced[slot] = 0;
    this.computed[slot] = 0;
    this.lost[slot] = 0;
    this.firstTokenAt[slot] = NaN;
    const blocks = this.requestBlocks[slot]!;
    blocks.begin(this.work[slot]!, this.id[slot]!);
    // What an attempt before it has left in the cache it finds.
    blocks.hasReturned = true;
  }

  /** A request has left; its slot may be taken again. */
  remove(slot: number): void {
    this.length -= 1;
    this.id[slot] = VACANT;
    this.vacant.push(slot);
  }

  isVacant(slot: number): boolean {
    return this.id[slot] === VACANT;
  }

  /** Slots of the requests in the system. */
  *slots(): Generator<number> {
    for (let slot = 0; slot < this.used; slot += 1) if (this.id[slot] !== VACANT) yield slot;
  }

  /** Tokens a request has, whether given or produced, that are not computed yet. */
  tokensToCompute(slot: number): number {
    return this.promptTokens[slot]! + this.produced[slot]! - this.computed[slot]!;
  }

  /** Whether `a` is served before `b` under the priority policy: lower priority, then earlier arrival. */
  isBefore(a: number, b: number): boolean {
    return (
      this.priority[a]! < this.priority[b]! ||
      (this.priority[a] === this.priority[b] &&
        (this.sentAt[a]! < this.sentAt[b]! || (this.sentAt[a] === this.sentAt[b] && this.id[a]! < this.id[b]!)))
    );
  }

  private grow(): void {
    this.capacity *= 2;
    const float = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(this.capacity);
      to.set(from);
      return to;
    };
    const int = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(this.capacity);
      to.set(from);
      return to;
    };
    this.id = float(this.id);
    this.arrivedAt = float(this.arrivedAt);
    this.sentAt = float(this.sentAt);
    this.attempts = int(this.attempts);
    this.origin = float(this.origin);
    this.turn = int(this.turn);
    this.lost = int(this.lost);
    this.priority = float(this.priority);
    this.promptTokens = int(this.promptTokens);
    this.outputTokens = int(this.outputTokens);
    this.produced = int(this.produced);
    this.computed = int(this.computed);
    this.blocks = int(this.blocks);
    this.preemptions = int(this.preemptions);
    this.firstTokenAt = float(this.firstTokenAt);
    this.replica = int(this.replica);
  }
}
