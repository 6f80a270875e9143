import { toSeconds, type Seconds } from "../../units.ts";
import type { Stream } from "../../sim/streams.ts";
import type { Request } from "../../traffic/request.ts";
import { Copies, inOrder } from "../../traffic/copies.ts";

/** Traffic is counted in windows of this length. */
export const WINDOW: Seconds = 10;

/** The course of the load is its average over so many windows, ten minutes, around each. */
const AVERAGED = 61;

type Draws = Pick<Stream, "uniform">;

/** More of the same traffic: so many times the requests in every window, in the same time. */
export const grown = (requests: readonly Request[], factor: number, stream: Draws): Request[] =>
  withCounts(
    requests,
    windowsOf(requests).map(({ length }) => length * factor),
    stream,
  );

/**
 * The same traffic with larger bursts: in each window of 10 s the deviation of its requests from the average of the ten minutes around
 * it is multiplied by the factor, none below zero, and the number of requests over all stays what it was. Chance is amplified with the rest.
 */
export const amplified = (requests: readonly Request[], factor: number, stream: Draws): Request[] => {
  const counts = windowsOf(requests).map(({ length }) => length);
  const wanted = counts.map((count, i) => {
    const average = averageAround(counts, i);
    return Math.max(0, average + factor * (count - average));
  });
  const total = wanted.reduce((sum, count) => sum + count, 0);
  return total === 0
    ? [...requests]
    : withCounts(
        requests,
        wanted.map((count) => (count * requests.length) / total),
        stream,
      );
};

const averageAround = (counts: readonly number[], place: number): number => {
  const half = (AVERAGED - 1) / 2;
  const around = counts.slice(Math.max(0, place - half), place + half + 1);
  return around.reduce((sum, count) => sum + count, 0) / around.length;
};

const windowsOf = (requests: readonly Request[]): Request[][] => {
  const first = requests[0]?.arrivedAt ?? 0;
  const windows: (Request[] | undefined)[] = [];
  for (const request of requests) (windows[Math.floor(toSeconds(request.arrivedAt - first) / WINDOW)] ??= []).push(request);
  return Array.from(windows, (window = []) => window);
};

/**
 * As many requests in each window as are wanted, rounded so that their sum is right at every place: what is too many is left out by
 * lot, and what is missing is copied from the window's own by lot, at any time within it.
 */
const withCounts = (requests: readonly Request[], wanted: readonly number[], stream: Draws): Request[] => {
  const copies = new Copies(requests);
  const first = requests[0]?.arrivedAt ?? 0;
  const last = requests.at(-1)?.arrivedAt ?? 0;
  let [sum, given] = [0, 0];
  const shaped = windowsOf(requests).flatMap((window, place) => {
    sum += wanted[place]!;
    const count = Math.floor(sum + 0.5) - given;
    given += count;
    if (count <= window.length) return drawn(window, count, stream);
    const from = first + place * WINDOW * 1e9;
    const until = Math.min(last, from + WINDOW * 1e9 - 1);
    const more = Array.from({ length: window.length === 0 ? 0 : count - window.length }, () => {
      const original = window[Math.floor(stream.uniform() * window.length)]!;
      return copies.of(original, Math.floor(from + (until - from) * stream.uniform()));
    });
    return [...window, ...more];
  });
  return inOrder(shaped);
};

/** So many of them, by lot, in their order. */
const drawn = (window: readonly Request[], count: number, stream: Draws): Request[] => {
  let missing = count;
  return window.filter((_, i) => {
    if (missing === 0 || stream.uniform() * (window.length - i) >= missing) return false;
    missing -= 1;
    return true;
  });
};
