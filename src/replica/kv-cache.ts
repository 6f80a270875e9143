/**
 * The KV cache of one replica, in blocks of `blockSize` tokens.
 *
 * Block 0 is the null block and is never given out: `numGpuBlocks − 1` are usable. Requests are named by their slot in the table.
 */
export interface KvCache {
  readonly blockSize: number;
  readonly usableBlocks: number;
  /** Blocks that no request holds, those with something cached in them included. */
  readonly freeBlocks: number;
  readonly heldBlocks: number;

  /**
   * Tokens that a request which holds nothing finds in the cache: the longest beginning in full blocks, all its tokens but the last at
   * most, so that there is one to compute. What it finds is remembered until the next look-up.
   */
  match(slot: number): number;
  /** Makes a cache that is empty, and as large, find what another finds; nothing of it is held. */
  copyFrom(other: KvCache): void;
  /** Whether a request could be admitted with what `match` has found: blocks for `tokens` in all, and `spare` left free. */
  hasRoomFor(slot: number, tokens: number, spare: number): boolean;
  /** Gives an admitted request what `match` has found, and blocks for `tokens` in all. There must be room. */
  admit(slot: number, tokens: number): void;
  /** Gives a request what it still lacks to hold `tokens`; nothing, and false, where that is not free. */
  grow(slot: number, tokens: number): boolean;
  /** The same as `steps` rounds in which each of these requests, in this order, grows by one token. There must be room. */
  growByDecoding(slots: Int32Array, count: number, steps: number): void;
  /**
   * Takes all blocks of a request back.
   *
   * @param willReturn whether it may come back and look for them (preemption)
   */
  release(slot: number, willReturn: boolean): void;
}
