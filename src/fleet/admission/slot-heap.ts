/** Slots in the order of a number that each was given, those of equal numbers by when they came. Any of them can be taken out. */
export class SlotHeap {
  length = 0;
  private heap = new Int32Array(16);
  /** By slot: where it is in the heap, −1 where it is not; its number, and when it came. */
  private places = new Int32Array(0);
  private keys = new Float64Array(0);
  private turns = new Float64Array(0);
  private added = 0;

  /** @param lastComesFirst of equal numbers, the one that came last is first */
  constructor(private readonly lastComesFirst = false) {}

  /** Only while `length` is above 0. */
  first(): number {
    return this.heap[0]!;
  }

  has(slot: number): boolean {
    return slot < this.places.length && this.places[slot]! >= 0;
  }

  add(slot: number, key: number): void {
    this.makeRoom(slot);
    this.keys[slot] = key;
    this.added += 1;
    this.turns[slot] = this.lastComesFirst ? -this.added : this.added;
    this.length += 1;
    this.rise(slot, this.length - 1);
  }

  /** Takes out a slot that is in. */
  remove(slot: number): void {
    const place = this.places[slot]!;
    this.places[slot] = -1;
    this.length -= 1;
    if (place === this.length) return;
    const last = this.heap[this.length]!;
    this.sink(last, place);
    if (this.places[last] === place) this.rise(last, place);
  }

  private isBefore(a: number, b: number): boolean {
    return this.keys[a]! < this.keys[b]! || (this.keys[a] === this.keys[b] && this.turns[a]! < this.turns[b]!);
  }

  private put(slot: number, place: number): void {
    this.heap[place] = slot;
    this.places[slot] = place;
  }

  private rise(slot: number, from: number): void {
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = this.heap[parent]!;
      if (!this.isBefore(slot, above)) break;
      this.put(above, hole);
      hole = parent;
    }
    this.put(slot, hole);
  }

  private sink(slot: number, from: number): void {
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.isBefore(this.heap[child + 1]!, this.heap[child]!)) child += 1;
      const below = this.heap[child]!;
      if (!this.isBefore(below, slot)) break;
      this.put(below, hole);
      hole = child;
    }
    this.put(slot, hole);
  }

  private makeRoom(slot: number): void {
    if (this.length === this.heap.length) {
      const heap = new Int32Array(2 * this.length);
      heap.set(this.heap);
      this.heap = heap;
    }
    if (slot < this.places.length) return;
    const places = new Int32Array(2 * slot + 16).fill(-1);
    places.set(this.places);
    const keys = new Float64Array(places.length);
    keys.set(this.keys);
    const turns = new Float64Array(places.length);
    turns.set(this.turns);
    this.places = places;
    this.keys = keys;
    this.turns = turns;
  }
}
