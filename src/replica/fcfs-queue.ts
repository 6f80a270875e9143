import type { WaitingQueue } from "./waiting-queue.ts";

/** First come, first served; a preempted request goes back to the front. A ring of slots. */
export class FcfsQueue implements WaitingQueue {
  private ring = new Int32Array(16);
  private head = 0;
  length = 0;

  first(): number {
    return this.ring[this.head]!;
  }

  append(request: number): void {
    this.makeRoom();
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = request;
    this.length += 1;
  }

  prepend(request: number): void {
    this.makeRoom();
    this.head = (this.head - 1) & (this.ring.length - 1);
    this.ring[this.head] = request;
    this.length += 1;
  }

  removeFirst(): number {
    const request = this.ring[this.head]!;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.length -= 1;
    return request;
  }

  remove(request: number): boolean {
    const { ring } = this;
    const mask = ring.length - 1;
    let place = 0;
    while (place < this.length && ring[(this.head + place) & mask] !== request) place += 1;
    if (place === this.length) return false;
    for (; place > 0; place -= 1) ring[(this.head + place) & mask] = ring[(this.head + place - 1) & mask]!;
    this.removeFirst();
    return true;
  }

  private makeRoom(): void {
    if (this.length < this.ring.length) return;
    const larger = new Int32Array(this.ring.length * 2);
    for (let i = 0; i < this.length; i += 1) larger[i] = this.ring[(this.head + i) & (this.ring.length - 1)]!;
    this.ring = larger;
    this.head = 0;
  }
}
