import { BlockIndex } from "./block-index.ts";
import { FreeList } from "./free-list.ts";
import type { KvCache } from "./kv-cache.ts";
import type { RequestBlocks } from "./request-blocks.ts";
import type { RequestTable } from "./request-table.ts";

/**
 * A cache with prefix caching, as vLLM's block pool keeps it (vllm/v1/core/block_pool.py).
 *
 * A full block can be found by its hash from the step on that schedules its last token, while it is held and after it was freed, until
 * another request is given it. Blocks with the same content are not merged; the one that came first is found. A request's blocks are freed
 * from its last to its first, so that of what is freed together the ends go first; one that nobody could find is used again at once.
 */
export class PrefixCache implements KvCache {
  readonly blockSize: number;
  readonly usableBlocks: number;
  private readonly table: RequestTable;
  private readonly free: FreeList;
  private readonly index: BlockIndex;
  /** Requests that hold a block. */
  private readonly holders: Int32Array;
  /** Requests by how full their last block is, for `growByDecoding`: where each group begins, and the requests in order. */
  private readonly groups: Int32Array;
  private grouped = new Int32Array(64);

  constructor(numGpuBlocks: number, blockSize: number, table: RequestTable) {
    this.blockSize = blockSize;
    this.usableBlocks = numGpuBlocks - 1;
    this.table = table;
    this.free = new FreeList(numGpuBlocks);
    this.index = new BlockIndex(numGpuBlocks);
    this.holders = new Int32Array(numGpuBlocks);
    this.groups = new Int32Array(blockSize + 1);
  }

  get freeBlocks(): number {
    return this.free.length;
  }

  get heldBlocks(): number {
    return this.usableBlocks - this.free.length;
  }

  match(slot: number): number {
    const held = this.table.requestBlocks[slot]!;
    const full = Math.floor((this.table.promptTokens[slot]! + this.table.produced[slot]! - 1) / this.blockSize);
    const most = held.hasReturned ? full : Math.min(full, this.commonOf(held));
    let matched = 0;
    let free = 0;
    while (matched < most) {
      held.hashUpTo(matched + 1, this.blockSize);
      const block = this.index.find(held.hashes[2 * matched]!, held.hashes[2 * matched + 1]!);
      if (block === 0) break;
      held.makeRoom(matched + 1);
      held.ids[matched] = block;
      if (this.holders[block] === 0) free += 1;
      matched += 1;
    }
    held.matched = matched;
    held.matchedFree = free;
    return matched * this.blockSize;
  }

  /** What nobody holds there goes first when room is needed, in the same order; what is held there, last. */
  copyFrom(other: KvCache): void {
    if (!(other instanceof PrefixCache)) return;
    for (const block of other.free.inOrder()) this.copyBlock(other, block);
    for (let block = 1; block <= other.usableBlocks; block += 1) if (other.holders[block]! > 0) this.copyBlock(other, block);
  }

  hasRoomFor(slot: number, tokens: number, spare: number): boolean {
    const { matched, matchedFree } = this.table.requestBlocks[slot]!;
    return Math.ceil(tokens / this.blockSize) - matched + matchedFree + spare <= this.free.length;
  }

  admit(slot: number, tokens: number): void {
    const held = this.table.requestBlocks[slot]!;
    for (let i = 0; i < held.matched; i += 1) {
      const block = held.ids[i]!;
      if (this.holders[block] === 0) this.free.remove(block);
      this.holders[block]! += 1;
    }
    this.table.blocks[slot] = held.matched;
    held.shared = held.matched;
    this.grow(slot, tokens);
  }

  grow(slot: number, tokens: number): boolean {
    const held = this.table.requestBlocks[slot]!;
    const count = this.table.blocks[slot]!;
    const wanted = Math.ceil(tokens / this.blockSize);
    if (wanted - count > this.free.length) return false;
    if (wanted > count) {
      held.makeRoom(wanted);
      for (let i = count; i < wanted; i += 1) held.ids[i] = this.take();
      this.table.blocks[slot] = wanted;
    }
    this.share(held, Math.floor(tokens / this.blockSize));
    return true;
  }

  growByDecoding(slots: Int32Array, count: number, steps: number): void {
    const { computed, blocks, requestBlocks } = this.table;
    const size = this.blockSize;
    this.groupByFill(slots, count);
    const grouped = this.grouped;
    const groups = this.groups;
    for (let step = 0; step < steps; step += 1) {
      // Those whose last block is full get a new one; then those who fill theirs with this token can be found by it.
      const full = (size - (step % size)) % size;
      for (let i = groups[full]!; i < groups[full + 1]!; i += 1) {
        const slot = grouped[i]!;
        const held = requestBlocks[slot]!;
        held.makeRoom(blocks[slot]! + 1);
        held.ids[blocks[slot]!] = this.take();
        blocks[slot]! += 1;
      }
      const filling = size - 1 - (step % size);
      for (let i = groups[filling]!; i < groups[filling + 1]!; i += 1) {
        const slot = grouped[i]!;
        this.share(requestBlocks[slot]!, (computed[slot]! + step + 1) / size);
      }
    }
  }

  release(slot: number, willReturn: boolean): void {
    const held = this.table.requestBlocks[slot]!;
    if (willReturn) this.shareOwn(held);
    held.hasReturned = willReturn;
    for (let i = this.table.blocks[slot]! - 1; i >= 0; i -= 1) {
      const block = held.ids[i]!;
      this.holders[block]! -= 1;
      if (this.holders[block]! > 0) continue;
      if (this.index.has(block)) this.free.append(block);
      else this.free.prepend(block);
    }
    this.table.blocks[slot] = 0;
    held.shared = 0;
    held.matched = 0;
  }

  private copyBlock(other: PrefixCache, theirs: number): void {
    const block = this.free.takeFirst();
    if (this.index.addFrom(other.index, theirs, block)) this.free.append(block);
    else this.free.prepend(block);
  }

  /** Gives out the block that was freed first, and forgets what is in it. */
  private take(): number {
    const block = this.free.takeFirst();
    this.index.remove(block);
    this.holders[block] = 1;
    return block;
  }

  /** Lets the first `full` blocks of a request be found. Nobody looks for those that hold something of its own while it holds them. */
  private share(held: RequestBlocks, full: number): void {
    if (held.shared >= full) return;
    const common = Math.min(full, this.commonOf(held));
    this.add(held, held.shared, common);
    for (let i = Math.max(held.shared, common); i < full; i += 1) this.index.note(held.ids[i]!);
    held.shared = full;
  }

  /** Blocks from the front that hold nothing of a request's own. */
  private commonOf(held: RequestBlocks): number {
    return Math.floor(held.named / this.blockSize);
  }

  /** Lets a request find its own blocks when it comes back. */
  private shareOwn(held: RequestBlocks): void {
    for (let i = this.commonOf(held); i < held.shared; i += 1) if (this.index.isNoted(held.ids[i]!)) this.add(held, i, i + 1);
  }

  private add(held: RequestBlocks, from: number, to: number): void {
    if (from >= to) return;
    held.hashUpTo(to, this.blockSize);
    for (let i = from; i < to; i += 1) this.index.add(held.ids[i]!, held.hashes[2 * i]!, held.hashes[2 * i + 1]!);
  }

  /** Sorts requests by how many tokens are in their last block, modulo its size; of equals, in the order given. */
  private groupByFill(slots: Int32Array, count: number): void {
    const { computed } = this.table;
    const groups = this.groups;
    const size = this.blockSize;
    if (this.grouped.length < count) this.grouped = new Int32Array(2 * count);
    groups.fill(0);
    for (let i = 0; i < count; i += 1) groups[(computed[slots[i]!]! % size) + 1]! += 1;
    for (let fill = 1; fill <= size; fill += 1) groups[fill]! += groups[fill - 1]!;
    for (let i = count - 1; i >= 0; i -= 1) {
      const end = (computed[slots[i]!]! % size) + 1;
      groups[end]! -= 1;
      this.grouped[groups[end]!] = slots[i]!;
    }
    // Each entry has been counted down to where its group begins; shift them back into place.
    groups.copyWithin(0, 1);
    groups[size] = count;
  }
}
