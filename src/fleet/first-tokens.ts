import type { Nanoseconds } from "../units.ts";
import type { RequestRecord } from "./config.ts";
import { requestKey, type Simulation } from "./simulation.ts";

/** How long a request that has left waited for its first token; null where it failed, whatever its attempts were given. */
export const waitOrNull = ({ state, arrivedAt, firstTokenAt }: RequestRecord): Nanoseconds | null =>
  state === "finished" ? firstTokenAt! - arrivedAt : null;

/** Remembers how long a request that has finished waited for its first token. */
export const remember = (ttft: Map<string, Nanoseconds>, record: RequestRecord): void => {
  const wait = waitOrNull(record);
  if (wait !== null) ttft.set(requestKey(record.origin, record.turn), wait);
};

export interface Wait {
  readonly wait: Nanoseconds;
  /** False while the first token has not come: the wait so far. */
  readonly isOver: boolean;
}

/** How long requests have waited for their first token: those that have finished, and those in the system. Null in `left`: it has failed. */
export const firstTokens = (left: ReadonlyMap<string, Nanoseconds | null>, simulation: Simulation, now: Nanoseconds): Map<string, Wait> => {
  const waits = new Map<string, Wait>();
  for (const [key, wait] of left) if (wait !== null) waits.set(key, { wait, isOver: true });
  for (const [key, { arrivedAt, firstTokenAt }] of simulation.inSystem()) {
    const isOver = !Number.isNaN(firstTokenAt);
    waits.set(key, { wait: (isOver ? firstTokenAt : now) - arrivedAt, isOver });
  }
  return waits;
};

export interface Waits {
  readonly helped: number;
  readonly hurt: number;
  /** How much later first tokens came, all together. */
  readonly later: Nanoseconds;
}

/**
 * Compares the waits of one side with those of the other, request by request. Who has no first token on either side is left out, and so is who
 * failed on one of them: there is no wait to compare with.
 */
export const compareWaits = (own: ReadonlyMap<string, Wait>, other: ReadonlyMap<string, Wait>): Waits => {
  let helped = 0;
  let hurt = 0;
  let later = 0;
  for (const [key, { wait, isOver }] of own) {
    const without = other.get(key);
    if (without === undefined || (!isOver && !without.isOver) || wait === without.wait) continue;
    later += wait - without.wait;
    if (wait < without.wait) helped += 1;
    else hurt += 1;
  }
  return { helped, hurt, later };
};
