import { BlockIndex } from "../../replica/block-index.ts";
import { FreeList } from "../../replica/free-list.ts";

/**
 * Which blocks of prompts a gateway has sent to one replica: as many as it remembers, those used longest ago forgotten first.
 *
 * Of one prompt the end is forgotten before the beginning, as the server evicts it. Entries have numbers from 1 on, and are found by the
 * hash of their block, two words of it.
 */
export class PrefixIndex {
  private readonly index: BlockIndex;
  /** All entries, used or not, from the one used longest ago to the one used last. */
  private readonly byUse: FreeList;

  /** @param capacity blocks; at least 1 */
  constructor(capacity: number) {
    this.index = new BlockIndex(capacity + 1);
    this.byUse = new FreeList(capacity + 1);
  }

  /** How many of the first `count` blocks in a row were sent here. */
  match(hashes: Int32Array, count: number): number {
    let block = 0;
    while (block < count && this.index.find(hashes[2 * block]!, hashes[2 * block + 1]!) !== 0) block += 1;
    return block;
  }

  /** The first `count` blocks are sent here. */
  remember(hashes: Int32Array, count: number): void {
    for (let block = count - 1; block >= 0; block -= 1) {
      const low = hashes[2 * block]!;
      const high = hashes[2 * block + 1]!;
      let entry = this.index.find(low, high);
      if (entry === 0) {
        entry = this.byUse.takeFirst();
        this.index.remove(entry);
        this.index.add(entry, low, high);
      } else {
        this.byUse.remove(entry);
      }
      this.byUse.append(entry);
    }
  }
}
