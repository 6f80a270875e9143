import type { RequestTable } from "./request-table.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

/** By priority, then by arrival, a preempted request where it was before: a binary heap of slots. */
export class PriorityQueue implements WaitingQueue {
  private readonly table: RequestTable;
  private heap = new Int32Array(16);
  length = 0;

  constructor(table: RequestTable) {
    this.table = table;
  }

  first(): number {
    return this.heap[0]!;
  }

  append(slot: number): void {
    if (this.length === this.heap.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.heap);
      this.heap = larger;
    }
    this.length += 1;
    this.rise(slot, this.length - 1);
  }

  prepend(slot: number): void {
    this.append(slot);
  }

  removeFirst(): number {
    const first = this.heap[0]!;
    this.length -= 1;
    this.sink(this.heap[this.length]!, 0);
    return first;
  }

  remove(slot: number): boolean {
    const place = this.heap.subarray(0, this.length).indexOf(slot);
    if (place < 0) return false;
    this.length -= 1;
    if (place === this.length) return true;
    const last = this.heap[this.length]!;
    this.sink(last, place);
    if (this.heap[place] === last) this.rise(last, place);
    return true;
  }

  /** Puts a slot where there is a hole, or above it. */
  private rise(slot: number, from: number): void {
    const heap = this.heap;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.table.isBefore(slot, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = slot;
  }

  /** Puts a slot where there is a hole, or below it. */
  private sink(slot: number, from: number): void {
    const heap = this.heap;
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.table.isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!this.table.isBefore(heap[child]!, slot)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = slot;
  }
}
