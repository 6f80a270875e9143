/** Blocks remembered at most; of more, those lost first are forgotten. */
const MOST = 2 ** 18;

/**
 * What was in the prefix caches of servers that have gone or started again, until somebody asks for it and computes it anew.
 *
 * Blocks are known by 53 bits of their hash.
 */
export class LostBlocks {
  /** Blocks thrown away, and how many of them were asked for since: each once. */
  thrownAway = 0;
  askedFor = 0;
  private readonly keys = new Set<number>();

  /** Blocks that are still missed by nobody. */
  get size(): number {
    return this.keys.size;
  }

  /** A block is thrown away that could be found. */
  add(low: number, high: number): void {
    this.thrownAway += 1;
    const key = keyOf(low, high);
    this.keys.delete(key);
    this.keys.add(key);
    const [oldest] = this.keys;
    if (this.keys.size > MOST) this.keys.delete(oldest!);
  }

  /** Somebody asks for a block and computes it anew; false if it was not lost. */
  take(low: number, high: number): boolean {
    return this.keys.delete(keyOf(low, high));
  }
}

const keyOf = (low: number, high: number): number => (high & 0x1fffff) * 4294967296 + (low >>> 0);
