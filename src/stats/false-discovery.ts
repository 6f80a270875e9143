/**
 * Benjamini and Hochberg's correction: p-values adjusted so that of the rows whose value stays below a level, at most that share is expected
 * to be false discoveries. Where nothing differs at all, the level is also the chance of even one.
 *
 * @returns adjusted p-values in the order of the given ones
 * @see Benjamini and Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; holds for tests that depend on each other positively too
 */
export const falseDiscovery = (pValues: readonly number[]): number[] => {
  const order = [...pValues.keys()].sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = Array.from(pValues, () => 1);
  let smallest = 1;
  order.forEach((index, i) => {
    smallest = Math.min(smallest, (pValues[index]! * pValues.length) / (pValues.length - i));
    adjusted[index] = smallest;
  });
  return adjusted;
};
