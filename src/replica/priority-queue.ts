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
    const heap = this.heap;
    let hole = this.length;
    this.length += 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.table.isBefore(slot, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = slot;
  }

  prepend(slot: number): void {
    this.append(slot);
  }

  removeFirst(): number {
    const heap = this.heap;
    const first = heap[0]!;
    this.length -= 1;
    const slot = heap[this.length]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.table.isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!this.table.isBefore(heap[child]!, slot)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = slot;
    return first;
  }
}
