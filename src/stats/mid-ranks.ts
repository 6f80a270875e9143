/** Ranks of values. */
export interface MidRanks {
  /** Of each value, in the order given: 1 is the least, and tied values share the mean of the ranks that they take. */
  readonly ranks: readonly number[];
  /** How many values each group of equal ones has, from the least on; 1 where a value stands alone. */
  readonly groups: readonly number[];
}

/** Ranks in ascending order, ties by their mean. */
export const midRanks = (values: readonly number[]): MidRanks => {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = Array<number>(values.length).fill(0);
  const groups: number[] = [];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1;
    for (const place of order.slice(from, to)) ranks[place] = (from + 1 + to) / 2;
    groups.push(to - from);
    from = to;
  }
  return { ranks, groups };
};
