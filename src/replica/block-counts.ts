import type { KvCache } from "./kv-cache.ts";
import type { RequestTable } from "./request-table.ts";

/** A cache without prefix caching: all blocks are alike, so it is enough to count them. */
export class BlockCounts implements KvCache {
  readonly blockSize: number;
  readonly usableBlocks: number;
  freeBlocks: number;
  private readonly table: RequestTable;

  constructor(numGpuBlocks: number, blockSize: number, table: RequestTable) {
    this.blockSize = blockSize;
    this.usableBlocks = numGpuBlocks - 1;
    this.freeBlocks = this.usableBlocks;
    this.table = table;
  }

  get heldBlocks(): number {
    return this.usableBlocks - this.freeBlocks;
  }

  match(): number {
    return 0;
  }

  copyFrom(): void {}

  hasRoomFor(_slot: number, tokens: number, spare: number): boolean {
    return Math.ceil(tokens / this.blockSize) + spare <= this.freeBlocks;
  }

  admit(slot: number, tokens: number): void {
    this.grow(slot, tokens);
  }

  grow(slot: number, tokens: number): boolean {
    const { blocks } = this.table;
    const wanted = Math.ceil(tokens / this.blockSize) - blocks[slot]!;
    if (wanted > this.freeBlocks) return false;
    this.freeBlocks -= wanted;
    blocks[slot]! += wanted;
    return true;
  }

  growByDecoding(slots: Int32Array, count: number, steps: number): void {
    for (let i = 0; i < count; i += 1) this.grow(slots[i]!, this.table.computed[slots[i]!]! + steps);
  }

  release(slot: number): void {
    this.freeBlocks += this.table.blocks[slot]!;
    this.table.blocks[slot] = 0;
  }
}
