import type { Stream } from "../../sim/streams.ts";
import type { Request } from "../../traffic/request.ts";
import type { Nanoseconds } from "../../units.ts";
import { Copies, inOrder } from "../../traffic/copies.ts";

/** A trace is cut into so many blocks. */
export const BLOCKS = 30;

/** A block is drawn from at most so many blocks before or after its own place. */
const REACH = 5;

/**
 * A trace as it could have been: each block of it is replaced by one of the same length drawn from around its place, so that bursts within a
 * block and the course of the load over the whole stay, and what falls when in between is left to chance. A request that is drawn again is
 * one more of its kind: what was its alone has a name of its own.
 *
 * @param requests two or more, in order of arrival, not all at one instant
 * @see Paparoditis and Politis 2002, Local block bootstrap
 */
export const localBlockBootstrap = (requests: readonly Request[], stream: Pick<Stream, "uniform">): Request[] => {
  const first = requests[0]!.arrivedAt;
  const span = requests.at(-1)!.arrivedAt - first + 1;
  const block = span / BLOCKS;
  const copies = new Copies(requests);
  const isDrawn = Array<boolean>(requests.length).fill(false);
  const drawn: Request[] = [];
  for (let place = 0; place < BLOCKS; place += 1) {
    const earliest = Math.max(0, place - REACH) * block;
    const latest = Math.min(BLOCKS - 1, place + REACH) * block;
    const from = Math.floor(earliest + (latest - earliest) * stream.uniform());
    const shift = Math.floor(place * block) - from;
    const end = first + from + block;
    for (let at = firstFrom(requests, first + from); at < requests.length && requests[at]!.arrivedAt < end; at += 1) {
      const request = requests[at]!;
      const arrivedAt = request.arrivedAt + shift;
      drawn.push(isDrawn[at] === true ? copies.of(request, arrivedAt) : { ...request, arrivedAt });
      isDrawn[at] = true;
    }
  }
  return inOrder(drawn);
};

/** The place of the first request, of those in order of arrival, that arrives then or later; the trace's length where none does. */
export const firstFrom = (requests: readonly Request[], time: Nanoseconds): number => {
  let [low, high] = [0, requests.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (requests[middle]!.arrivedAt < time) low = middle + 1;
    else high = middle;
  }
  return low;
};
