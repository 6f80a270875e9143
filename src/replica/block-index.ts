/** Not in the index; in it; could be found, were anybody to look for it. */
const OUT = 0;
const LINKED = 1;
const NOTED = 2;

/**
 * Blocks by the hash of their content. Several may have the same hash; the one added first is found.
 *
 * Hash buckets, each a doubly linked list in the order of addition; 0, the null block, ends it.
 */
export class BlockIndex {
  private readonly mask: number;
  private readonly first: Int32Array;
  private readonly last: Int32Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private readonly low: Int32Array;
  private readonly high: Int32Array;
  private readonly state: Uint8Array;

  constructor(numGpuBlocks: number) {
    let buckets = 16;
    while (buckets < numGpuBlocks) buckets *= 2;
    this.mask = buckets - 1;
    this.first = new Int32Array(buckets);
    this.last = new Int32Array(buckets);
    this.next = new Int32Array(numGpuBlocks);
    this.previous = new Int32Array(numGpuBlocks);
    this.low = new Int32Array(numGpuBlocks);
    this.high = new Int32Array(numGpuBlocks);
    this.state = new Uint8Array(numGpuBlocks);
  }

  /** The block with this hash that was added first; 0 if there is none. */
  find(low: number, high: number): number {
    let block = this.first[low & this.mask]!;
    while (block !== 0 && (this.low[block] !== low || this.high[block] !== high)) block = this.next[block]!;
    return block;
  }

  /** Whether it has content that a request could look for. */
  has(block: number): boolean {
    return this.state[block] !== OUT;
  }

  /** Counts a block as in it without a hash: nobody will look for it until it is added. */
  note(block: number): void {
    this.state[block] = NOTED;
  }

  isNoted(block: number): boolean {
    return this.state[block] === NOTED;
  }

  /** Adds a block that has no hash in it yet, as it is in another index; nothing where nobody finds it there. */
  addFrom(other: BlockIndex, theirs: number, block: number): boolean {
    if (other.state[theirs] !== LINKED) return false;
    this.add(block, other.low[theirs]!, other.high[theirs]!);
    return true;
  }

  /** Adds a block that has no hash in it yet. */
  add(block: number, low: number, high: number): void {
    const bucket = low & this.mask;
    const last = this.last[bucket]!;
    this.low[block] = low;
    this.high[block] = high;
    this.next[block] = 0;
    this.previous[block] = last;
    if (last === 0) this.first[bucket] = block;
    else this.next[last] = block;
    this.last[bucket] = block;
    this.state[block] = LINKED;
  }

  /** Takes a block out, if it is in. */
  remove(block: number): void {
    const state = this.state[block];
    this.state[block] = OUT;
    if (state !== LINKED) return;
    const bucket = this.low[block]! & this.mask;
    const next = this.next[block]!;
    const previous = this.previous[block]!;
    if (previous === 0) this.first[bucket] = next;
    else this.next[previous] = next;
    if (next === 0) this.last[bucket] = previous;
    else this.previous[next] = previous;
  }
}
