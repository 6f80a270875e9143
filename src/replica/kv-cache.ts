import type { RequestTable } from "./request-table.ts";

/**
 * The KV cache of one replica, as counts of blocks.
 *
 * Without prefix caching all blocks are alike, so which ones a request holds does not matter. Block 0 is the null block and is never
 * given out: `numGpuBlocks − 1` are usable.
 */
export class KvCache {
  readonly blockSize: number;
  readonly usableBlocks: number;
  #free: number;
  readonly #table: RequestTable;

  constructor(numGpuBlocks: number, blockSize: number, table: RequestTable) {
    this.blockSize = blockSize;
    this.usableBlocks = numGpuBlocks - 1;
    this.#free = this.usableBlocks;
    this.#table = table;
  }

  get freeBlocks(): number {
    return this.#free;
  }

  get heldBlocks(): number {
    return this.usableBlocks - this.#free;
  }

  /** Whether a request that holds nothing could get the blocks of all its `tokens` now. */
  hasRoomFor(tokens: number): boolean {
    return Math.ceil(tokens / this.blockSize) <= this.#free;
  }

  /** Gives a request what it still lacks to hold `tokens`; nothing, and false, where that is not free. */
  grow(request: number, tokens: number): boolean {
    const wanted = Math.ceil(tokens / this.blockSize) - this.#table.blocks[request]!;
    if (wanted > this.#free) return false;
    this.#free -= wanted;
    this.#table.blocks[request]! += wanted;
    return true;
  }

  /** Takes all blocks of a request back. */
  release(request: number): void {
    this.#free += this.#table.blocks[request]!;
    this.#table.blocks[request] = 0;
  }
}
