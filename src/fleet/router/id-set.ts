/**
 * A set of small whole numbers in ascending order: counted, and found by place, in logarithmic time.
 *
 * A Fenwick tree over all numbers up to the largest.
 */
export class IdSet {
  size = 0;
  private room = 16;
  private isIn = new Uint8Array(this.room);
  /** Node i, from 1 on, counts the members among the i & −i numbers that end before i. */
  private counts = new Int32Array(this.room + 1);

  has(id: number): boolean {
    return id < this.room && this.isIn[id] === 1;
  }

  set(id: number, isMember: boolean): void {
    if (this.has(id) === isMember) return;
    while (id >= this.room) this.grow();
    this.isIn[id] = isMember ? 1 : 0;
    this.count(id, isMember ? 1 : -1);
  }

  /** Members below a number. */
  countBelow(id: number): number {
    let count = 0;
    for (let node = Math.min(id, this.room); node > 0; node -= node & -node) count += this.counts[node]!;
    return count;
  }

  /** The member with so many below it; `index` is less than `size`. */
  at(index: number): number {
    let below = 0;
    let left = index;
    for (let span = this.room; span > 0; span >>= 1) {
      if (below + span > this.room || this.counts[below + span]! > left) continue;
      below += span;
      left -= this.counts[below]!;
    }
    return below;
  }

  private count(id: number, change: number): void {
    this.size += change;
    for (let node = id + 1; node <= this.room; node += node & -node) this.counts[node]! += change;
  }

  private grow(): void {
    const before = this.isIn;
    this.room *= 2;
    this.isIn = new Uint8Array(this.room);
    this.isIn.set(before);
    this.counts = new Int32Array(this.room + 1);
    this.size = 0;
    for (let id = 0; id < before.length; id += 1) if (before[id] === 1) this.count(id, 1);
  }
}
