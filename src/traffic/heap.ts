/** What comes first of those put in, by time and then by number: a binary heap. */
export class Heap<T> {
  readonly #items: { readonly at: number; readonly order: number; readonly item: T }[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Time of the first; Infinity where there is none. */
  get nextAt(): number {
    return this.#items[0]?.at ?? Infinity;
  }

  /** @param order which of two of the same time comes first */
  push(at: number, order: number, item: T): void {
    const items = this.#items;
    const added = { at, order, item };
    let hole = items.length;
    items.push(added);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(added, items[parent]!)) break;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[hole] = added;
  }

  /** Takes the first out; undefined where there is none. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first?.item;
    let hole = 0;
    for (let child = 1; child < items.length; child = 2 * hole + 1) {
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child += 1;
      if (!isBefore(items[child]!, last)) break;
      items[hole] = items[child]!;
      hole = child;
    }
    items[hole] = last;
    return first.item;
  }
}

interface Key {
  readonly at: number;
  readonly order: number;
}

const isBefore = (a: Key, b: Key): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
