import type { Work } from "../traffic/request.ts";

/** What a stretch of tokens is known by: a part's name, or that it is one request's own. */
const NAMED = 0;
const OWN_PROMPT = 1;
const OWN_OUTPUT = 2;

/**
 * The blocks of one request in a cache that tells blocks apart, and the hashes of its full blocks.
 *
 * A hash stands for a block's tokens and for all in front of it, as vLLM chains them. Here tokens have no values; what they are known by
 * is hashed instead: the name of the prompt's part and the place in it, or the request itself. 64 bits, so that in a cache of 10⁵ blocks
 * 10⁹ look-ups find a wrong block with a probability below 10⁻⁵.
 */
export class RequestBlocks {
  /** Ids of the blocks held, in the order of the tokens; before admission, those that a look-up has found. */
  ids = new Int32Array(8);
  /** How many of the held blocks can be found in the cache by others. */
  shared = 0;
  /** Tokens from the front that other requests can have too; what is behind them is the request's own. */
  named = 0;
  /** Whether it may find blocks of its own that it held before. */
  hasReturned = false;
  /** Blocks that the last look-up found, and how many of them nobody holds. */
  matched = 0;
  matchedFree = 0;
  /** Two words for each full block whose hash is known. */
  hashes = new Int32Array(16);
  private hashed = 0;
  private work: Work = { promptTokens: 1, outputTokens: 1 };
  private id = 0;
  /** The part that the next block begins in, where it begins in the prompt, and where the last one ends. */
  private part = 0;
  private partStart = 0;
  private partsEnd = 0;
  private low = 0;
  private high = 0;

  /** Forgets the request before and begins with this one. */
  begin(work: Work, id: number): void {
    this.shared = 0;
    this.matched = 0;
    this.hasReturned = false;
    this.hashed = 0;
    this.work = work;
    this.id = id;
    this.part = 0;
    this.partStart = 0;
    this.partsEnd = 0;
    if (work.parts !== undefined) for (const part of work.parts) this.partsEnd += part.tokens;
    const isAllNamed = this.partsEnd === work.promptTokens;
    this.named = isAllNamed && work.outputId !== undefined ? work.promptTokens + work.outputTokens : this.partsEnd;
  }

  /** Makes sure that there is room for so many block ids. */
  makeRoom(count: number): void {
    if (count <= this.ids.length) return;
    const ids = new Int32Array(Math.max(count, 2 * this.ids.length));
    ids.set(this.ids);
    this.ids = ids;
  }

  /** Makes sure that the hashes of the first `count` blocks are known; all their tokens must be. */
  hashUpTo(count: number, blockSize: number): void {
    if (2 * count > this.hashes.length) {
      const hashes = new Int32Array(Math.max(2 * count, 2 * this.hashes.length));
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    for (let block = this.hashed; block < count; block += 1) this.hash(block, blockSize);
    if (count > this.hashed) this.hashed = count;
  }

  private hash(block: number, blockSize: number): void {
    const { parts, promptTokens, outputId } = this.work;
    this.low = block === 0 ? 0x2545f491 : this.hashes[2 * block - 2]!;
    this.high = block === 0 ? 0x6c8e9cf5 : this.hashes[2 * block - 1]!;
    const end = (block + 1) * blockSize;
    let at = block * blockSize;
    while (at < end) {
      if (at < this.partsEnd) {
        let part = parts![this.part]!;
        while (at >= this.partStart + part.tokens) {
          this.partStart += part.tokens;
          this.part += 1;
          part = parts![this.part]!;
        }
        const until = Math.min(end, this.partStart + part.tokens);
        this.mixIn(NAMED, part.id, at - this.partStart, until - at);
        at = until;
      } else if (at < promptTokens) {
        const until = Math.min(end, promptTokens);
        this.mixIn(OWN_PROMPT, this.id, at, until - at);
        at = until;
      } else {
        if (outputId === undefined) this.mixIn(OWN_OUTPUT, this.id, at - promptTokens, end - at);
        else this.mixIn(NAMED, outputId, at - promptTokens, end - at);
        at = end;
      }
    }
    this.hashes[2 * block] = this.low;
    this.hashes[2 * block + 1] = this.high;
  }

  /** Mixes a stretch of tokens into the hash: two lanes of multiplications and shifts, with the constants of MurmurHash3. */
  private mixIn(kind: number, id: number, offset: number, length: number): void {
    const name = (id >>> 0) ^ Math.imul(Math.floor(id / 4294967296) + (kind << 29), 0x9e3779b1);
    const place = Math.imul(offset, 0xcc9e2d51) + length;
    let low = Math.imul(this.low ^ name, 0x85ebca6b);
    low ^= low >>> 15;
    low = Math.imul(low ^ place, 0xc2b2ae35);
    low ^= low >>> 13;
    let high = Math.imul(this.high ^ place ^ low, 0x1b873593);
    high ^= high >>> 16;
    high = Math.imul(high ^ name, 0xe6546b65);
    high ^= high >>> 14;
    this.low = Math.imul(low + high, 0x27d4eb2f) ^ (high >>> 9);
    this.high = high ^ Math.imul(low, 0x165667b1);
  }
}
