/**
 * The first of a sequence that holds, where all behind one that holds do too: looked for from a guess in growing steps, then by halves.
 *
 * @returns its place; null where none holds
 */
export const firstOrNull = (length: number, guess: number, holds: (at: number) => boolean): number | null => {
  let fails = -1;
  let found = length;
  let at = Math.min(length - 1, Math.max(0, guess));
  for (let step = 1; found - fails > 1; step *= 2) {
    if (holds(at)) found = at;
    else fails = at;
    if (fails < 0) at = Math.max(0, found - step);
    else if (found === length) at = Math.min(length - 1, fails + step);
    else at = Math.floor((fails + found) / 2);
  }
  return found === length ? null : found;
};
