import type { Tokens } from "../units.ts";

/** Numbers below this are counted in an array, which grows up to it: 16 MiB at most. */
const DENSE = 2 ** 21;

/** Counts whole numbers, so that percentiles are exact and memory grows with how large they are, not with how many. */
export class TokenCounts {
  #dense = new Float64Array(4096);
  readonly #sparse = new Map<number, number>();
  #count = 0;
  #total = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.#total;
  }

  get max(): number {
    return this.#max;
  }

  /** @param tokens whole, 0 or above */
  add(tokens: Tokens): void {
    this.#count += 1;
    this.#total += tokens;
    if (tokens > this.#max) this.#max = tokens;
    if (tokens < this.#dense.length) this.#dense[tokens]! += 1;
    else if (tokens < DENSE) this.#grow(tokens);
    else this.#sparse.set(tokens, (this.#sparse.get(tokens) ?? 0) + 1);
  }

  /** A number that occurred: the smallest with at least this share at or below it; 0 where there is none. */
  percentile(share: number): Tokens {
    return this.percentiles([share])[0] ?? 0;
  }

  /** @param shares rising */
  percentiles(shares: readonly number[]): Tokens[] {
    const ranks = shares.map((share) => Math.max(1, Math.ceil(share * this.#count)));
    const found: Tokens[] = [];
    let below = 0;
    const reach = (tokens: Tokens, count: number): void => {
      below += count;
      while (found.length < ranks.length && below >= ranks[found.length]!) found.push(tokens);
    };
    for (let tokens = 0; tokens < this.#dense.length && found.length < ranks.length; tokens += 1) {
      const count = this.#dense[tokens]!;
      if (count > 0) reach(tokens, count);
    }
    for (const [tokens, count] of [...this.#sparse].sort(([a], [b]) => a - b)) reach(tokens, count);
    return found;
  }

  #grow(tokens: Tokens): void {
    let length = this.#dense.length;
    while (length <= tokens) length *= 2;
    const grown = new Float64Array(length);
    grown.set(this.#dense);
    grown[tokens]! += 1;
    this.#dense = grown;
  }
}
