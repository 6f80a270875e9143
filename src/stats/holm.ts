/**
 * Holm's step-down correction: p-values as if each were the only one, so that the chance of even one false rejection among all of them stays
 * below the level that they are held against, however they depend on each other.
 *
 * @returns adjusted p-values in the order of the given ones
 * @see Holm 1979, A simple sequentially rejective multiple test procedure, https://www.jstor.org/stable/4615733
 */
export const holm = (pValues: readonly number[]): number[] => {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = Array.from(pValues, () => 1);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
};
