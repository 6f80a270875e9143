/** The smallest difference between two distinct values: the tick of a clock that gave them. 0 where all are equal. */
export const smallestStep = (values: Iterable<number>): number => {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const steps = sorted.slice(1).map((value, i) => value - sorted[i]!);
  return steps.length === 0 ? 0 : Math.min(...steps);
};
