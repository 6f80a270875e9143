import type { FollowUp, Work } from "./request.ts";

/** One request of a session, before the next is known. */
export type Turn = Omit<FollowUp, "next">;

/**
 * A session's turns as its first request, with the others as a chain.
 *
 * @param turns at least one; the first one's think time is left out
 */
export const chained = (turns: readonly Turn[]): Work => {
  let next: FollowUp | undefined;
  for (let i = turns.length - 1; i > 0; i -= 1) next = linked(turns[i]!, next);
  const [first] = turns;
  if (first === undefined) throw new RangeError("a session has at least one turn");
  const { thinkTime: _, ...work } = first;
  return linked(work, next);
};

const linked = <T extends Work>(work: T, next: FollowUp | undefined): T => (next === undefined ? work : { ...work, next });
