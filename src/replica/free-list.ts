/** Free blocks in the order in which they are given out: a doubly linked list in two arrays. Block 0, the null block, is its head. */
export class FreeList {
  length: number;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;

  /** Blocks 1 to `numGpuBlocks − 1`, in this order. */
  constructor(numGpuBlocks: number) {
    this.length = numGpuBlocks - 1;
    this.next = new Int32Array(numGpuBlocks);
    this.previous = new Int32Array(numGpuBlocks);
    // Int32Array.from with a function takes ten times as long, and every replica has such a list.
    for (let block = 1; block < numGpuBlocks; block += 1) {
      this.next[block - 1] = block;
      this.previous[block] = block - 1;
    }
    this.previous[0] = numGpuBlocks - 1;
  }

  /** Only while `length` is above 0. */
  takeFirst(): number {
    const block = this.next[0]!;
    this.remove(block);
    return block;
  }

  /** Every free block, the one that is given out first in front. */
  *inOrder(): Generator<number> {
    for (let block = this.next[0]!; block !== 0; block = this.next[block]!) yield block;
  }

  remove(block: number): void {
    const next = this.next[block]!;
    const previous = this.previous[block]!;
    this.next[previous] = next;
    this.previous[next] = previous;
    this.length -= 1;
  }

  append(block: number): void {
    this.insert(block, this.previous[0]!, 0);
  }

  prepend(block: number): void {
    this.insert(block, 0, this.next[0]!);
  }

  private insert(block: number, previous: number, next: number): void {
    this.next[previous] = block;
    this.previous[block] = previous;
    this.next[block] = next;
    this.previous[next] = block;
    this.length += 1;
  }
}
