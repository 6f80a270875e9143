/**
 * Numbers by number, of which the last `capacity` used are remembered, and at most twice as many.
 *
 * Two generations: when the younger one is full, the older one is forgotten, and the younger takes its place.
 */
export class RecentMap {
  private readonly capacity: number;
  private younger = new Map<number, number>();
  private older = new Map<number, number>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get(key: number): number | undefined {
    return this.younger.get(key) ?? this.older.get(key);
  }

  /** Uses a key, and says what is remembered by it. */
  set(key: number, value: number): void {
    if (this.younger.size >= this.capacity) {
      this.older = this.younger;
      this.younger = new Map();
    }
    this.younger.set(key, value);
  }
}
